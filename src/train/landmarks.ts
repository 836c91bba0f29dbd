import type { Place } from './augment.ts'

/** Numbers of a face's 68 landmarks: x, y in turn. */
export const LANDMARK_NUMBERS = 136
/** Brings offsets, a few hundredths of the picture's side, to about 1. */
const SCALE = 20

/** Index of the point that stands in the mirror where each of iBUG's 68 stood. */
// biome-ignore format: a row a part of the face
const MIRRORED = [
  16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, // jaw
  26, 25, 24, 23, 22, 21, 20, 19, 18, 17, // eyebrows
  27, 28, 29, 30, 35, 34, 33, 32, 31, // nose
  45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, // eyes
  54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, // outer lips
  64, 63, 62, 61, 60, 67, 66, 65, // inner lips
]

/** Means of each coordinate over faces [n, 136]. */
export function meanLandmarks(points: Float32Array): Float32Array {
  const mean = new Float32Array(LANDMARK_NUMBERS)
  const count = points.length / LANDMARK_NUMBERS
  for (const [i, value] of points.entries()) mean[i % LANDMARK_NUMBERS]! += value / count
  return mean
}

/**
 * Where a face's landmarks lie, after it was turned and shifted to `place`, beside the person's mean: expression and pose without the person's own
 * features. `points` and `mean` in parts of the picture's side; written to `into` at about −1 to 1.
 */
export function landmarkOffsets(points: Float32Array, mean: Float32Array, place: Place, mirrored: boolean, into: Float32Array): void {
  const { cos, sin, shiftX, shiftY } = place
  const size = cos * cos + sin * sin
  for (let i = 0; i < LANDMARK_NUMBERS / 2; i += 1) {
    const from = mirrored ? MIRRORED[i]! : i
    const u = (mirrored ? -1 : 1) * (points[2 * from]! - 0.5)
    const v = points[2 * from + 1]! - 0.5
    into[2 * i] = SCALE * ((cos * u + sin * v) / size + 0.5 - shiftX - mean[2 * i]!)
    into[2 * i + 1] = SCALE * ((cos * v - sin * u) / size + 0.5 - shiftY - mean[2 * i + 1]!)
  }
}
