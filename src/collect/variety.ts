import { alignMatrix, type Landmarks } from '../faces/index.ts'
import type { Picture } from '../picture/picture.ts'
import { applyAffineToPoints, warpAffine } from '../picture/warp.ts'

const THUMBNAIL_PX = 16
/** Landmarks are compared in the aligned face at this size. */
const COMPARE_PX = 256
/** Two looks are one where no landmark moved by this much (its noise is about half of that) … */
const SAME_POINTS_PX = 0.9
/** … and the thumbnails differ by less than this on average, of 255. */
const SAME_PIXELS = 1.3
/** How many of the looks kept last a new one is compared with. */
const REMEMBERED = 60

/** What a face looks like, for telling near duplicates. */
export interface Look {
  /** 68 × (x, y) in the aligned face at 256 px. */
  readonly points: Float32Array
  /** The aligned face at 16 × 16 px, RGB. */
  readonly thumbnail: Uint8Array
}

/** Landmarks and thumbnail of a face, whatever its place, size and tilt in the picture. */
export function lookOf(picture: Picture, landmarks: Landmarks): Look {
  const thumbnail = warpAffine(picture, alignMatrix(landmarks, THUMBNAIL_PX), THUMBNAIL_PX, THUMBNAIL_PX, 'replicate').data
  return { points: alignedPoints(landmarks), thumbnail }
}

/** The part of a look that needs no picture. */
export function alignedPoints(landmarks: Landmarks): Float32Array {
  return applyAffineToPoints(alignMatrix(landmarks, COMPARE_PX), landmarks.points68)
}

/** The looks kept lately, and whether a new one shows anything that they do not. */
export interface Variety {
  add(look: Look): void
  has(look: Look): boolean
}

/** Starts with nothing kept. */
export function createVariety(): Variety {
  const kept: Look[] = []
  return {
    add(look) {
      kept.push(look)
      if (kept.length > REMEMBERED) kept.shift()
    },
    has: (look) => kept.some((other) => alike(look, other)),
  }
}

function alike(a: Look, b: Look): boolean {
  for (let i = 0; i < a.points.length; i += 2) {
    if (Math.hypot(a.points[i]! - b.points[i]!, a.points[i + 1]! - b.points[i + 1]!) > SAME_POINTS_PX) return false
  }
  let difference = 0
  for (let i = 0; i < a.thumbnail.length; i++) difference += Math.abs(a.thumbnail[i]! - b.thumbnail[i]!)
  return difference / a.thumbnail.length < SAME_PIXELS
}
