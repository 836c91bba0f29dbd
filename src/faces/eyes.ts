import { affineScale } from '../picture/affine.ts'
import type { Affine, Picture } from '../picture/picture.ts'
import { applyAffineToPoints, composeAffine, invertAffine, warpToReal } from '../picture/warp.ts'
import type { Eye, Eyes, Landmarks } from './face.ts'
import { IRIS_INPUT_PX } from './iris.ts'
import type { OpenNetwork } from './networks.ts'
import { regionMatrix } from './region.ts'

/** Corners of the eyes in the mesh, from the picture's left to its right; the network was trained on eyes like the first. */
const CORNERS = [
  [33, 133],
  [362, 263],
] as const
/** Part of the distance of the corners that the network looks at, as in MediaPipe's own pipeline. */
const AROUND_CORNERS = 2.3
/** Points of the network's lids: the lower from the outer to the inner corner, then the upper without the corners. */
const LOWER_LID = 9
const LIDS = 16
const IRIS_CENTRE = 71
const MIRROR: Affine = { a: -1, b: 0, tx: IRIS_INPUT_PX, c: 0, d: 1, ty: 0 }

function eyeMatrix(mesh: Float32Array, which: 0 | 1): Affine {
  const [left, right] = CORNERS[which]
  const [x0, y0, x1, y1] = [mesh[left * 3]!, mesh[left * 3 + 1]!, mesh[right * 3]!, mesh[right * 3 + 1]!]
  const sizePx = Math.max(1, Math.hypot(x1 - x0, y1 - y0) * AROUND_CORNERS)
  const region = { centreX: (x0 + x1) / 2, centreY: (y0 + y1) / 2, sizePx, angle: Math.atan2(y1 - y0, x1 - x0) }
  const upright = regionMatrix(region, IRIS_INPUT_PX)
  return which === 0 ? upright : composeAffine(MIRROR, upright)
}

/** Eye aspect ratio (Soukupová and Čech 2016) over the lids' three middle pairs of points: height over width. */
function openness(lids: Float32Array): number {
  const between = (a: number, b: number) => Math.hypot(lids[a * 3]! - lids[b * 3]!, lids[a * 3 + 1]! - lids[b * 3 + 1]!)
  // Lower points 3, 4, 5 lie under upper points 11, 12, 13: the upper lid's seven start beside the outer corner.
  const heights = [3, 4, 5].map((i) => between(i, LOWER_LID - 1 + i))
  return heights.reduce((sum, height) => sum + height, 0) / heights.length / between(0, LOWER_LID - 1)
}

function eyeOf(points: Float32Array, matrix: Affine): Eye {
  const placed = applyAffineToPoints(invertAffine(matrix), points, 3)
  const at = (i: number) => [placed[i * 3]!, placed[i * 3 + 1]!] as const
  const [outer, inner] = [at(0), at(LOWER_LID - 1)]
  return {
    opening: openness(points.subarray(0, LIDS * 3)),
    iris: at(IRIS_CENTRE),
    corners: [outer, inner],
    pictureSizePx: IRIS_INPUT_PX / AROUND_CORNERS / affineScale(matrix),
  }
}

/** Looks at both eyes of a face. */
export async function lookAtEyes(network: OpenNetwork, picture: Picture, { mesh }: Landmarks): Promise<Eyes> {
  const matrices = [eyeMatrix(mesh, 0), eyeMatrix(mesh, 1)] as const
  const seen = await network.look(matrices.map((matrix) => warpToReal(picture, matrix, IRIS_INPUT_PX, 255, 'replicate')))
  return [eyeOf(seen[0]!['points']!, matrices[0]), eyeOf(seen[1]!['points']!, matrices[1])]
}
