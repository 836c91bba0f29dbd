import { LEAST_SHOWN, type Patch, patchReach } from './compose.ts'
import { hdrCurves } from './hdr.ts'
import type { Affine, Box } from './picture.ts'
import { chromaSize, type Samples, type YuvFormat, type YuvPicture, yuvScales } from './yuv.ts'

/** What is laid over a box of a picture, at luma's pixels. */
export interface Layer {
  readonly box: Box
  /** How much of it shows, 0–1. */
  readonly amount: Float32Array
  /** sRGB-like signal, 0–1, interleaved; meaningless where the amount is 0. */
  readonly rgb: Float32Array
}

/** Where a coordinate lies between two of `length` samples whose centres are at .5. */
function clampTo(value: number, length: number): number {
  const at = value - 0.5
  return at < 0 ? 0 : Math.min(at, length - 1)
}

/** Draws a patch onto an empty layer, where `toPatch` (picture → patch, in the picture's own pixels) puts it, bilinearly; undefined where it lies outside. */
export function layerOf(patch: Patch, toPatch: Affine, width: number, height: number): Layer | undefined {
  const { sizePx, rgb, mask } = patch
  const box = patchReach(toPatch, sizePx, width, height)
  if (box.width <= 0 || box.height <= 0) return undefined
  const amounts = new Float32Array(box.width * box.height)
  const colours = new Float32Array(box.width * box.height * 3)
  const side = mask.width
  const maskScale = side / sizePx
  const { a, b, tx, c, d, ty } = toPatch
  let i = 0
  for (let y = box.y; y < box.y + box.height; y += 1) {
    const u0 = b * (y + 0.5) + tx
    const v0 = d * (y + 0.5) + ty
    for (let x = box.x; x < box.x + box.width; x += 1, i += 1) {
      const u = a * (x + 0.5) + u0
      const v = c * (x + 0.5) + v0
      if (u < 0 || v < 0 || u >= sizePx || v >= sizePx) continue
      const mx = clampTo(u * maskScale, side)
      const my = clampTo(v * maskScale, side)
      const m0 = Math.min(side - 2, mx | 0)
      const n0 = Math.min(side - 2, my | 0)
      const m = n0 * side + m0
      const fm = mx - m0
      const top = mask.data[m]! + fm * (mask.data[m + 1]! - mask.data[m]!)
      const bottom = mask.data[m + side]! + fm * (mask.data[m + side + 1]! - mask.data[m + side]!)
      const amount = top + (my - n0) * (bottom - top)
      if (amount < LEAST_SHOWN) continue
      amounts[i] = amount
      const px = clampTo(u, sizePx)
      const py = clampTo(v, sizePx)
      const x0 = Math.min(sizePx - 2, px | 0)
      const y0 = Math.min(sizePx - 2, py | 0)
      const fx = px - x0
      const fy = py - y0
      const p = (y0 * sizePx + x0) * 3
      const q = p + sizePx * 3
      for (let k = 0; k < 3; k += 1) {
        const above = rgb[p + k]! + fx * (rgb[p + 3 + k]! - rgb[p + k]!)
        const below = rgb[q + k]! + fx * (rgb[q + 3 + k]! - rgb[q + k]!)
        colours[i * 3 + k] = above + fy * (below - above)
      }
    }
  }
  return { box, amount: amounts, rgb: colours }
}

/** The layer's colours as luma and chroma, in codes of pictures of that format, each in a plane of its own. */
export function toCodes({ rgb, amount }: Layer, format: YuvFormat): [Float32Array, Float32Array, Float32Array] {
  const { kr, kb, hdr } = format
  const { black, luma, middle, chroma } = yuvScales(format)
  const toHdr = hdr === undefined ? undefined : hdrCurves(hdr).toHdr
  const blueScale = chroma / (2 * (1 - kb))
  const redScale = chroma / (2 * (1 - kr))
  const ys = new Float32Array(amount.length)
  const us = new Float32Array(amount.length)
  const vs = new Float32Array(amount.length)
  for (let i = 0, p = 0; i < amount.length; i += 1, p += 3) {
    if (amount[i] === 0) continue
    let r = rgb[p]!
    let g = rgb[p + 1]!
    let b = rgb[p + 2]!
    if (toHdr !== undefined) {
      r = toHdr(r)
      g = toHdr(g)
      b = toHdr(b)
    }
    const light = kr * r + (1 - kr - kb) * g + kb * b
    ys[i] = black + luma * light
    us[i] = middle + blueScale * (b - light)
    vs[i] = middle + redScale * (r - light)
  }
  return [ys, us, vs]
}

function moved(old: number, wanted: number, amount: number, most: number): number {
  const value = old + amount * (wanted - old)
  return value <= 0 ? 0 : value >= most ? most : value + 0.5
}

/** Both chroma planes: each sample is what the luma pixels around it ask for, weighed as chroma is sited, to the left and between the rows. */
function drawChroma(picture: YuvPicture, { box, amount }: Layer, us: Float32Array, vs: Float32Array): void {
  const { chromaX, chromaY } = picture.format
  const { width } = chromaSize(picture.format)
  const { most } = yuvScales(picture.format)
  // What lies beyond the picture's edge is as the edge.
  const [lastColumn, lastRow] = [picture.format.width - 1 - box.x, picture.format.height - 1 - box.y]
  const bottom = (box.y + box.height - 1) >> chromaY
  const right = Math.min(width - 1, (box.x + box.width) >> chromaX)
  const share = chromaY === 1 ? 0.5 : 1
  for (let cy = box.y >> chromaY; cy <= bottom; cy += 1) {
    for (let cx = box.x >> chromaX; cx <= right; cx += 1) {
      let shown = 0
      let u = 0
      let v = 0
      for (let dy = 0; dy <= chromaY; dy += 1) {
        const row = Math.min(lastRow, (cy << chromaY) + dy - box.y)
        if (row < 0 || row >= box.height) continue
        for (let dx = -chromaX; dx <= chromaX; dx += 1) {
          const column = Math.max(-box.x, Math.min(lastColumn, (cx << chromaX) + dx - box.x))
          if (column < 0 || column >= box.width) continue
          const i = row * box.width + column
          const weight = amount[i]! * (chromaX === 0 ? 1 : dx === 0 ? 0.5 : 0.25)
          shown += weight
          u += weight * us[i]!
          v += weight * vs[i]!
        }
      }
      if (shown === 0) continue
      const at = cy * width + cx
      picture.u[at] = moved(picture.u[at]!, u / shown, shown * share, most)
      picture.v[at] = moved(picture.v[at]!, v / shown, shown * share, most)
    }
  }
}

function drawLuma(plane: Samples, stride: number, { box, amount }: Layer, ys: Float32Array, most: number): void {
  let i = 0
  for (let row = box.y; row < box.y + box.height; row += 1) {
    let at = row * stride + box.x
    for (let column = 0; column < box.width; column += 1, i += 1, at += 1) {
      if (amount[i]! > 0) plane[at] = moved(plane[at]!, ys[i]!, amount[i]!, most)
    }
  }
}

/** Lays a layer over a picture, in place. Samples of which nothing shows keep their codes. */
export function drawLayer(picture: YuvPicture, layer: Layer): void {
  const [ys, us, vs] = toCodes(layer, picture.format)
  drawLuma(picture.y, picture.format.width, layer, ys, yuvScales(picture.format).most)
  drawChroma(picture, layer, us, vs)
}
