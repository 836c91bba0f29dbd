import { type FoundFace, faceSharpness } from '../faces/index.ts'
import type { Picture } from '../picture/picture.ts'

/** Why a face is not kept, or why a frame gave none. */
export type Rejection = 'noFace' | 'tiny' | 'lowConfidence' | 'cutOff' | 'blurred' | 'duplicate' | 'otherPerson'

/** Counts of what was not kept: frames for `noFace`, faces for the rest. */
export type Rejections = Record<Rejection, number>

const MIN_SCORE = 0.3
const MIN_CONFIDENCE = 0.9
/** Part of the mesh that may lie outside of the picture. */
const MOST_OUTSIDE = 0.06
/** Blurred whatever the clip: a Gaussian of about 1.5 % of the face's height, measured on photographs. */
const MIN_SHARPNESS = 18
/** Blurred for this clip: less than this part of the median of the faces kept so far. */
const MIN_OF_MEDIAN = 0.6
const MEDIAN_NEEDS = 10

/** No rejections yet. */
export function noRejections(): Rejections {
  return { noFace: 0, tiny: 0, lowConfidence: 0, cutOff: 0, blurred: 0, duplicate: 0, otherPerson: 0 }
}

/** Sharpness of the faces kept from one source, against which motion blur shows. */
export interface SharpnessScale {
  add(sharpness: number): void
  isBlurred(sharpness: number): boolean
}

/** Starts with nothing but the absolute threshold. */
export function createSharpnessScale(): SharpnessScale {
  const sorted: number[] = []
  return {
    add(sharpness) {
      const at = sorted.findIndex((value) => value > sharpness)
      sorted.splice(at === -1 ? sorted.length : at, 0, sharpness)
    },
    isBlurred(sharpness) {
      const median = sorted[sorted.length >> 1] ?? 0
      return sharpness < MIN_SHARPNESS || (sorted.length >= MEDIAN_NEEDS && sharpness < median * MIN_OF_MEDIAN)
    },
  }
}

/** What is wrong with a face in itself, with its sharpness where it came to measuring that. */
export function checkFace(
  picture: Picture,
  face: FoundFace,
  minFacePx: number,
  scale: SharpnessScale,
): { readonly rejection?: Rejection; readonly sharpness: number } {
  if (Math.max(face.box.width, face.box.height) < minFacePx) return { rejection: 'tiny', sharpness: 0 }
  if (face.score < MIN_SCORE || face.landmarks.confidence < MIN_CONFIDENCE) return { rejection: 'lowConfidence', sharpness: 0 }
  if (partOutside(picture, face.landmarks.mesh) > MOST_OUTSIDE) return { rejection: 'cutOff', sharpness: 0 }
  const sharpness = faceSharpness(picture, face.landmarks)
  return scale.isBlurred(sharpness) ? { rejection: 'blurred', sharpness } : { sharpness }
}

function partOutside({ width, height }: Picture, mesh: Float32Array): number {
  let outside = 0
  for (let i = 0; i < mesh.length; i += 3) {
    const x = mesh[i]!
    const y = mesh[i + 1]!
    if (x < 0 || y < 0 || x > width || y > height) outside += 1
  }
  return outside / (mesh.length / 3)
}
