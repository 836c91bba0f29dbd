import type { Person } from '../models/generator.ts'
import type { FaceList } from './faceList.ts'
import { shortcomingsOf } from './shortcomings.ts'

/** The target's poses count as covered where the source has a face so near in yaw and in pitch: as exact as poses are measured. */
export const NEAR_DEGREES = 5
/** A mouth is open that is more than a fifth as high as wide; eyes are closed that are open less than .72 of their median, since landmarks never show lids quite shut. */
const OPEN_MOUTH = 0.2
const CLOSED_EYES = 0.72
/** Width of the histograms' bins, and the angles that they show; faces beyond count in the outermost. */
export const BIN_DEGREES = 10
const REACH = 60

/** How many faces lie in each bin of an angle, from the lowest. */
export interface Histogram {
  /** Where the first bin begins, and how wide each is, in degrees. */
  readonly from: number
  readonly step: number
  readonly counts: readonly number[]
}

/** What one person's training faces show. */
export interface PersonCoverage {
  readonly faces: number
  readonly yaw: Histogram
  readonly pitch: Histogram
  readonly mouthOpen: number
  readonly eyesClosed: number
}

/** What both facesets show; `covered` is the share of the target's poses that the source has too, 0–1. */
export interface Coverage extends Record<Person, PersonCoverage> {
  readonly covered: number
  readonly warnings: readonly string[]
}

/** Looks at both facesets, and says in words what they lack. */
export function coverageOf(lists: Record<Person, FaceList>): Coverage {
  const source = personOf(lists.source)
  const target = personOf(lists.target)
  const covered = coveredShare(lists.source, lists.target)
  const shown = { source, target, covered }
  return { ...shown, warnings: shortcomingsOf(lists, shown) }
}

function personOf({ count, poses, openings }: FaceList): PersonCoverage {
  const eyes = median(column(openings, 2, 1))
  let [mouthOpen, eyesClosed] = [0, 0]
  for (let i = 0; i < count; i += 1) {
    if (openings[2 * i]! > OPEN_MOUTH) mouthOpen += 1
    if (openings[2 * i + 1]! < CLOSED_EYES * eyes) eyesClosed += 1
  }
  return { faces: count, yaw: histogram(column(poses, 3, 0)), pitch: histogram(column(poses, 3, 1)), mouthOpen, eyesClosed }
}

/** One of the columns of rows that are `width` long. */
export function column(data: Float32Array, width: number, index: number): Float32Array {
  return Float32Array.from({ length: data.length / width }, (_, i) => data[width * i + index]!)
}

function median(values: Float32Array): number {
  return values.sort()[values.length >> 1] ?? 0
}

function histogram(degrees: Float32Array): Histogram {
  const counts = new Array<number>((2 * REACH) / BIN_DEGREES).fill(0)
  for (const value of degrees) counts[Math.max(0, Math.min(counts.length - 1, Math.floor((value + REACH) / BIN_DEGREES)))]! += 1
  return { from: -REACH, step: BIN_DEGREES, counts }
}

/** The share of the target's poses near to one of the source's: those are marked on a grid of one degree, so that 100,000 faces take no time. */
function coveredShare(source: FaceList, target: FaceList): number {
  const side = 361
  const near = new Uint8Array(side * side)
  const placeOf = (degrees: number) => Math.max(0, Math.min(side - 1, Math.round(degrees) + 180))
  const seen = new Set<number>()
  for (let i = 0; i < source.count; i += 1) seen.add(placeOf(source.poses[3 * i + 1]!) * side + placeOf(source.poses[3 * i]!))
  for (const place of seen) {
    const [row, left] = [Math.floor(place / side), place % side]
    for (let y = Math.max(0, row - NEAR_DEGREES); y <= Math.min(side - 1, row + NEAR_DEGREES); y += 1) {
      near.fill(1, y * side + Math.max(0, left - NEAR_DEGREES), y * side + Math.min(side - 1, left + NEAR_DEGREES) + 1)
    }
  }
  let covered = 0
  for (let i = 0; i < target.count; i += 1) covered += near[placeOf(target.poses[3 * i + 1]!) * side + placeOf(target.poses[3 * i]!)]!
  return covered / Math.max(1, target.count)
}
