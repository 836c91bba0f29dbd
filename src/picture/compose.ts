import { applyAffine, invertAffine } from './affine.ts'
import type { Affine, Box, Picture } from './picture.ts'
import type { Plane } from './plane.ts'

/** A square picture to lay over another: interleaved sRGB in 0–1, and how much of it shows, 0–1. */
export interface Patch {
  readonly sizePx: number
  readonly rgb: Float32Array
  readonly mask: Plane
}

/** Less of a patch than this changes no byte by more than a rounding. */
const LEAST_SHOWN = 1 / 512

/** The whole pixels that the corners of the patch span, clipped to the picture. */
export function patchReach(toPatch: Affine, sizePx: number, width: number, height: number): Box {
  const back = invertAffine(toPatch)
  const corners = [0, 1, 2, 3].map((i) => applyAffine(back, (i & 1) * sizePx, (i >> 1) * sizePx))
  const xs = corners.map(({ x }) => x)
  const ys = corners.map(({ y }) => y)
  const x = Math.max(0, Math.floor(Math.min(...xs)))
  const y = Math.max(0, Math.floor(Math.min(...ys)))
  return { x, y, width: Math.min(width, Math.ceil(Math.max(...xs))) - x, height: Math.min(height, Math.ceil(Math.max(...ys))) - y }
}

/** Draws a patch into `picture`, in place, where `toPatch` (picture → patch pixels) puts it. Pixels where the mask is 0 keep their bytes. */
export function drawPatch(picture: Picture, patch: Patch, toPatch: Affine): void {
  const { sizePx, rgb, mask } = patch
  const box = patchReach(toPatch, sizePx, picture.width, picture.height)
  const maskScale = mask.width / sizePx
  for (let y = box.y; y < box.y + box.height; y += 1) {
    for (let x = box.x; x < box.x + box.width; x += 1) {
      const u = toPatch.a * (x + 0.5) + toPatch.b * (y + 0.5) + toPatch.tx
      const v = toPatch.c * (x + 0.5) + toPatch.d * (y + 0.5) + toPatch.ty
      if (u < 0 || v < 0 || u >= sizePx || v >= sizePx) continue
      const amount = sample(mask.data, mask.width, u * maskScale, v * maskScale)
      if (amount >= LEAST_SHOWN) mix(picture.data, (y * picture.width + x) * 3, rgb, sizePx, u, v, amount)
    }
  }
}

/** Moves one pixel by `amount` towards the bilinear sample of `rgb` at (u, v). */
function mix(data: Uint8Array, at: number, rgb: Float32Array, sizePx: number, u: number, v: number, amount: number): void {
  const x = Math.max(0, Math.min(sizePx - 1, u - 0.5))
  const y = Math.max(0, Math.min(sizePx - 1, v - 0.5))
  const x0 = Math.min(sizePx - 2, Math.floor(x))
  const y0 = Math.min(sizePx - 2, Math.floor(y))
  const fx = x - x0
  const fy = y - y0
  const i = (y0 * sizePx + x0) * 3
  const j = i + sizePx * 3
  for (let k = 0; k < 3; k += 1) {
    const top = rgb[i + k]! * (1 - fx) + rgb[i + 3 + k]! * fx
    const bottom = rgb[j + k]! * (1 - fx) + rgb[j + 3 + k]! * fx
    const old = data[at + k]!
    const drawn = old + amount * (255 * (top * (1 - fy) + bottom * fy) - old)
    data[at + k] = drawn <= 0 ? 0 : drawn >= 255 ? 255 : drawn + 0.5
  }
}

/** Bilinear sample of a square plane at continuous coordinates. */
function sample(data: Float32Array, sizePx: number, u: number, v: number): number {
  const x = Math.max(0, Math.min(sizePx - 1, u - 0.5))
  const y = Math.max(0, Math.min(sizePx - 1, v - 0.5))
  const x0 = Math.min(sizePx - 2, Math.floor(x))
  const y0 = Math.min(sizePx - 2, Math.floor(y))
  const fx = x - x0
  const fy = y - y0
  const i = y0 * sizePx + x0
  const j = i + sizePx
  return (data[i]! * (1 - fx) + data[i + 1]! * fx) * (1 - fy) + (data[j]! * (1 - fx) + data[j + 1]! * fx) * fy
}
