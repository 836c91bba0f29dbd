import { type Landmarks, landmarksOfMesh } from '../faces/index.ts'

/** Weights of a frame and its three neighbours on either side: binomial. */
const KERNEL = [20, 15, 6, 1] as const
/** Frames on either side that have a say. */
export const STEADY_REACH = KERNEL.length - 1
/**
 * Most that steadying moves the face, on average over the points that it is aligned by, as a part of its height. Jitter at rest is less; a turning
 * point of a nod is more, and would be flattened: on ten seconds of fast nods (one clip), twice this raised the warping error by 4 %.
 */
const MOST_SHIFT = 0.001
/** Points that neither speech nor expressions move: bridge and sides of the nose, inner eyes, cheeks. */
const STEADY_POINTS = [6, 114, 343, 133, 362, 2, 50, 280]
const [FOREHEAD, CHIN] = [10, 152]

function distance(a: Float32Array, b: Float32Array, i: number, j: number): number {
  return Math.hypot(a[i * 3]! - b[j * 3]!, a[i * 3 + 1]! - b[j * 3 + 1]!)
}

/** How far a face moved, on average over the points that it is aligned by, as a part of its height. */
export function apart(a: { readonly mesh: Float32Array }, b: { readonly mesh: Float32Array }): number {
  const moved = STEADY_POINTS.reduce((sum, point) => sum + distance(a.mesh, b.mesh, point, point), 0) / STEADY_POINTS.length
  return moved / Math.max(distance(a.mesh, a.mesh, FOREHEAD, CHIN), 1e-9)
}

/**
 * Landmarks of a frame steadied by those of the frames around it: a weighted mean, the same forwards and backwards in time, so that nothing trails
 * behind. `around` holds one person's landmarks of 2 × STEADY_REACH + 1 frames, this one in the middle; one that is missing leaves out its partner and
 * all beyond.
 */
export function steadied(around: readonly (Landmarks | undefined)[]): Landmarks {
  const now = around[STEADY_REACH]!
  const mean = now.mesh.map((value) => value * KERNEL[0])
  let total: number = KERNEL[0]
  for (let k = 1; k <= STEADY_REACH; k += 1) {
    const [before, after] = [around[STEADY_REACH - k], around[STEADY_REACH + k]]
    if (before === undefined || after === undefined) break
    const weight = KERNEL[k]!
    total += 2 * weight
    for (let i = 0; i < mean.length; i += 1) mean[i]! += weight * (before.mesh[i]! + after.mesh[i]!)
  }
  for (let i = 0; i < mean.length; i += 1) mean[i]! /= total
  const share = Math.min(1, MOST_SHIFT / Math.max(apart(now, { mesh: mean }), 1e-9))
  return landmarksOfMesh(
    mean.map((value, i) => now.mesh[i]! + share * (value - now.mesh[i]!)),
    now.confidence,
  )
}

/** Landmarks a part of the way (`share`, 0–1) from one frame's to another's. */
export function between(a: Landmarks, b: Landmarks, share: number): Landmarks {
  return landmarksOfMesh(
    a.mesh.map((value, i) => value + share * (b.mesh[i]! - value)),
    Math.min(a.confidence, b.confidence),
  )
}
