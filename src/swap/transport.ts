import { type Random, seedRandom } from '../models/random.ts'
import { ramp } from '../work/ramp.ts'
import { Lapse, remember } from './lapse.ts'

/** Histogram of projections: colours 0–1 about their middle, along a direction of length 1, with room for what earlier steps overshot. */
const BINS = 256
const LOW = -1
const SCALE = (BINS - 1) / 2
/** A histogram keeps this weight in each bin, so that its inverse is defined everywhere. */
const FLOOR = 1e-7
/** Weights of a mask's soft border, behind which a bright wall may lie: whole distributions would carry its few samples to the brightest of the face. */
const BORDER = [0.8, 1] as const
/** Where less than this share of the weight is inside of the border, as behind a hand, all of it counts. */
const FEWEST_INSIDE = 0.2
/** Weight that a neighbouring bin has less, in the average that smooths how bins move. */
const KEPT = 0.6

/** Unit directions [n × 3] that are matched together. */
type Directions = Float32Array

function randomDirection(random: Random): [number, number, number] {
  const [x, y, z] = [random.normal(), random.normal(), random.normal()]
  const length = Math.hypot(x, y, z) || 1
  return [x / length, y / length, z / length]
}

function randomAxes(random: Random): number[] {
  const a = randomDirection(random)
  const other = randomDirection(random)
  const along = a[0] * other[0] + a[1] * other[1] + a[2] * other[2]
  const b = other.map((value, i) => value - along * a[i]!)
  const length = Math.hypot(...b) || 1
  const [u, v, w] = b.map((value) => value / length) as [number, number, number]
  return [...a, u, v, w, a[1] * w - a[2] * v, a[2] * u - a[0] * w, a[0] * v - a[1] * u]
}

/** The steps of a transport, always the same: `idt` (Pitié et al. 2005) matches three turned axes at a time, `sot` (Rabin et al. 2011, Bonneel et al. 2015) the mean of many directions. */
function stepsOf(kind: 'idt' | 'sot'): Directions[] {
  const random = seedRandom(7)
  if (kind === 'idt') {
    const axes = [1, 0, 0, 0, 1, 0, 0, 0, 1]
    return Array.from({ length: 8 }, (_, i) => Float32Array.from(i === 0 ? axes : randomAxes(random)))
  }
  return Array.from({ length: 6 }, () => Float32Array.from([...randomAxes(random), ...randomAxes(random)]))
}

function project(data: Float32Array, directions: Directions, k: number, to: Float32Array): void {
  const [x, y, z] = [directions[k * 3]!, directions[k * 3 + 1]!, directions[k * 3 + 2]!]
  const shift = -0.5 * (x + y + z) - LOW
  for (let i = 0, p = 0; i < to.length; i += 1, p += 3) {
    const at = (x * data[p]! + y * data[p + 1]! + z * data[p + 2]! + shift) * SCALE
    to[i] = at < 0 ? 0 : Math.min(at, BINS - 1.001)
  }
}

/** Shares of the weight in each bin; a sample is split between its two neighbours. */
function histogram(places: Float32Array, weights: Float32Array): Float32Array {
  const out = new Float32Array(BINS)
  let total = 0
  for (let i = 0; i < places.length; i += 1) {
    const w = weights[i]!
    if (w < 0.02) continue
    const bin = places[i]! | 0
    const rest = places[i]! - bin
    out[bin]! += w * (1 - rest)
    out[bin + 1]! += w * rest
    total += w
  }
  for (let i = 0; i < BINS; i += 1) out[i]! /= total || 1
  return out
}

/** For each bin, how far its samples move, in bins, so that one distribution becomes the other (both as histograms). */
function moves(from: Float32Array, to: Float32Array): Float32Array {
  const out = new Float32Array(BINS)
  let [j, before, after] = [0, 0, to[0]! + FLOOR]
  let reached = 0
  for (let i = 0; i < BINS; i += 1) {
    const share = from[i]! + FLOOR
    const middle = reached + share / 2
    reached += share
    while (after < middle && j < BINS - 1) {
      j += 1
      before = after
      after += to[j]! + FLOOR
    }
    out[i] = j - 0.5 + Math.max(0, Math.min(1, (middle - before) / (after - before))) - i
  }
  return smoothed(out, from)
}

/** Each bin moves as the samples near it do on average: without jumps, and what was not there a moment ago goes with its neighbours. */
function smoothed(table: Float32Array, from: Float32Array): Float32Array {
  const [moved, weight] = [new Float32Array(BINS), new Float32Array(BINS)]
  for (const sign of [1, -1]) {
    let [sum, total] = [0, 0]
    for (let n = 0, i = sign > 0 ? 0 : BINS - 1; n < BINS; n += 1, i += sign) {
      const share = from[i]! + FLOOR * FLOOR
      sum = KEPT * sum + share * table[i]!
      total = KEPT * total + share
      moved[i]! += sum
      weight[i]! += total
    }
  }
  return moved.map((value, i) => value / weight[i]!)
}

/** Carries colours over by matching their distribution along many directions, steadily: between means over the last moments of the aligned faces. */
export class Transport {
  readonly #steps: readonly Directions[]
  readonly #lapse = new Lapse()
  #rendered: Float32Array | undefined
  #target: Float32Array | undefined

  constructor(kind: 'idt' | 'sot') {
    this.#steps = stepsOf(kind)
  }

  /** `rendered` with the distribution of `target` (interleaved RGB 0–1) where `weights` (0–1 a pixel) says to look. */
  match(rendered: Float32Array, target: Float32Array, weights: Float32Array, timeS: number, memoryS: number): Float32Array {
    const share = this.#lapse.share(timeS, memoryS)
    const inside = withoutBorder(weights)
    this.#rendered = remember(this.#rendered, rendered, share)
    this.#target = remember(this.#target, target, share)
    const [mean, out] = [this.#rendered.slice(), rendered.slice()]
    const [places, wanted] = [new Float32Array(weights.length), new Float32Array(weights.length)]
    for (const directions of this.#steps) {
      const n = directions.length / 3
      const tables = Array.from({ length: n }, (_, k) => {
        project(mean, directions, k, places)
        project(this.#target!, directions, k, wanted)
        return moves(histogram(places, inside), histogram(wanted, inside))
      })
      for (const picture of share < 1 ? [mean, out] : [out]) move(picture, directions, tables, places)
      if (share >= 1) mean.set(out)
    }
    return out
  }
}

/** What a mask weighs inside of its border. */
function withoutBorder(weights: Float32Array): Float32Array {
  const inside = weights.map((weight) => weight * ramp(weight, BORDER))
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0)
  return sum(inside) < FEWEST_INSIDE * sum(weights) ? weights : inside
}

/** Moves colours along each direction by its table, all from where they are now; in place. `places` is scratch. */
function move(picture: Float32Array, directions: Directions, tables: readonly Float32Array[], places: Float32Array): void {
  const moved = new Float32Array(picture.length)
  // The mean of the outer products of unit directions is a third of the identity.
  const gain = 3 / tables.length / SCALE
  for (const [k, table] of tables.entries()) {
    project(picture, directions, k, places)
    const [x, y, z] = [directions[k * 3]! * gain, directions[k * 3 + 1]! * gain, directions[k * 3 + 2]! * gain]
    for (let i = 0, p = 0; i < places.length; i += 1, p += 3) {
      const bin = places[i]! | 0
      const by = table[bin]! + (places[i]! - bin) * (table[bin + 1]! - table[bin]!)
      moved[p]! += x * by
      moved[p + 1]! += y * by
      moved[p + 2]! += z * by
    }
  }
  for (let i = 0; i < moved.length; i += 1) picture[i]! += moved[i]!
}
