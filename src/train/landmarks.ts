import type { Place } from './augment.ts'
import { depthAt, type Turn, turnOf } from './depth.ts'
import { eyeOpenings, mouthOpening } from './openings.ts'

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

/** Openings that are named beside the landmarks: of the right eye, the left eye and the mouth, as they stand in the picture. */
const OPENINGS = 3
/** Numbers that the encoder names of a face: offsets of its landmarks, then openings. */
export const NAMED_NUMBERS = LANDMARK_NUMBERS + OPENINGS
/** Bring openings to about 1: lids move a hundredth of the picture, which the sum over all landmarks would not notice. */
const EYES_SCALE = 12
const MOUTH_SCALE = 5

const UNTURNED: Turn = { x: 0, y: 0 }

/** A face's openings as `OPENINGS` lists them. */
function openingsOf(points: Float32Array): [number, number, number] {
  const [right, left] = eyeOpenings(points)
  return [right, left, mouthOpening(points)]
}

/**
 * What a person's face is like at rest, [139]: the mean of each coordinate of `points` [n, 136], in parts of the side, as it would be were the head
 * straight, then the medians of the openings. `poses` [n, 3]: yaw, pitch and roll of each, degrees.
 */
export function restingFace(points: Float32Array, poses: Float32Array): Float32Array {
  const rest = new Float32Array(NAMED_NUMBERS)
  const count = points.length / LANDMARK_NUMBERS
  const mean = new Float64Array(LANDMARK_NUMBERS)
  for (const [i, value] of points.entries()) mean[i % LANDMARK_NUMBERS]! += value / count
  const turn = { x: 0, y: 0 }
  for (let face = 0; face < count; face += 1) {
    const { x, y } = turnOf(poses[3 * face]!, poses[3 * face + 1]!)
    turn.x += x / count
    turn.y += y / count
  }
  for (let i = 0; i < LANDMARK_NUMBERS; i += 2) {
    const depth = depthAt(mean[i]!, mean[i + 1]!)
    rest[i] = mean[i]! - turn.x * depth
    rest[i + 1] = mean[i + 1]! - turn.y * depth
  }
  const openings = Array.from({ length: count }, (_, face) =>
    openingsOf(points.subarray(face * LANDMARK_NUMBERS, (face + 1) * LANDMARK_NUMBERS)),
  )
  for (let k = 0; k < OPENINGS; k += 1) {
    const ordered = openings.map((of) => of[k]!).sort((a, b) => a - b)
    rest[LANDMARK_NUMBERS + k] = ordered[Math.floor(count / 2)]!
  }
  return rest
}

/** How a face is placed before its landmarks are named: `turn` as the picture was turned, in the picture's own sense, before it was mirrored. */
export interface Placed {
  readonly place: Place
  readonly mirrored: boolean
  readonly turn?: Turn
}

/**
 * What the encoder is to name of a face after it was turned and shifted: its landmarks beside the person's resting face, head straight, and how far
 * eyes and mouth are open beside that. Expression and pose without the person's own features, so that one person's are asked for in another's words.
 * `points` [136] and `rest` [139] in parts of the picture's side; written to `into` [139] at about −1 to 1.
 */
export function nameFace(points: Float32Array, rest: Float32Array, { place, mirrored, turn = UNTURNED }: Placed, into: Float32Array): void {
  const { cos, sin, shiftX, shiftY } = place
  const size = cos * cos + sin * sin
  for (let i = 0; i < LANDMARK_NUMBERS / 2; i += 1) {
    const from = mirrored ? MIRRORED[i]! : i
    const depth = depthAt(points[2 * from]!, points[2 * from + 1]!)
    const u = (mirrored ? -1 : 1) * (points[2 * from]! + turn.x * depth - 0.5)
    const v = points[2 * from + 1]! + turn.y * depth - 0.5
    into[2 * i] = SCALE * ((cos * u + sin * v) / size + 0.5 - shiftX - rest[2 * i]!)
    into[2 * i + 1] = SCALE * ((cos * v - sin * u) / size + 0.5 - shiftY - rest[2 * i + 1]!)
  }
  const open = openingsOf(points)
  for (let k = 0; k < OPENINGS; k += 1) {
    const from = mirrored && k < 2 ? 1 - k : k
    into[LANDMARK_NUMBERS + k] = (k < 2 ? EYES_SCALE : MOUTH_SCALE) * (open[from]! - rest[LANDMARK_NUMBERS + from]!)
  }
}
