import type { FollowedFace } from './follow.ts'
import type { Both } from './frame.ts'
import { alignMesh, eyeOpening, interocular, meanDistance, mouthOpening, planeDistance } from './mesh.ts'

/** How the faces of one frame differ once pose, place and size are taken out. */
export interface ExpressionMeasures {
  /** Mean distance of the 468 landmarks, in interocular distances: shape and expression. */
  readonly error: number
  /** Mean distance of the landmarks as they lie in the picture, in interocular distances: place as well. */
  readonly position: number
  readonly mouth: Both
  readonly eyes: Both
}

/**
 * Collects expressions over a clip. `motion` compares each face's movement about its own mean shape, so that
 * different people's features do not count: 0 = moves as the target does, 1 = does not move at all.
 */
export class ExpressionTally {
  #reference: Float64Array | undefined
  #frames = 0
  #difference = new Float64Array(0)
  #targetSum = new Float64Array(0)
  #differenceSquares = 0
  #targetSquares = 0

  /** Takes in one frame; only sums are kept. */
  add({ target, swap }: FollowedFace): ExpressionMeasures | undefined {
    if (swap === undefined) return undefined
    const own = target.landmarks.mesh
    const other = swap.landmarks.mesh
    const unit = interocular(own)
    if (this.#reference === undefined) {
      this.#reference = Float64Array.from(own, (value) => value / unit)
      this.#difference = new Float64Array(own.length)
      this.#targetSum = new Float64Array(own.length)
    }
    const t = alignMesh(own, this.#reference)
    const s = alignMesh(other, t)
    this.#frames += 1
    for (let i = 0; i < t.length; i++) {
      const d = s[i]! - t[i]!
      this.#difference[i]! += d
      this.#targetSum[i]! += t[i]!
      this.#differenceSquares += d * d
      // About the reference, which is near the mean: squares about the origin would cancel.
      this.#targetSquares += (t[i]! - this.#reference[i]!) ** 2
    }
    return {
      error: meanDistance(s, t),
      position: planeDistance(other, own) / unit,
      mouth: { target: mouthOpening(own), swap: mouthOpening(other) },
      eyes: { target: eyeOpening(own), swap: eyeOpening(other) },
    }
  }

  /** Movement error of the whole clip; null for a still image or a face that never moves. */
  motion(): number | null {
    const n = this.#frames
    const reference = this.#reference
    if (n < 3 || reference === undefined) return null
    let meanDifference = 0
    let meanTarget = 0
    for (let i = 0; i < reference.length; i++) {
      meanDifference += (this.#difference[i]! / n) ** 2
      meanTarget += (this.#targetSum[i]! / n - reference[i]!) ** 2
    }
    const error = this.#differenceSquares - n * meanDifference
    const movement = this.#targetSquares - n * meanTarget
    return movement < 1e-9 ? null : Math.sqrt(Math.max(0, error) / movement)
  }
}
