import type { Affine, Box } from '../picture/picture.ts'

/** Part of the landmarks' bounding square that the network looks at: 1.5 as in MediaPipe's own pipeline. */
const AROUND_LANDMARKS = 1.5
/** The detector's boxes reach from the forehead to the chin. */
const AROUND_DETECTION = 1.35

/** Between two looks a face does not move by more than this part of its region's side. */
export const LOST_SHIFT = 0.45

/** A square, turned region of a picture. */
export interface Region {
  readonly centreX: number
  readonly centreY: number
  readonly sizePx: number
  /** Clockwise, radians. */
  readonly angle: number
}

/** The upright region around a detector's box. */
export function regionOfBox({ x, y, width, height }: Box): Region {
  return { centreX: x + width / 2, centreY: y + height / 2, sizePx: Math.max(width, height) * AROUND_DETECTION, angle: 0 }
}

/** The region around a mesh, turned so that the line through the eyes' outer corners lies level. */
export function regionOfMesh(mesh: ArrayLike<number>): Region {
  const angle = Math.atan2(mesh[263 * 3 + 1]! - mesh[33 * 3 + 1]!, mesh[263 * 3]! - mesh[33 * 3]!)
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  let left = Number.POSITIVE_INFINITY
  let right = Number.NEGATIVE_INFINITY
  let top = Number.POSITIVE_INFINITY
  let bottom = Number.NEGATIVE_INFINITY
  for (let i = 0; i < mesh.length; i += 3) {
    const u = cos * mesh[i]! + sin * mesh[i + 1]!
    const v = cos * mesh[i + 1]! - sin * mesh[i]!
    left = Math.min(left, u)
    right = Math.max(right, u)
    top = Math.min(top, v)
    bottom = Math.max(bottom, v)
  }
  const u = (left + right) / 2
  const v = (top + bottom) / 2
  return {
    centreX: cos * u - sin * v,
    centreY: sin * u + cos * v,
    sizePx: Math.max(right - left, bottom - top) * AROUND_LANDMARKS,
    angle,
  }
}

/** From the picture to a square of `sizePx` that shows the region upright. */
export function regionMatrix({ centreX, centreY, sizePx: from, angle }: Region, sizePx: number): Affine {
  const scale = sizePx / from
  const cos = Math.cos(angle) * scale
  const sin = Math.sin(angle) * scale
  return { a: cos, b: sin, tx: sizePx / 2 - cos * centreX - sin * centreY, c: -sin, d: cos, ty: sizePx / 2 + sin * centreX - cos * centreY }
}

/** What a region covers, with a pixel around it for interpolation. */
export function regionBox({ centreX, centreY, sizePx, angle }: Region): Box {
  const reach = (sizePx / 2) * (Math.abs(Math.cos(angle)) + Math.abs(Math.sin(angle))) + 1
  return { x: centreX - reach, y: centreY - reach, width: 2 * reach, height: 2 * reach }
}

/** How far apart two regions' centres are, as a part of the larger one's side. */
export function regionShift(a: Region, b: Region): number {
  return Math.hypot(a.centreX - b.centreX, a.centreY - b.centreY) / Math.max(a.sizePx, b.sizePx)
}
