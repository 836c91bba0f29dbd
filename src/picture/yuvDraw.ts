import { LEAST_SHOWN, type Patch, patchReach, sampleMask, sampleRgb } from './compose.ts'
import { hdrCurves } from './hdr.ts'
import type { Affine, Box } from './picture.ts'
import { chromaSize, type Samples, type YuvPicture, yuvScales } from './yuv.ts'

/** What a patch lays over a box of a picture, at luma's pixels. */
export interface Layer {
  readonly box: Box
  /** How much of it shows, 0–1. */
  readonly amount: Float32Array
  /** sRGB-like signal, 0–1, interleaved; meaningless where the amount is 0. */
  readonly rgb: Float32Array
}

/** Draws a patch onto an empty layer, where `toPatch` (picture → patch, in the picture's own pixels) puts it; undefined where it lies outside. */
export function layerOf(patch: Patch, toPatch: Affine, width: number, height: number): Layer | undefined {
  const { sizePx, rgb, mask } = patch
  const box = patchReach(toPatch, sizePx, width, height)
  if (box.width <= 0 || box.height <= 0) return undefined
  const layer: Layer = { box, amount: new Float32Array(box.width * box.height), rgb: new Float32Array(box.width * box.height * 3) }
  const maskScale = mask.width / sizePx
  let i = 0
  for (let y = box.y; y < box.y + box.height; y += 1) {
    for (let x = box.x; x < box.x + box.width; x += 1, i += 1) {
      const u = toPatch.a * (x + 0.5) + toPatch.b * (y + 0.5) + toPatch.tx
      const v = toPatch.c * (x + 0.5) + toPatch.d * (y + 0.5) + toPatch.ty
      if (u < 0 || v < 0 || u >= sizePx || v >= sizePx) continue
      const amount = sampleMask(mask.data, mask.width, u * maskScale, v * maskScale)
      if (amount < LEAST_SHOWN) continue
      layer.amount[i] = amount
      sampleRgb(rgb, sizePx, u, v, layer.rgb, i * 3)
    }
  }
  return layer
}

/** Red, green, blue to luma and chroma, in place of the layer's colours, in codes of the picture. */
function toCodes(layer: Layer, { format }: YuvPicture): Float32Array {
  const { kr, kb, hdr } = format
  const { black, luma, middle, chroma } = yuvScales(format)
  const toHdr = hdr === undefined ? undefined : hdrCurves(hdr).toHdr
  const [blueScale, redScale] = [chroma / (2 * (1 - kb)), chroma / (2 * (1 - kr))]
  const { rgb, amount } = layer
  const out = new Float32Array(rgb.length)
  for (let i = 0, p = 0; i < amount.length; i += 1, p += 3) {
    if (amount[i] === 0) continue
    let [r, g, b] = [rgb[p]!, rgb[p + 1]!, rgb[p + 2]!]
    if (toHdr !== undefined) [r, g, b] = [toHdr(r), toHdr(g), toHdr(b)]
    const light = kr * r + (1 - kr - kb) * g + kb * b
    out[p] = black + luma * light
    out[p + 1] = middle + blueScale * (b - light)
    out[p + 2] = middle + redScale * (r - light)
  }
  return out
}

function moved(old: number, wanted: number, amount: number, most: number): number {
  const value = old + amount * (wanted - old)
  return value <= 0 ? 0 : value >= most ? most : value + 0.5
}

/** One chroma plane: each sample is what the luma pixels around it ask for, weighed as chroma is sited, to the left and between the rows. */
function drawChroma(picture: YuvPicture, plane: Samples, layer: Layer, codes: Float32Array, channel: 1 | 2): void {
  const { chromaX, chromaY } = picture.format
  const { width } = chromaSize(picture.format)
  const { most } = yuvScales(picture.format)
  const { box, amount } = layer
  const right = (box.x + box.width) >> chromaX
  const bottom = (box.y + box.height - 1) >> chromaY
  const last = Math.min(width - 1, right)
  for (let cy = box.y >> chromaY; cy <= bottom; cy += 1) {
    for (let cx = box.x >> chromaX; cx <= last; cx += 1) {
      let shown = 0
      let wanted = 0
      for (let dy = 0; dy <= chromaY; dy += 1) {
        const row = (cy << chromaY) + dy - box.y
        if (row < 0 || row >= box.height) continue
        for (let dx = -chromaX; dx <= chromaX; dx += 1) {
          const column = (cx << chromaX) + dx - box.x
          if (column < 0 || column >= box.width) continue
          const i = row * box.width + column
          const weight = amount[i]! * (chromaX === 0 ? 1 : dx === 0 ? 0.5 : 0.25)
          shown += weight
          wanted += weight * codes[i * 3 + channel]!
        }
      }
      if (shown === 0) continue
      const at = cy * width + cx
      plane[at] = moved(plane[at]!, wanted / shown, chromaY === 1 ? shown / 2 : shown, most)
    }
  }
}

/** Lays a layer over a picture, in place. Samples of which nothing shows keep their codes. */
export function drawLayer(picture: YuvPicture, layer: Layer): void {
  const { most } = yuvScales(picture.format)
  const { box, amount } = layer
  const codes = toCodes(layer, picture)
  let i = 0
  for (let row = box.y; row < box.y + box.height; row += 1) {
    let at = row * picture.format.width + box.x
    for (let column = 0; column < box.width; column += 1, i += 1, at += 1) {
      if (amount[i]! > 0) picture.y[at] = moved(picture.y[at]!, codes[i * 3]!, amount[i]!, most)
    }
  }
  drawChroma(picture, picture.u, layer, codes, 1)
  drawChroma(picture, picture.v, layer, codes, 2)
}
