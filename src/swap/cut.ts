import { alignedPoints, alignMatrix, faceHull, type Landmarks } from '../faces/index.ts'
import { affineScale, applyAffine, composeAffine, invertAffine, scaleAffine } from '../picture/affine.ts'
import type { Affine, Box, Picture } from '../picture/picture.ts'
import { type Plane, planeOf } from '../picture/plane.ts'
import { resizePicture } from '../picture/resize.ts'
import { warpAffine } from '../picture/warp.ts'
import { enhancedTimes } from './enhancer.ts'
import type { View } from './view.ts'

/** A face cut out of a frame, as the generator takes it. */
export interface Cut {
  /** From the frame to the aligned picture. */
  readonly matrix: Affine
  readonly sizePx: number
  /** sRGB in 0–1, interleaved. */
  readonly rgb: Float32Array
  /** The same cut, twice as large. */
  readonly twice: Picture
  /** Height of the brows, in parts of the side. */
  readonly browY: number
  /** Inside the face's outline, at MASK_PX. */
  readonly hull: Plane
  /** How many times finer than the generator the face will be drawn: about as fine as the frame. */
  readonly factor: number
  /** Where to the parts of what is rendered are to be moved: displacements [32, 32, 2] in parts of the side; undefined: nowhere. */
  readonly move?: Float32Array | undefined
  /** How far the enhancer is to make it finer, 0–1, and how many times larger than the generator's it works. */
  readonly enhanced: { readonly share: number; readonly times: number }
  /** The same cut at that size, where it was asked for. */
  readonly fine?: Picture | undefined
}

/** The mask is shaped at this size, whatever the generator's: soft borders need no more. */
export const MASK_PX = 128
const MOST_ENLARGED = 4
/** Times that a face is larger in the frame than its generator draws it, from which the enhancer begins to show, and at which it shows in full. */
const CLOSE_UP = [1.5, 2] as const
/** What is enhanced already is enlarged by no more than this. */
const MOST_ENLARGED_ENHANCED = 2
/** Pixels around the cut that sampling may reach for. */
const MARGIN_PX = 2

/** Points of the mesh along the upper edges of the brows. */
const BROWS = [63, 105, 66, 296, 334, 293]

/** The upright box that holds the aligned square. */
function boxOf(matrix: Affine, sizePx: number): Box {
  const back = invertAffine(matrix)
  const corners = [0, 1, 2, 3].map((i) => applyAffine(back, (i & 1) * sizePx, (i >> 1) * sizePx))
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)]
  const [x, y] = [Math.min(...xs) - MARGIN_PX, Math.min(...ys) - MARGIN_PX]
  return { x, y, width: Math.max(...xs) + MARGIN_PX - x, height: Math.max(...ys) + MARGIN_PX - y }
}

/** How high the brows lie in the aligned picture, on average, in parts of its side. */
function browHeight(landmarks: Landmarks, matrix: Affine, sizePx: number): number {
  const points = alignedPoints(landmarks, matrix, sizePx)
  return BROWS.reduce((sum, point) => sum + points[2 * point + 1]!, 0) / BROWS.length
}

/** How finely a face is drawn that the frame shows `larger` times as large as its generator does. */
function fineness(larger: number, sizePx: number, enhance: number): Pick<Cut, 'factor' | 'enhanced'> {
  const times = enhancedTimes(sizePx)
  const [from, to] = CLOSE_UP
  const share = times === 1 ? 0 : enhance * Math.max(0, Math.min(1, (larger - from) / (to - from)))
  const most = share === 0 ? MOST_ENLARGED : MOST_ENLARGED_ENHANCED
  const step = share === 0 ? 1 : times
  return { factor: step * Math.max(1, Math.min(most, Math.ceil(larger / step))), enhanced: { share, times } }
}

/**
 * Cuts a face out of a frame, aligned, at the generator's size; `wantsFine`: as fine as the frame besides, which takes several times as long; `enhance`: how far a close-up
 * is to be enhanced, 0–1.
 */
export function cutFace(view: View, landmarks: Landmarks, sizePx: number, wantsFine: boolean, enhance = 0): Cut {
  const matrix = alignMatrix(landmarks, sizePx)
  const { factor, enhanced } = fineness(1 / affineScale(matrix), sizePx, enhance)
  const box = boxOf(matrix, sizePx)
  const warp = (times: number) => {
    const { picture, x, y, step } = view.part(box, times * sizePx)
    const toPart = composeAffine(scaleAffine(matrix, times), { a: step, b: 0, tx: x, c: 0, d: step, ty: y })
    return warpAffine(picture, toPart, times * sizePx, times * sizePx)
  }
  // Sampled at twice the size: a small step of the warp would let detail alias.
  const twice = warp(2)
  const { data } = resizePicture(twice, sizePx, sizePx)
  const rgb = new Float32Array(data.length)
  for (let i = 0; i < rgb.length; i += 1) rgb[i] = data[i]! / 255
  const hull = planeOf(faceHull(landmarks, scaleAffine(matrix, MASK_PX / sizePx), MASK_PX))
  const browY = browHeight(landmarks, matrix, sizePx)
  return { matrix, sizePx, rgb, twice, browY, hull, factor, enhanced, fine: wantsFine ? warp(factor) : undefined }
}
