import { composeAffine } from '../picture/affine.ts'
import type { Affine } from '../picture/picture.ts'
import type { YuvFormat } from '../picture/yuv.ts'

/** From a frame's own pixels to where `matrix` brings its square ones. */
export function frameMatrix(matrix: Affine, { width, sar }: YuvFormat): Affine {
  return composeAffine(matrix, { a: Math.max(1, Math.round(width * sar)) / width, b: 0, tx: 0, c: 0, d: 1, ty: 0 })
}
