import type { Affine } from '../picture/picture.ts'
import { fitSimilarity } from './align.ts'
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

/** The judge tells people apart best in a crop this much tighter than the landmark network's. */
const JUDGE_ZOOM = 0.9

/** From the picture to the upright crop that the judge looks at. */
export function judgeMatrix({ mesh }: Landmarks, sizePx: number): Affine {
  const region = regionOfMesh(mesh)
  return regionMatrix({ ...region, sizePx: region.sizePx * JUDGE_ZOOM }, sizePx)
}
