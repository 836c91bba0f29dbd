import { scaleAffine } from '../picture/affine.ts'
import type { Patch } from '../picture/compose.ts'
import { enlargeSquare } from '../picture/enlarge.ts'
import type { Affine } from '../picture/picture.ts'

/** A face ready to be drawn over the frame, once it is as fine as that. */
export interface FittedFace extends Patch {
  /** From the frame to the patch. */
  readonly matrix: Affine
  /** How many times larger the patch is to be made before it is drawn: there, not here, so that what waits and goes to other threads is small. */
  readonly finer: number
}

/** A face as large as it is drawn. */
export function enlargeFace(face: FittedFace): FittedFace {
  const { sizePx, rgb, matrix, finer } = face
  if (finer === 1) return face
  return { ...face, rgb: enlargeSquare(rgb, sizePx, 3, finer), sizePx: sizePx * finer, matrix: scaleAffine(matrix, finer), finer: 1 }
}
