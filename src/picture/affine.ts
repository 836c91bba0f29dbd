import type { Affine } from './picture.ts'

/** The map that leaves everything where it is. */
export const IDENTITY: Affine = { a: 1, b: 0, tx: 0, c: 0, d: 1, ty: 0 }

/** The image of the point (x, y), in continuous picture coordinates: pixel (0, 0) covers [0, 1)², its centre lies at (0.5, 0.5). */
export function applyAffine(m: Affine, x: number, y: number): { x: number; y: number } {
  return { x: m.a * x + m.b * y + m.tx, y: m.c * x + m.d * y + m.ty }
}

/** The map that undoes `m`; throws RangeError where `m` squashes the plane (determinant 0). */
export function invertAffine(m: Affine): Affine {
  const det = m.a * m.d - m.b * m.c
  if (!Number.isFinite(1 / det)) throw new RangeError('expected an affine map that can be undone but its determinant is 0')
  const a = m.d / det
  const b = -m.b / det
  const c = -m.c / det
  const d = m.a / det
  return { a, b, tx: -(a * m.tx + b * m.ty), c, d, ty: -(c * m.tx + d * m.ty) }
}

/** `first`, then `second`. */
export function composeAffine(second: Affine, first: Affine): Affine {
  const { x: tx, y: ty } = applyAffine(second, first.tx, first.ty)
  return {
    a: second.a * first.a + second.b * first.c,
    b: second.a * first.b + second.b * first.d,
    tx,
    c: second.c * first.a + second.d * first.c,
    d: second.c * first.b + second.d * first.d,
    ty,
  }
}

/** How many times longer the map makes lengths, on average over directions. */
export function affineScale(m: Affine): number {
  return Math.sqrt(Math.abs(m.a * m.d - m.b * m.c))
}

/** Maps interleaved coordinates (x y x y …, or x y z … with `stride` 3; z is scaled by the map's mean scale). */
export function applyAffineToPoints(m: Affine, points: ArrayLike<number>, stride: 2 | 3 = 2): Float32Array {
  const out = new Float32Array(points.length)
  const scale = affineScale(m)
  for (let i = 0; i + stride <= points.length; i += stride) {
    const x = points[i]!
    const y = points[i + 1]!
    out[i] = m.a * x + m.b * y + m.tx
    out[i + 1] = m.c * x + m.d * y + m.ty
    if (stride === 3) out[i + 2] = points[i + 2]! * scale
  }
  return out
}

/** The map to a picture that is `factor` times as large. */
export function scaleAffine(matrix: Affine, factor: number): Affine {
  const { a, b, tx, c, d, ty } = matrix
  return { a: a * factor, b: b * factor, tx: tx * factor, c: c * factor, d: d * factor, ty: ty * factor }
}
