import { type Patch, patchReach } from './compose.ts'
import { hdrCurves } from './hdr.ts'
import { emptyRoom, get, type Kernels, kernels, put, room } from './kernels/index.ts'
import type { Affine, Box } from './picture.ts'
import { chromaSize, type YuvFormat, type YuvPicture, yuvScales } from './yuv.ts'

/** What is laid over a box of a picture, at luma's pixels. */
export interface Layer {
  readonly box: Box
  /** How much of it shows, 0–1. */
  readonly amount: Float32Array
  /** sRGB-like signal, 0–1, interleaved; meaningless where the amount is 0. */
  readonly rgb: Float32Array
}

/** Draws a patch onto an empty layer, where `toPatch` (picture → patch, in the picture's own pixels) puts it, bilinearly; undefined where it lies outside. */
export function layerOf({ sizePx, rgb, mask }: Patch, toPatch: Affine, width: number, height: number): Layer | undefined {
  const box = patchReach(toPatch, sizePx, width, height)
  if (box.width <= 0 || box.height <= 0) return undefined
  const { a, b, tx, c, d, ty } = toPatch
  const pixels = box.width * box.height
  const { samplePatch } = kernels()
  const [colours, shares, amounts, out] = [put(rgb), put(mask.data), room(pixels * 4), room(pixels * 12)]
  samplePatch(colours, sizePx, shares, mask.width, a, b, tx, c, d, ty, box.x, box.y, box.width, box.height, amounts, out)
  return { box, amount: get(amounts, new Float32Array(pixels)), rgb: get(out, new Float32Array(pixels * 3)) }
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

/** Lets `draw` lay something over a box of a picture in the kernels' memory, and takes back what came of it. */
function drawIn({ format, y, u, v }: YuvPicture, { x, y: top, width, height }: Box, draw: (kernels: Kernels) => void): void {
  const { kr, kb, chromaX, chromaY } = format
  const { black, luma, middle, chroma, most } = yuvScales(format)
  const across = chromaSize(format).width
  const lines = y.subarray(top * format.width, (top + height) * format.width)
  const [from, to] = [(top >> chromaY) * across, (((top + height - 1) >> chromaY) + 1) * across]
  const planes = [lines, u.subarray(from, to), v.subarray(from, to)] as const
  const loops = kernels()
  const [lumaAt, blueAt, redAt] = [put(planes[0]), put(planes[1]), put(planes[2])]
  const work = emptyRoom(12 * (width + 24))
  const [blue, red] = [chroma / (2 * (1 - kb)), chroma / (2 * (1 - kr))]
  loops.setCodes(kr, 1 - kr - kb, kb, black, luma, middle, blue, red, most, y.BYTES_PER_ELEMENT - 1)
  loops.setPlanes(format.width, format.height, chromaX, chromaY, x, top, width, height, lumaAt, blueAt, redAt, work)
  draw(loops)
  get(lumaAt, planes[0])
  get(blueAt, planes[1])
  get(redAt, planes[2])
}

/** Lays a layer over a picture, in place. Samples of which nothing shows keep their codes. */
export function drawLayer(picture: YuvPicture, { box, amount, rgb }: Layer): void {
  const { hdr } = picture.format
  const signal = hdr === undefined ? rgb : rgb.map(hdrCurves(hdr).toHdr)
  drawIn(picture, box, (kernels) => kernels.drawLayer(put(amount), put(signal)))
}

/** Lays a patch over a picture, in place: what `layerOf` and `drawLayer` do, without a layer in between. */
export function layPatch(picture: YuvPicture, patch: Patch, toPatch: Affine): void {
  const { width, height, hdr } = picture.format
  if (hdr !== undefined) {
    const layer = layerOf(patch, toPatch, width, height)
    if (layer !== undefined) drawLayer(picture, layer)
    return
  }
  const { sizePx, rgb, mask } = patch
  const box = patchReach(toPatch, sizePx, width, height)
  if (box.width <= 0 || box.height <= 0) return
  const { a, b, tx, c, d, ty } = toPatch
  drawIn(picture, box, (kernels) => {
    kernels.drawPatch(put(rgb), sizePx, put(mask.data), mask.width, a, b, tx, c, d, ty, room(16 * (box.width + 1)))
  })
}
