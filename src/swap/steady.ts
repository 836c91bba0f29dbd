import { type Landmarks, landmarksOfMesh } from '../faces/index.ts'

/**
 * Landmarks of a frame steadied by those of the frames around it: a weighted mean, the same forwards and backwards in time, so that nothing trails behind.
 * `around` holds one person's landmarks of neighbouring frames, that of `weights` in its middle; missing ones at either end leave out their partners.
 */
export function steadied(around: readonly (Landmarks | undefined)[], weights: readonly number[] = KERNEL): Landmarks {
  const middle = (around.length - 1) / 2
  const now = around[middle]!
  let reach = 0
  while (reach < (weights.length - 1) / 2 && around[middle - reach - 1] !== undefined && around[middle + reach + 1] !== undefined)
    reach += 1
  const used = around.slice(middle - reach, middle + reach + 1) as Landmarks[]
  const shares = weights.slice((weights.length - 1) / 2 - reach, (weights.length + 1) / 2 + reach)
  const total = shares.reduce((sum, share) => sum + share, 0)
  const mesh = new Float32Array(now.mesh.length)
  for (const [k, landmarks] of used.entries()) {
    const share = shares[k]! / total
    for (let i = 0; i < mesh.length; i += 1) mesh[i]! += share * landmarks.mesh[i]!
  }
  return landmarksOfMesh(mesh, now.confidence)
}

/** Binomial over five frames. */
const KERNEL = [1, 4, 6, 4, 1]

/** Landmarks a part of the way (`share`, 0–1; beyond 1 onwards) from one frame's to another's. */
export function between(a: Landmarks, b: Landmarks, share: number): Landmarks {
  return landmarksOfMesh(
    a.mesh.map((value, i) => value + share * (b.mesh[i]! - value)),
    Math.min(a.confidence, b.confidence),
  )
}
