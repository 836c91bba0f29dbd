import { angleBetween, type Both, type Direction, type FaceAnalyser, gazeOf } from '../faces/index.ts'
import { correlation, mean, present, quantile } from '../work/statistics.ts'
import type { FollowedFace } from './follow.ts'
import type { FramePair } from './lockstep.ts'

/** The eyes of one frame in both clips. */
export interface EyeMeasures {
  /** Eye aspect ratio, mean of both eyes. */
  readonly opening: Both
  /** Null where the eyes of either are closed or too small. */
  readonly gaze: { readonly target: Direction; readonly swap: Direction; readonly errorDegrees: number } | null
}

/** How well the eyes were followed over a clip. */
export interface EyeDetails {
  readonly eyes: { readonly error: number | null; readonly r: number | null; readonly closedF1: number | null }
  readonly gaze: {
    readonly error: number | null
    readonly motion: number | null
    /** How far the target's own gaze strays from its mean, root mean square, degrees. */
    readonly moved: number | null
    readonly r: number | null
    readonly frames: number
  }
}

/** Squared movement of the gaze, as sines, below which it counts as still. */
const STILL = 1e-9
/** An eye this much less open than it mostly is counts as closed. */
const CLOSED_PART = 0.5

/** Degrees of an angle by its sine, as gazes are given. */
export function degreesOf(sine: number): number {
  return (Math.asin(sine) * 180) / Math.PI
}

/** Looks at the eyes of one frame in both clips. */
export async function eyesOf(analyser: FaceAnalyser, pair: FramePair, { target, swap }: FollowedFace): Promise<EyeMeasures> {
  const ofTarget = await analyser.eyes(pair.target, target.landmarks)
  const ofSwap = await analyser.eyes(pair.swap, swap!.landmarks)
  const a = gazeOf(ofTarget, target.landmarks)
  const b = gazeOf(ofSwap, swap!.landmarks)
  const opening = { target: (ofTarget[0].opening + ofTarget[1].opening) / 2, swap: (ofSwap[0].opening + ofSwap[1].opening) / 2 }
  return { opening, gaze: a === null || b === null ? null : { target: a, swap: b, errorDegrees: angleBetween(a, b) } }
}

/** F1 score (Dice 1945) of frames called closed in both clips; null where none is in either. */
export function closedF1(target: readonly boolean[], swap: readonly boolean[]): number | null {
  const both = target.filter((closed, i) => closed && swap[i]).length
  const either = target.filter(Boolean).length + swap.filter(Boolean).length
  return either === 0 ? null : (2 * both) / either
}

function closedFrames(openings: readonly number[]): boolean[] {
  const usual = quantile(openings, 0.5) ?? 0
  return openings.map((opening) => opening < CLOSED_PART * usual)
}

/** The target's own movement, degrees, and root mean square of what is left of the gazes' difference over it, each about its mean: 1 = a fixed stare. */
function movementOf(target: readonly Direction[], swap: readonly Direction[]): { moved: number | null; motion: number | null } {
  if (target.length < 3) return { moved: null, motion: null }
  const about = (values: readonly number[]) => values.map((value) => value - mean(values)!)
  let left = 0
  let moved = 0
  for (const axis of [0, 1] as const) {
    const a = about(target.map((direction) => direction[axis]))
    const b = about(swap.map((direction) => direction[axis]))
    for (const [i, value] of a.entries()) {
      left += (b[i]! - value) ** 2
      moved += value ** 2
    }
  }
  return {
    moved: degreesOf(Math.min(1, Math.sqrt(moved / target.length))),
    motion: moved < STILL * target.length ? null : Math.sqrt(left / moved),
  }
}

/** Sums up the eyes of a clip. */
export function eyeDetails(all: readonly EyeMeasures[]): EyeDetails {
  const target = all.map(({ opening }) => opening.target)
  const swap = all.map(({ opening }) => opening.swap)
  const gazes = all.flatMap(({ gaze }) => (gaze === null ? [] : [gaze]))
  const [a, b] = [gazes.map((gaze) => gaze.target), gazes.map((gaze) => gaze.swap)]
  const across = (directions: readonly Direction[]) => directions.map(([x]) => x)
  return {
    eyes: {
      error: mean(target.map((value, i) => Math.abs(value - swap[i]!))),
      r: correlation(target, swap),
      closedF1: closedF1(closedFrames(target), closedFrames(swap)),
    },
    gaze: {
      error: mean(present(gazes.map(({ errorDegrees }) => errorDegrees))),
      ...movementOf(a, b),
      r: correlation(across(a), across(b)),
      frames: gazes.length,
    },
  }
}
