import { hdrCurves } from './hdr.ts'
import { get, kernels, put, room } from './kernels/index.ts'
import type { Box, Picture } from './picture.ts'
import { chromaSize, type Samples, type YuvPicture, yuvScales } from './yuv.ts'

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
  const { chromaX, chromaY } = format
  const chroma = chromaSize(format)
  const lines = Math.min(format.height - box.y, height * step)
  const [from, to] = [Math.max(0, (box.y >> chromaY) - 1), Math.min(chroma.height, ((box.y + lines) >> chromaY) + 2)]
  const rows = (plane: Samples, stride: number, first: number, end: number) => put(plane.subarray(first * stride, end * stride))
  const wide = y.BYTES_PER_ELEMENT - 1
  const loops = kernels()
  loops.setColours(black, lumaScale, middle, red, greenU, greenV, blue)
  const lumaAt = rows(y, format.width, box.y, box.y + lines)
  const [blues, reds] = [rows(u, chroma.width, from, to), rows(v, chroma.width, from, to)]
  const table = lookUp === undefined ? 0 : put(lookUp)
  const [work, out] = [room(32 * (width * step + 32)), room(width * height * 3)]
  loops.rgbPart(
    ...([lumaAt, format.width << wide, format.height - box.y, blues, reds, from, chroma.width, chroma.height, chromaX, chromaY] as const),
    ...([box.x, box.y, step, width, height, wide, table, work, out] as const),
  )
  return { width, height, data: get(out, new Uint8Array(width * height * 3)) }
}
