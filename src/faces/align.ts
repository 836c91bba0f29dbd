import { applyAffineToPoints } from '../picture/affine.ts'
import type { Affine, GrayPicture } from '../picture/picture.ts'
import { convexHull, fillConvex } from '../picture/polygon.ts'
import { CANONICAL } from './canonical.ts'
import type { Landmarks } from './face.ts'

/** Names the framing and the points it rests on; stored with every faceset and checkpoint, which must agree. */
export const FRAMING = 'whole-face/1'

/** Height of the face, from the top of the mesh at the hairline to the chin, as a part of the aligned picture's side. */
export const FACE_HEIGHT = 0.78
/** Where the middle of that line lies, from the top. A little high: an opening mouth lowers the chin. */
export const FACE_MIDDLE = 0.47
/** Forehead above the mesh's top that the mask takes in, as a part of the face's height. */
const FOREHEAD = 0.06
/** Mesh points along the top of the face, temple to temple. */
const TOP_OF_FACE = [54, 103, 67, 109, 10, 338, 297, 332, 284]

/**
 * Least-squares similarity (Umeyama 1991), in closed form, from points (x, y) to their places in a template, by weight.
 * `pairs` holds fromX, fromY, toX, toY, weight.
 */
export function fitSimilarity(pairs: readonly (readonly [number, number, number, number, number])[]): Affine {
  let total = 0
  let fromX = 0
  let fromY = 0
  let toX = 0
  let toY = 0
  for (const [x, y, u, v, w] of pairs) {
    total += w
    fromX += w * x
    fromY += w * y
    toX += w * u
    toY += w * v
  }
  fromX /= total
  fromY /= total
  toX /= total
  toY /= total
  let spread = 0
  let along = 0
  let across = 0
  for (const [x, y, u, v, w] of pairs) {
    const dx = x - fromX
    const dy = y - fromY
    spread += w * (dx * dx + dy * dy)
    along += w * (dx * (u - toX) + dy * (v - toY))
    across += w * (dx * (v - toY) - dy * (u - toX))
  }
  const a = along / spread
  const c = across / spread
  return { a, b: -c, tx: toX - a * fromX + c * fromY, c, d: a, ty: toY - c * fromX - a * fromY }
}

/**
 * From pixels of the picture to the aligned whole face, a square of `sizePx`: forehead to chin with a margin, upright.
 * Rests on the points that speech and expressions move least (nose, eye corners, cheekbones, brow ridge), steadiest first.
 */
export function alignMatrix({ mesh }: Landmarks, sizePx: number): Affine {
  const scale = FACE_HEIGHT * sizePx
  return fitSimilarity(
    CANONICAL.map(([index, x, y, , weight]) => [
      mesh[index * 3]!,
      mesh[index * 3 + 1]!,
      sizePx / 2 + x * scale,
      FACE_MIDDLE * sizePx + y * scale,
      weight,
    ]),
  )
}

/** Landmarks in parts of the side of the aligned picture that `matrix` leads to [468, 2], x and y. */
export function alignedPoints({ mesh }: Pick<Landmarks, 'mesh'>, matrix: Affine, sizePx: number): Float32Array {
  const points = applyAffineToPoints(matrix, mesh, 3)
  const count = points.length / 3
  const out = new Float32Array(2 * count)
  for (let i = 0; i < count; i += 1) {
    out[2 * i] = points[3 * i]! / sizePx
    out[2 * i + 1] = points[3 * i + 1]! / sizePx
  }
  return out
}

/** Mask of the face in the aligned picture, anti-aliased: the hull of the mesh, its top raised towards the hairline. 255 inside. */
export function faceHull({ mesh }: Landmarks, matrix: Affine, sizePx: number): GrayPicture {
  const aligned = applyAffineToPoints(matrix, mesh, 3)
  const points: [number, number][] = []
  for (let i = 0; i < aligned.length; i += 3) points.push([aligned[i]!, aligned[i + 1]!])
  const [chinX, chinY] = points[152]!
  const [topX, topY] = points[10]!
  for (const index of TOP_OF_FACE) {
    const [x, y] = points[index]!
    points.push([x + (topX - chinX) * FOREHEAD, y + (topY - chinY) * FOREHEAD])
  }
  return fillConvex(convexHull(points), sizePx, sizePx)
}
