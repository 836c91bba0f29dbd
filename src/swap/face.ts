import { alignMatrix, faceHull, type Landmarks } from '../faces/index.ts'
import { affineScale, composeAffine } from '../picture/affine.ts'
import { type Patch, patchReach } from '../picture/compose.ts'
import { enlargeSquare } from '../picture/enlarge.ts'
import type { Affine } from '../picture/picture.ts'
import { blurPlane, type Plane, planeOf } from '../picture/plane.ts'
import { resizePicture } from '../picture/resize.ts'
import { warpAffine } from '../picture/warp.ts'
import type { ColourMatcher } from './colour.ts'
import { type MaskShape, shapeMask } from './mask.ts'
import { matchBorder } from './seam.ts'
import type { View } from './view.ts'

/** How rendered faces are fitted into the footage. */
export interface Look {
  readonly mask: MaskShape
  /** Strength of the unsharp mask over the rendered face; 0: none. */
  readonly sharpen: number
}

/** A face cut out of a frame, as the generator takes it. */
export interface Cut {
  /** From the frame to the aligned picture. */
  readonly matrix: Affine
  readonly sizePx: number
  /** sRGB in 0–1, interleaved. */
  readonly rgb: Float32Array
  readonly hull: Plane
}

/** The mask is shaped at this size, whatever the generator's: soft borders need no more. */
const MASK_PX = 128
const MOST_ENLARGED = 6
/** Pixels of the generator. */
const SHARPEN_SIGMA = 1.5

function scaled(matrix: Affine, factor: number): Affine {
  const { a, b, tx, c, d, ty } = matrix
  return { a: a * factor, b: b * factor, tx: tx * factor, c: c * factor, d: d * factor, ty: ty * factor }
}

/** Cuts a face out of a frame, aligned, at the generator's size. */
export function cutFace(view: View, landmarks: Landmarks, sizePx: number): Cut {
  const matrix = alignMatrix(landmarks, sizePx)
  const { picture, x, y, step } = view.part(patchReach(matrix, sizePx, view.width, view.height), 2 * sizePx)
  const shifted = composeAffine(scaled(matrix, 2), { a: step, b: 0, tx: x, c: 0, d: step, ty: y })
  const twice = warpAffine(picture, shifted, 2 * sizePx, 2 * sizePx)
  const { data } = resizePicture(twice, sizePx, sizePx)
  const rgb = new Float32Array(data.length)
  for (let i = 0; i < rgb.length; i += 1) rgb[i] = data[i]! / 255
  return {
    matrix,
    sizePx,
    rgb,
    hull: planeOf(faceHull(landmarks, scaled(matrix, MASK_PX / sizePx), MASK_PX)),
  }
}

/** Brings a mask to MASK_PX, smoothly both ways. */
function atMaskSize(mask: Float32Array, sizePx: number): Plane {
  const factor = Math.ceil(MASK_PX / sizePx)
  const large = enlargeSquare(mask, sizePx, 1, factor)
  if (factor * sizePx === MASK_PX) return { width: MASK_PX, height: MASK_PX, data: large.map((value) => Math.max(0, Math.min(1, value))) }
  const gray = {
    width: factor * sizePx,
    height: factor * sizePx,
    data: Uint8Array.from(large, (value) => Math.max(0, Math.min(255, value * 255))),
  }
  return planeOf(resizePicture(gray, MASK_PX, MASK_PX))
}

/** Unsharp mask at the generator's own scale: finer detail than that it does not render. */
function sharpened(rgb: Float32Array, sizePx: number, amount: number): Float32Array {
  if (amount === 0) return rgb
  const out = new Float32Array(rgb.length)
  const data = new Float32Array(sizePx * sizePx)
  for (let channel = 0; channel < 3; channel += 1) {
    for (let i = 0; i < data.length; i += 1) data[i] = rgb[i * 3 + channel]!
    const soft = blurPlane({ width: sizePx, height: sizePx, data }, SHARPEN_SIGMA).data
    for (let i = 0; i < data.length; i += 1) out[i * 3 + channel] = data[i]! + amount * (data[i]! - soft[i]!)
  }
  return out
}

/** A finished patch, and how the frame maps to it. */
export interface FittedFace extends Patch {
  /** From the frame, in square pixels, to the patch. */
  readonly matrix: Affine
}

/** Fits the rendered face (`rgb`, `mask` as the generator gave them) to the frame that it was cut from. */
export function fitFace(
  cut: Cut,
  rendered: { rgb: Float32Array; mask: Float32Array },
  look: Look,
  colours: ColourMatcher,
  timeS: number,
): FittedFace {
  const { sizePx, matrix } = cut
  const mask = shapeMask(atMaskSize(rendered.mask, sizePx), cut.hull, look.mask)
  const inside = shrinkPlane(mask, sizePx)
  const matched = matchBorder(colours.match(rendered.rgb, cut.rgb, inside, timeS), cut.rgb, inside, sizePx)
  const factor = Math.max(1, Math.min(MOST_ENLARGED, Math.ceil(1 / affineScale(matrix))))
  const rgb = enlargeSquare(sharpened(matched, sizePx, look.sharpen), sizePx, 3, factor)
  return { sizePx: sizePx * factor, rgb, mask, matrix: scaled(matrix, factor) }
}

/** The mask at the generator's size, sampled where its pixels lie. */
function shrinkPlane(mask: Plane, sizePx: number): Float32Array {
  const step = mask.width / sizePx
  const out = new Float32Array(sizePx * sizePx)
  for (let y = 0; y < sizePx; y += 1) {
    for (let x = 0; x < sizePx; x += 1) {
      const row = Math.min(mask.height - 1, Math.floor((y + 0.5) * step))
      out[y * sizePx + x] = mask.data[row * mask.width + Math.min(mask.width - 1, Math.floor((x + 0.5) * step))]!
    }
  }
  return out
}
