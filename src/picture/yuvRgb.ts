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

/** Row `y` of a chroma plane at luma's rows, and one sample more: chroma lies between two rows of luma where it is halved. */
function chromaRow(plane: Samples, size: { width: number; height: number }, halved: number, y: number, row: Float32Array): void {
  const at = halved === 0 ? y : (y - 0.5) / 2
  const first = Math.max(0, Math.floor(at))
  const second = Math.min(size.height - 1, Math.floor(at) + 1)
  const share = halved === 0 ? 0 : at - Math.floor(at)
  const [a, b] = [Math.min(first, size.height - 1) * size.width, second * size.width]
  for (let x = 0; x < size.width; x += 1) row[x] = plane[a + x]! + share * (plane[b + x]! - plane[a + x]!)
  // What lies beyond the edge is as the edge.
  row[size.width] = row[size.width - 1]!
}

/** Whole pixels that a box touches, within a picture. */
export function clippedBox(box: Box, width: number, height: number): Box {
  const x = Math.max(0, Math.min(width - 1, Math.floor(box.x)))
  const y = Math.max(0, Math.min(height - 1, Math.floor(box.y)))
  const right = Math.max(x + 1, Math.min(width, Math.ceil(box.x + box.width)))
  const bottom = Math.max(y + 1, Math.min(height, Math.ceil(box.y + box.height)))
  return { x, y, width: right - x, height: bottom - y }
}

interface Weights {
  readonly red: number
  readonly greenU: number
  readonly greenV: number
  readonly blue: number
}

function weightsOf({ kr, kb }: YuvFormat): Weights {
  const kg = 1 - kr - kb
  return { red: 2 * (1 - kr), greenU: (2 * kb * (1 - kb)) / kg, greenV: (2 * kr * (1 - kr)) / kg, blue: 2 * (1 - kb) }
}

/**
 * A part of a picture as 8-bit RGB in the picture's own pixels (not square where `sar` is not 1); HDR is brought to standard range. Chroma is interpolated, sited
 * to the left as MPEG-2 and its successors have it. `box`: whole pixels within the picture.
 */
export function rgbPart({ format, y, u, v }: YuvPicture, box: Box): Picture {
  const chroma = chromaSize(format)
  const { black, luma, middle, chroma: span } = yuvScales(format)
  const { red, greenU, greenV, blue } = weightsOf(format)
  // HDR passes through a table of finer steps on its way to bytes.
  const lookUp = format.hdr === undefined ? undefined : hdrTable(format.hdr)
  const scale = lookUp === undefined ? 255 : STEPS
  const [lumaScale, chromaScale] = [scale / luma, scale / (2 * span)]
  const data = new Uint8Array(box.width * box.height * 3)
  const [rowU, rowV] = [new Float32Array(chroma.width + 1), new Float32Array(chroma.width + 1)]
  const line = new Float32Array(box.width * 3)
  for (let row = 0; row < box.height; row += 1) {
    chromaRow(u, chroma, format.chromaY, box.y + row, rowU)
    chromaRow(v, chroma, format.chromaY, box.y + row, rowV)
    const base = (box.y + row) * format.width
    let out = 0
    for (let column = box.x; column < box.x + box.width; column += 1, out += 3) {
      const c = column >> format.chromaX
      const next = c + (column & format.chromaX)
      const blueness = (rowU[c]! + rowU[next]! - 2 * middle) * chromaScale
      const redness = (rowV[c]! + rowV[next]! - 2 * middle) * chromaScale
      const light = (y[base + column]! - black) * lumaScale
      line[out] = light + red * redness
      line[out + 1] = light - greenU * blueness - greenV * redness
      line[out + 2] = light + blue * blueness
    }
    toBytes(line, data, row * line.length, lookUp)
  }
  return { width: box.width, height: box.height, data }
}

function toBytes(line: Float32Array, data: Uint8Array, start: number, lookUp: Uint8Array | undefined): void {
  if (lookUp === undefined) {
    for (let i = 0; i < line.length; i += 1) {
      const value = line[i]! + 0.5
      data[start + i] = value <= 0 ? 0 : Math.min(value, 255)
    }
    return
  }
  for (let i = 0; i < line.length; i += 1) {
    const value = line[i]! + 0.5
    data[start + i] = lookUp[value <= 0 ? 0 : value >= STEPS ? STEPS : value | 0]!
  }
}
