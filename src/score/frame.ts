import { alignMatrix, type Both, type FoundFace, interocular, shake } from '../faces/index.ts'
import type { GrayPicture, Picture } from '../picture/picture.ts'
import { toGray } from '../picture/resize.ts'
import { applyAffineToPoints, warpAffine } from '../picture/warp.ts'
import { labelHeightPx } from '../provenance/index.ts'
import { blockFlow, meanGradient, warpingError } from './flow.ts'
import type { FollowedFace } from './follow.ts'
import type { FramePair } from './lockstep.ts'
import { hullMask, maskedError, meanLab, sharpness } from './pixels.ts'

/** Side of the aligned face on which sharpness, colour and motion are measured, px. */
const ALIGNED_PX = 192
/** The hull of the landmarks widened by this much is "the face", which a swap may change; beyond it is background. */
const FACE_SCALE = 1.25
/** Between FACE_SCALE and this lies the near background, where spilled masks show; beyond it only re-encoding. */
const NEAR_SCALE = 1.8
const RIM_SCALE = 0.8

/** Landmark jitter in the middle of three frames, in interocular distances of the target. */
export function jitterOf(before: FollowedFace, now: FollowedFace, after: FollowedFace): Both | undefined {
  if (before.swap === undefined || now.swap === undefined || after.swap === undefined) return undefined
  const unit = interocular(now.target.landmarks.mesh)
  const of = (a: FoundFace, b: FoundFace, c: FoundFace) => shake(a.landmarks.mesh, b.landmarks.mesh, c.landmarks.mesh) / unit
  return { target: of(before.target, now.target, after.target), swap: of(before.swap, now.swap, after.swap) }
}

/** The target's aligned face region with the face's hull in it. */
function alignedFace({ landmarks }: FoundFace, scale: number) {
  const matrix = alignMatrix(landmarks, ALIGNED_PX)
  return { matrix, hull: hullMask(applyAffineToPoints(matrix, landmarks.mesh, 3), scale, ALIGNED_PX, ALIGNED_PX) }
}

/**
 * Warping error of both clips between neighbouring frames, 0–255, along the target's own motion; and the gradient, 0–255 a pixel, to which it is proportional
 * however well a face is carried along, since motion is known to about a pixel.
 */
export function warpingOf(before: FramePair, now: FramePair, face: FoundFace): { warping: Both; gradient: Both } | undefined {
  const { matrix, hull } = alignedFace(face, 1)
  const gray = (picture: Picture): GrayPicture => toGray(warpAffine(picture, matrix, ALIGNED_PX, ALIGNED_PX))
  const targetNow = gray(now.target)
  const targetBefore = gray(before.target)
  const moves = blockFlow(targetNow, targetBefore, hull)
  const target = warpingError(targetNow, targetBefore, moves)
  const swapNow = gray(now.swap)
  const swap = warpingError(swapNow, gray(before.swap), moves)
  if (target === null || swap === null) return undefined
  return { warping: { target, swap }, gradient: { target: meanGradient(targetNow, moves), swap: meanGradient(swapNow, moves) } }
}

/** What the pixels say: mean squared errors outside the face (0–255 scale) and the look of the face itself. */
export interface PixelMeasures {
  /** Everywhere outside the face and the strips at the top and at the bottom where dfk's visible label may lie; null where the face fills the picture. */
  readonly outside: number | null
  /** The same with those strips. */
  readonly withLabel: number | null
  /** Around the face. */
  readonly near: number | null
  /** Far from it. */
  readonly far: number | null
  /** Laplacian variance of the aligned face. */
  readonly sharpness: Both
  /** Colour difference along the face's rim between the clips, ΔE*ab. */
  readonly rimColour: number | null
}

/** The mask with the strips where a visible label may lie, at the top and at the bottom, added to it: the label is a duty, no fault. */
function withoutLabel({ width, height, data }: GrayPicture): GrayPicture {
  const strip = labelHeightPx(width, height) * width
  return {
    width,
    height,
    data: data
      .slice()
      .fill(255, 0, strip)
      .fill(255, height * width - strip),
  }
}

/** Compares the pixels of both clips around the target's face. */
export function pixelsOf({ swap, target }: FramePair, face: FoundFace): PixelMeasures {
  const { mesh } = face.landmarks
  const { width, height } = target
  const faceMask = hullMask(mesh, FACE_SCALE, width, height)
  const nearMask = hullMask(mesh, NEAR_SCALE, width, height)
  const { matrix, hull } = alignedFace(face, 1)
  const core = alignedFace(face, RIM_SCALE).hull
  const [alignedTarget, alignedSwap] = [target, swap].map((picture) => warpAffine(picture, matrix, ALIGNED_PX, ALIGNED_PX)) as [
    Picture,
    Picture,
  ]
  const colours = [alignedTarget, alignedSwap].map((picture) => meanLab(picture, hull, core))
  const [a, b] = colours
  return {
    outside: maskedError(swap, target, withoutLabel(faceMask)),
    withLabel: maskedError(swap, target, faceMask),
    near: maskedError(swap, target, withoutLabel(faceMask), nearMask),
    far: maskedError(swap, target, withoutLabel(nearMask)),
    sharpness: { target: sharpness(toGray(alignedTarget), hull), swap: sharpness(toGray(alignedSwap), hull) },
    rimColour: a && b ? Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) : null,
  }
}
