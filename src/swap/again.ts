import { type AlignedFaces, alignedPoints, type Landmarks, landmarksOfMesh } from '../faces/index.ts'
import { FIELD_CELLS } from '../models/retarget.ts'
import { applyAffineToPoints, IDENTITY, scaleAffine } from '../picture/affine.ts'
import { displace } from '../picture/displace.ts'
import { sampledPlane } from '../picture/plane.ts'
import { picturesOf, putIn } from '../picture/putIn.ts'
import type { Generator, SwappedFaces } from '../store/generator.ts'
import type { Cut } from './cut.ts'
import { Lapse, remember } from './lapse.ts'

/** Seconds over which what is left to move fades to 1/e: landmarks shake from frame to frame, and what a generator draws too little of stays for half a second and more. */
const MEMORY_S = 0.08

/** Faces that are looked at at once: of one person, those of the frames that are rendered together. */
export const LOOKS_AT_ONCE = 4

/** What is left to move of one person's face, averaged over the last frames. */
export class LeftoverMemory {
  readonly #lapse = new Lapse()
  #field: Float32Array | undefined

  /** Whether a frame, by its number and time, is to be looked at: every other one, and all while nothing is known. */
  isDue(index: number, timeS: number): boolean {
    return this.#lapse.isDue(index, timeS)
  }

  /** The average after the frame at `timeS`; `found` undefined: nobody looked, or nothing was seen, and what was known stays for a second. */
  next(found: Float32Array | undefined, timeS: number): Float32Array | undefined {
    if (found !== undefined) this.#field = remember(this.#field, found, this.#lapse.share(timeS, MEMORY_S))
    return this.#lapse.isFresh(timeS) ? this.#field : undefined
  }
}

/** A face that a generator drew, before it is fitted into its frame. */
export interface DrawnFace {
  readonly cut: Cut
  readonly rendered: SwappedFaces
  /** Whose place it takes: landmarks in the frame. */
  readonly face: { readonly landmarks: Landmarks }
}

/**
 * Looks at drawn faces, moved as `cut.move` says and put in their places, and tells how far each is still to be moved (displacements [32, 32, 2] in parts of the side): undefined for those
 * that show no landmarks, and for all where the checkpoint does not know what is usual.
 */
export async function lookAgain(
  aligned: AlignedFaces,
  { leftover, sizePx }: Pick<Generator, 'leftover' | 'sizePx'>,
  drawn: readonly DrawnFace[],
): Promise<(Float32Array | undefined)[]> {
  if (leftover === undefined) return drawn.map(() => undefined)
  const pictures = drawn.flatMap(({ cut, rendered: { rgb, mask } }) => {
    const moved = cut.move === undefined ? rgb : displace(rgb, sizePx, 3, cut.move, FIELD_CELLS)
    return picturesOf(putIn({ faces: cut.rgb, masks: sampledPlane(cut.hull, sizePx), sizePx }, { rgb: moved, mask }), sizePx)
  })
  const near = drawn.map(
    (
      {
        cut,
        face: {
          landmarks: { mesh, confidence },
        },
      },
      i,
    ) => {
      const toPicture = scaleAffine(cut.matrix, pictures[i]!.width / sizePx)
      return landmarksOfMesh(applyAffineToPoints(toPicture, mesh, 3), confidence)
    },
  )
  const found = await aligned.landmarks(pictures, near)
  return found.map((landmarks, i) => {
    if (landmarks === undefined) return undefined
    const { cut, face } = drawn[i]!
    const seen = alignedPoints(landmarks, IDENTITY, pictures[i]!.width)
    return leftover(alignedPoints(face.landmarks, cut.matrix, sizePx), seen)
  })
}
