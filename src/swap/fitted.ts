import { FIELD_CELLS } from '../models/retarget.ts'
import { scaleAffine } from '../picture/affine.ts'
import type { Patch } from '../picture/compose.ts'
import { displace } from '../picture/displace.ts'
import { enlargeSquare } from '../picture/enlarge.ts'
import type { Affine } from '../picture/picture.ts'

/** A face ready to be drawn over the frame, once it is as fine as that. */
export interface FittedFace extends Patch {
  /** From the frame to the patch. */
  readonly matrix: Affine
  /** How many times larger the patch is to be made before it is drawn: there, not here, so that what waits and goes to other threads is small. */
  readonly finer: number
  /** Where to its parts are to be moved then: displacements [32, 32, 2] in parts of the side (models/retarget.ts). */
  readonly move?: Float32Array | undefined
}

/** A face as large as it is drawn, its parts where they belong. */
export function enlargeFace(face: FittedFace): FittedFace {
  const { sizePx, rgb, matrix, finer, move } = face
  if (finer === 1 && move === undefined) return face
  const large = move === undefined ? enlargeSquare(rgb, sizePx, 3, finer) : displace(rgb, sizePx, 3, move, FIELD_CELLS, finer)
  return { ...face, rgb: large, sizePx: sizePx * finer, matrix: scaleAffine(matrix, finer), finer: 1, move: undefined }
}
