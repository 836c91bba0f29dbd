import { hdrCurves } from './hdr.ts'
import type { Box, Picture } from './picture.ts'
import { chromaSize, type Samples, type YuvFormat, type YuvPicture, yuvScales } from './yuv.ts'

/** Steps of the table that brings HDR signals to bytes. */
const STEPS = 1023

const tables = new Map<string, Uint8Array>()

function hdrTable(transfer: string): Uint8Array {
  const known = tables.get(transfer)
  if (known !== undefined) return known
  const { toStandard } = hdrCurves(transfer)
  const table = Uint8Array.from({ length: STEPS + 1 }, (_, i) => Math.round(255 * toStandard(i / STEPS)))
  tables.set(transfer, table)
  return table
}

/** Whole pixels that a box touches, within a picture; its sides multiples of `step` as far as the picture goes. */
export function clippedBox(box: Box, width: number, height: number, step = 1): Box {
  const low = (value: number, most: number) => Math.max(0, Math.min(most - 1, Math.floor(value / step) * step))
  const high = (value: number, least: number, most: number) => Math.max(least, Math.min(most, Math.ceil(value / step) * step))
  const x = low(box.x, width)
  const y = low(box.y, height)
  return { x, y, width: high(box.x + box.width, x + 1, width) - x, height: high(box.y + box.height, y + 1, height) - y }
}

/** A row of luma or chroma on its way to RGB. */
type Line = Float32Array

/** Means of `step` × `step` samples of luma, from column `x` and row `y` on. */
function lumaLine(plane: Samples, stride: number, height: number, x: number, y: number, step: number, line: Line): void {
  if (step === 1) {
    const base = y * stride + x
    for (let i = 0; i < line.length; i += 1) line[i] = plane[base + i]!
    return
  }
  line.fill(0)
  const rows = Math.min(step, height - y)
  const share = 1 / (rows * step)
  for (let row = 0; row < rows; row += 1) {
    let at = (y + row) * stride + x
    for (let i = 0; i < line.length; i += 1) {
      let sum = 0
      for (let k = 0; k < step; k += 1) sum += plane[at + k]!
      line[i]! += sum * share
      at += step
    }
  }
}

/** Chroma between its samples at luma's columns from `x` on, in row `y`: it is sited to the left, and between two rows of luma. */
function chromaLine(plane: Samples, format: YuvFormat, x: number, y: number, line: Line): void {
  const { chromaX, chromaY } = format
  const { width, height } = chromaSize(format)
  const at = chromaY === 0 ? y : (y - 0.5) / 2
  const share = chromaY === 0 ? 0 : at - Math.floor(at)
  const a = Math.max(0, Math.min(height - 1, Math.floor(at))) * width
  const b = Math.min(height - 1, Math.floor(at) + 1) * width
  for (let i = 0; i < line.length; i += 1) {
    const c = (x + i) >> chromaX
    const next = Math.min(width - 1, c + ((x + i) & chromaX))
    const here = plane[a + c]! + share * (plane[b + c]! - plane[a + c]!)
    line[i] = next === c ? here : (here + plane[a + next]! + share * (plane[b + next]! - plane[a + next]!)) / 2
  }
}

/** The chroma that lies in `step` × `step` pixels of luma, from column `x` and row `y` on; `step` at least 2. */
function coarseChromaLine(plane: Samples, format: YuvFormat, x: number, y: number, step: number, line: Line): void {
  const { width, height } = chromaSize(format)
  const across = step >> format.chromaX
  const down = step >> format.chromaY
  const top = y >> format.chromaY
  const rows = Math.min(down, height - top)
  const share = 1 / (rows * across)
  line.fill(0)
  for (let row = 0; row < rows; row += 1) {
    let at = (top + row) * width + (x >> format.chromaX)
    for (let i = 0; i < line.length; i += 1) {
      let sum = 0
      for (let k = 0; k < across; k += 1) sum += plane[at + k]!
      line[i]! += sum * share
      at += across
    }
  }
}

/** Writes a row of RGB: 0–255, or 0–STEPS for HDR, which passes through a table of finer steps. */
function writeRow(data: Uint8Array, start: number, line: Line, lookUp: Uint8Array | undefined): void {
  if (lookUp === undefined) {
    for (let i = 0; i < line.length; i += 1) data[start + i] = Math.max(0, Math.min(255, line[i]! + 0.5))
    return
  }
  for (let i = 0; i < line.length; i += 1) data[start + i] = lookUp[Math.max(0, Math.min(STEPS, line[i]! + 0.5)) | 0]!
}

/**
 * A part of a picture as 8-bit RGB in the picture's own pixels (not square where `sar` is not 1), or with `step` 2, 4 … one pixel for so many squared; HDR is
 * brought to standard range. `box`: from `clippedBox`, which with a `step` may leave a rest at the picture's edge that is dropped.
 */
export function rgbPart({ format, y, u, v }: YuvPicture, box: Box, step = 1): Picture {
  const { black, luma, middle, chroma: span } = yuvScales(format)
  const kg = 1 - format.kr - format.kb
  const lookUp = format.hdr === undefined ? undefined : hdrTable(format.hdr)
  const scale = lookUp === undefined ? 255 : STEPS
  const lumaScale = scale / luma
  const red = (2 * (1 - format.kr) * scale) / span
  const blue = (2 * (1 - format.kb) * scale) / span
  const [greenU, greenV] = [(blue * format.kb) / kg, (red * format.kr) / kg]
  const [width, height] = [Math.max(1, Math.floor(box.width / step)), Math.max(1, Math.floor(box.height / step))]
  const data = new Uint8Array(width * height * 3)
  const [ys, us, vs, line] = [new Float32Array(width), new Float32Array(width), new Float32Array(width), new Float32Array(width * 3)]
  for (let row = 0; row < height; row += 1) {
    const top = box.y + row * step
    lumaLine(y, format.width, format.height, box.x, top, step, ys)
    for (const [plane, out] of [
      [u, us],
      [v, vs],
    ] as const) {
      if (step === 1) chromaLine(plane, format, box.x, top, out)
      else coarseChromaLine(plane, format, box.x, top, step, out)
    }
    for (let i = 0, p = 0; i < width; i += 1, p += 3) {
      const light = (ys[i]! - black) * lumaScale
      const blueness = us[i]! - middle
      const redness = vs[i]! - middle
      line[p] = light + red * redness
      line[p + 1] = light - greenU * blueness - greenV * redness
      line[p + 2] = light + blue * blueness
    }
    writeRow(data, row * width * 3, line, lookUp)
  }
  return { width, height, data }
}
