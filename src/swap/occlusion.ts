import { get, kernels, put, room } from '../picture/kernels/index.ts'
import { blurPlane, blurRadius, erodePlane } from '../picture/plane.ts'
import { ramp } from '../work/ramp.ts'
import { Lapse, remember } from './lapse.ts'

/** Seconds over which the estimate is averaged: a hand is let through within two or three frames, flicker is not. */
const MEMORY_S = 0.08
/** Colour distance to the reconstruction (root of the sum of squares of R, G and B, 0–1 each) at which something begins to be in front, and is for sure. */
const BEGINS = 0.05
const CERTAIN = 0.09
/** So many times the usual difference of this face is still no object: a young run reconstructs poorly everywhere. */
const USUAL = 3
/** Smoothing of the difference; what is too small to be an object; holes in one that are filled: as shares of the side. */
const SIGMA = 1.5 / 64
const SPECK = 1 / 64
const HOLE = 4 / 64
/** Openings and fillings are made with squares, which leaves corners: this much blur rounds them, standard deviation as a share of the side, and the border is drawn as narrow again. */
const ROUNDED = 1.5 / 64
const STEEP = 0.6
/** A difference of this much counts half when the light is fitted. */
const ROBUST = 0.07
const FITS = 3
/** Parts of the aligned face that move more than a reconstruction follows (brows and eyes, mouth): centre, half axes, and by how much more they may differ. */
const LIVELY = [
  { x: 0.36, y: 0.38, a: 0.14, b: 0.08, slack: 0.5 },
  { x: 0.64, y: 0.38, a: 0.14, b: 0.08, slack: 0.5 },
  { x: 0.5, y: 0.7, a: 0.17, b: 0.11, slack: 0.7 },
]

const tolerances = new Map<number, Float32Array>()

/** By how much the threshold is raised at each place of an aligned face, 1 and more. */
function tolerance(sizePx: number): Float32Array {
  const known = tolerances.get(sizePx)
  if (known !== undefined) return known
  const out = new Float32Array(sizePx * sizePx).fill(1)
  for (let i = 0; i < out.length; i += 1) {
    const [x, y] = [((i % sizePx) + 0.5) / sizePx, (Math.floor(i / sizePx) + 0.5) / sizePx]
    for (const part of LIVELY) {
      const q = ((x - part.x) / part.a) ** 2 + ((y - part.y) / part.b) ** 2
      out[i] = Math.max(out[i]!, 1 + part.slack * Math.exp(-q * q))
    }
  }
  tolerances.set(sizePx, out)
  return out
}

/** How far two aligned faces are from each other in colour, in one light, where they are not lively. */
function differenceOf(seen: Float32Array, own: Float32Array, inside: Float32Array, sizePx: number): Float32Array {
  const { difference } = kernels()
  const pictures = [put(seen), put(own), put(inside), put(tolerance(sizePx))] as const
  const [work, out] = [room(2 * inside.byteLength), room(inside.byteLength)]
  difference(...pictures, sizePx, ROBUST, FITS, blurRadius(SIGMA * sizePx), work, out)
  return get(out, new Float32Array(inside.length))
}

function medianInside(distance: Float32Array, inside: Float32Array): number {
  const found = distance.filter((_, i) => inside[i]! > 0.5).sort()
  return found.length === 0 ? 0 : found[found.length >> 1]!
}

/** Where the difference is large and smooth enough for something to be in front. */
function whereItDiffers(distance: Float32Array, begins: number, sizePx: number): Float32Array {
  const range = begins * (CERTAIN / BEGINS - 1)
  const excess = distance.map((value) => Math.max(0, Math.min(1, (value - begins) / range)))
  const [speck, hole] = [SPECK, HOLE].map((share) => Math.max(1, Math.round(share * sizePx))) as [number, number]
  const opened = erodePlane(erodePlane({ width: sizePx, height: sizePx, data: excess }, speck), -speck - hole)
  const { data } = blurPlane(erodePlane(opened, hole), ROUNDED * sizePx)
  return data.map((value) => ramp(value, [0.5 - STEEP / 2, 0.5 + STEEP / 2]))
}

/** Likelihoods of the occlusion network at which something begins to count as in front, and does for sure. */
const LIKELY = [0.3, 0.7] as const
/** Brows, eyes and mouth that a network takes for covered differ from the target's own by this much of what something in front does; a laugh, which the target's decoder draws too, does not. */
const LIVELY_DIFFERS = 0.6

/** Where the occlusion network sees something in front, and eyes and mouth look otherwise than the target's. */
function whereItIsSeen(likely: Float32Array, distance: Float32Array, begins: number, sizePx: number): Float32Array {
  const { data: around } = blurPlane({ width: sizePx, height: sizePx, data: distance }, ROUNDED * sizePx)
  const slack = tolerance(sizePx)
  return likely.map((value, i) => {
    const lively = Math.min(1, 2 * (slack[i]! - 1))
    const differs = Math.min(1, around[i]! / (LIVELY_DIFFERS * begins))
    return ramp(value, LIKELY) * (1 - lively * (1 - differs))
  })
}

/**
 * Where something covers the face, 0–1 a pixel: where the footage (`seen`) differs strongly and smoothly from the target's own face as
 * the run's decoder reconstructs it (`own`), in light of the footage; both [s, s, 3] in 0–1. `inside`: the face [s, s]. `likely` [s, s]: what the occlusion network makes of it; where it is
 * given, what that sees in front counts too.
 */
export function findOccluders(
  seen: Float32Array,
  own: Float32Array,
  inside: Float32Array,
  sizePx: number,
  likely?: Float32Array,
): Float32Array {
  const distance = differenceOf(seen, own, inside, sizePx)
  const begins = Math.max(BEGINS, USUAL * medianInside(distance, inside))
  const differs = whereItDiffers(distance, begins, sizePx)
  if (likely === undefined) return differs
  const seenBy = whereItIsSeen(likely, distance, begins, sizePx)
  return differs.map((value, i) => Math.max(value, seenBy[i]!))
}

/** The same from frame to frame, without flicker. */
export class OcclusionMemory {
  readonly #lapse = new Lapse()
  #found: Float32Array | undefined

  /** The estimate, with what was found at `timeS` taken in, if anybody looked; not to be changed. Undefined where nobody did within the last second. */
  next(found: Float32Array | undefined, timeS: number): Float32Array | undefined {
    if (found !== undefined) this.#found = remember(this.#found, found, this.#lapse.share(timeS, MEMORY_S))
    return this.#lapse.isFresh(timeS) ? this.#found : undefined
  }
}

/** Tells which faces are to be looked at for what is in front of them (it does not come from one frame to the next), which takes the target's own as its decoder draws it. */
export class OcclusionLooks {
  /** When each face, by its id, was looked at last. */
  readonly #looked = new Map<number, Lapse>()

  /** Whether a face is to be looked at in a frame, by its number and time: in every other one, and in any where nobody did for a second; then it counts as done. */
  isDue(face: number, index: number, timeS: number): boolean {
    const looked = this.#looked.get(face) ?? new Lapse()
    if (!looked.isDue(index, timeS)) return false
    looked.mark(timeS)
    this.#looked.set(face, looked)
    return true
  }
}
