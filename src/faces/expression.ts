import { alignMesh, eyeOpening, interocular, meanDistance, mouthOpening, planeDistance } from './shape.ts'

/** The same quantity of the target and of its swap. */
export interface Both {
  readonly target: number
  readonly swap: number
}

/** How the faces of one frame differ once pose, place and size are taken out. */
export interface ExpressionMeasures {
  /** Mean distance of the 468 landmarks, in interocular distances: expression, and the shape of a different person's face. */
  readonly error: number
  /** Mean distance of the landmarks as they lie in the picture, in interocular distances: place as well. */
  readonly position: number
  readonly mouth: Both
  readonly eyes: Both
}

/** How well a clip's expressions were followed; null with fewer than 3 frames. */
export interface ExpressionError {
  /** Root mean square of the landmarks' distances once each face's own mean shape is taken out, in interocular distances. */
  readonly error: number | null
  /** The same as a share of the target's own movement: 0 = moves as it does, 1 = a frozen face. Null where the target never moves. */
  readonly motion: number | null
}

const LEAST_FRAMES = 3
/** Squared movement, interocular distances a landmark, below which a face counts as still. */
const STILL = 1e-9

/** Collects expressions over a clip, as movements of each face about its own mean shape, so that different people's features do not count. */
export class ExpressionTally {
  #reference: Float64Array | undefined
  #frames = 0
  #difference = new Float64Array(0)
  #movement = new Float64Array(0)
  #differenceSquares = 0
  #movementSquares = 0

  /** Takes in the meshes [468 × 3] of one frame; only sums are kept. */
  add(own: Float32Array, other: Float32Array): ExpressionMeasures {
    const unit = interocular(own)
    if (this.#reference === undefined) {
      this.#reference = Float64Array.from(own, (value) => value / unit)
      this.#difference = new Float64Array(own.length)
      this.#movement = new Float64Array(own.length)
    }
    const t = alignMesh(own, this.#reference)
    const s = alignMesh(other, t)
    this.#frames += 1
    for (let i = 0; i < t.length; i++) {
      const difference = s[i]! - t[i]!
      // About the reference, which is near the mean: squares about the origin would cancel.
      const movement = t[i]! - this.#reference[i]!
      this.#difference[i]! += difference
      this.#movement[i]! += movement
      this.#differenceSquares += difference * difference
      this.#movementSquares += movement * movement
    }
    return {
      error: meanDistance(s, t),
      position: planeDistance(other, own) / unit,
      mouth: { target: mouthOpening(own), swap: mouthOpening(other) },
      eyes: { target: eyeOpening(own), swap: eyeOpening(other) },
    }
  }

  /** Sums up the clip. */
  summary(): ExpressionError {
    const n = this.#frames
    if (n < LEAST_FRAMES) return { error: null, motion: null }
    const points = (n * this.#difference.length) / 3
    const error = variance(this.#differenceSquares, this.#difference, n) / points
    const movement = variance(this.#movementSquares, this.#movement, n) / points
    return { error: Math.sqrt(error), motion: movement < STILL ? null : Math.sqrt(error / movement) }
  }
}

/** Σ‖x − mean‖² from Σ‖x‖² and Σx over `n` vectors. */
function variance(squares: number, sums: Float64Array, n: number): number {
  return Math.max(
    0,
    sums.reduce((rest, sum) => rest - (sum * sum) / n, squares),
  )
}
