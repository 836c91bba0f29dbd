import type { Affine } from '../picture/picture.ts'
import { FACE_HEIGHT, FACE_MIDDLE, fitSimilarity } from './align.ts'
import { CANONICAL } from './canonical.ts'
import type { Landmarks } from './face.ts'
import { regionMatrix, regionOfMesh } from './region.ts'

/** Mesh points of the eyes' corners and the base of the nose, and their places in dlib's mean face (unit square around brows and chin). */
const MEAN_FACE: readonly (readonly [index: number, x: number, y: number])[] = [
  [263, 0.8596, 0.2135],
  [362, 0.6461, 0.229],
  [33, 0.1206, 0.2137],
  [133, 0.3341, 0.2291],
  [2, 0.4901, 0.6278],
]
/** Margin around the mean face that the recogniser was trained with. */
const PADDING = 0.25

/** From the picture to the upright chip of `sizePx` that the face-api (dlib) recogniser was trained on. */
export function descriptorMatrix({ mesh }: Landmarks, sizePx: number): Affine {
  const place = (v: number) => ((PADDING + v) / (1 + 2 * PADDING)) * sizePx
  return fitSimilarity(MEAN_FACE.map(([index, x, y]) => [mesh[index * 3]!, mesh[index * 3 + 1]!, place(x), place(y), 1]))
}

/**
 * Where the recogniser's chip lies in an aligned face, both of side 1: a place p of the chip at scale·p + shift. As for the canonical face, so that
 * it is the same for all: an aligned face's eyes and nose are where that one's are, but for what a similarity cannot undo.
 */
export function descriptorFraming(): { scale: number; shiftX: number; shiftY: number } {
  const place = (v: number) => (PADDING + v) / (1 + 2 * PADDING)
  const { a, tx, ty } = fitSimilarity(
    MEAN_FACE.map(([index, x, y]) => {
      const [, u, v] = CANONICAL.find(([point]) => point === index)!
      return [place(x), place(y), 0.5 + FACE_HEIGHT * u, FACE_MIDDLE + FACE_HEIGHT * v, 1]
    }),
  )
  return { scale: a, shiftX: tx, shiftY: ty }
}

/** The judge tells people apart best in a crop this much tighter than the landmark network's. */
const JUDGE_ZOOM = 0.9

/** From the picture to the upright crop that the judge looks at. */
export function judgeMatrix({ mesh }: Landmarks, sizePx: number): Affine {
  const region = regionOfMesh(mesh)
  return regionMatrix({ ...region, sizePx: region.sizePx * JUDGE_ZOOM }, sizePx)
}
