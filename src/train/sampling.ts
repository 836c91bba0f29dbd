import { type Random, seedRandom } from '../models/random.ts'
import type { FaceList } from './faceList.ts'

/** Faces are alike that fall into one bin of these: degrees of yaw and pitch, opening of the mouth, and of the eyes as a part of their median. */
const BIN = { yaw: 5, pitch: 5, mouth: 0.1, eyes: 0.2 } as const
/** No face comes up more often than so many times as the average one: a single odd face must not fill the batches. */
const MOST_WEIGHT = 8
/** Times that a face of a large list is drawn before another takes its place in memory; see `drawFace`. */
const USES = 4
const STREAM = 5

/**
 * How often each face is to be drawn, as running sums that end with 1 [n]: by 1 / (faces in its bin)^evenness. At 0 all faces come up alike; at 1 every
 * pose and expression does.
 */
export function drawingOdds(list: FaceList, evenness: number): Float64Array {
  const crowd = crowding(list)
  const weights = Float64Array.from(crowd, (count) => count ** -evenness)
  for (let pass = 0; pass < 4; pass += 1) {
    const most = (MOST_WEIGHT * weights.reduce((sum, weight) => sum + weight, 0)) / weights.length
    for (let i = 0; i < weights.length; i += 1) weights[i] = Math.min(most, weights[i]!)
  }
  const odds = new Float64Array(new SharedArrayBuffer(8 * weights.length))
  let sum = 0
  for (const [i, weight] of weights.entries()) {
    sum += weight
    odds[i] = sum
  }
  for (let i = 0; i < odds.length; i += 1) odds[i]! /= sum
  return odds
}

/** How many faces share each face's bin [n]. */
function crowding({ count, poses, openings }: FaceList): Uint32Array {
  const eyes = Float32Array.from({ length: count }, (_, i) => openings[2 * i + 1]!).sort()
  const median = Math.max(1e-6, eyes[count >> 1]!)
  const bins = Array.from({ length: count }, (_, i) =>
    [poses[3 * i]! / BIN.yaw, poses[3 * i + 1]! / BIN.pitch, openings[2 * i]! / BIN.mouth, openings[2 * i + 1]! / median / BIN.eyes].reduce(
      (key, value) => key * 1000 + 500 + Math.max(-499, Math.min(499, Math.floor(value))),
      0,
    ),
  )
  const counts = new Map<number, number>()
  for (const bin of bins) counts.set(bin, (counts.get(bin) ?? 0) + 1)
  return Uint32Array.from(bins, (bin) => counts.get(bin)!)
}

/** Index of the face at a place in 0–1 of the running sums. */
function faceAt(odds: Float64Array, place: number): number {
  let [low, high] = [0, odds.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (odds[middle]! > place) high = middle
    else low = middle + 1
  }
  return low
}

/** What faces are drawn by, besides their odds. */
export interface Drawing {
  readonly odds: Float64Array
  readonly seed: number
  /** 0 the source, 1 the target. */
  readonly person: number
  /** Faces of the person in a step. */
  readonly batch: number
  /** Most faces of the person that are to be in memory at once. */
  readonly room: number
}

/**
 * Draws a face of a step, by its odds. Of more faces than there is room for, it comes from a window of as many places, each of which is given to another
 * face, drawn by the odds, after about four uses: pictures are then read a quarter as often. Which face it is depends on nothing but the arguments.
 */
export function drawFace({ odds, seed, person, batch, room }: Drawing, step: number, random: Random): number {
  const chance = random.uniform()
  if (odds.length <= room) return faceAt(odds, chance)
  const place = Math.floor(chance * room)
  const life = Math.ceil((USES * room) / batch)
  const turn = Math.floor((step + (place * life) / room) / life)
  return faceAt(odds, seedRandom(seed, STREAM, person, place, turn).uniform())
}
