import { randomBytes } from 'node:crypto'
import { emptyRoom, get, kernels, put, room } from '../../picture/kernels/index.ts'
import type { Picture } from '../../picture/picture.ts'
import { type Samples, type YuvPicture, yuvScales } from '../../picture/yuv.ts'
import { unitFor } from './lattice.ts'
import { PATTERN_RMS, patternFor } from './pattern.ts'

/** Anyone with dfk can read marks under this key; whoever wants to be the only one gives another. */
export const PUBLIC_KEY = 'dfk'

/** Root mean square of the mark in steps of 255: in flat parts, for each step by which the picture itself is uneven, and the most. */
const [FLAT, SLOPE, MOST] = [0.55, 0.95, 3]
/** The most over a whole picture: 42.5 dB. */
const MOST_OVERALL = 1.9
/** Strength is told by cells of 8 units, of 16 samples at least. */
const [CELL_UNITS, SMALLEST_CELL] = [8, 16]

/** A fresh 64-bit id for an output, 16 hexadecimal digits. */
export function newOutputId(): string {
  return randomBytes(8).toString('hex')
}

interface Mark {
  readonly name: string
  readonly pattern: Int8Array
}

let last: Mark | undefined

/** The pattern of the last size, id and key is kept: a clip's frames share it. */
function patternOf(width: number, height: number, sar: number, id: string | bigint, key: string): Int8Array {
  const name = `${width} ${height} ${sar} ${id} ${key}`
  if (last?.name !== name) last = { name, pattern: patternFor(width, height, sar, id, key) }
  return last.pattern
}

interface Luma {
  readonly width: number
  readonly height: number
  readonly sar: number
  readonly samples: Samples
  /** Codes of black, of the span to white, and the greatest. */
  readonly black: number
  readonly span: number
  readonly most: number
}

function markLuma({ width, height, sar, samples, black, span, most }: Luma, id: string | bigint, key: string): void {
  const cell = Math.max(SMALLEST_CELL, CELL_UNITS * Math.round(unitFor(width * sar, height)))
  const [columns, rows] = [Math.floor(width / cell), Math.floor(height / cell)]
  const pattern = patternOf(width, height, sar, id, key)
  if (columns === 0 || rows === 0) return
  const { strengths, addPattern } = kernels()
  const wide = samples.BYTES_PER_ELEMENT - 1
  const stride = width * samples.BYTES_PER_ELEMENT
  const step = span / 255
  const plane = put(samples)
  const grid = emptyRoom(columns * rows * 4)
  strengths(plane, stride, wide, 1 / step, black / step, columns, rows, cell, FLAT, SLOPE, MOST, grid)
  const overall = rootMeanSquare(get(grid, new Float32Array(columns * rows)))
  const unit = (step / PATTERN_RMS) * Math.min(1, MOST_OVERALL / overall)
  const [above, below] = [room(width * 4), room(width * 4)]
  addPattern(plane, stride, wide, width, height, put(pattern), grid, columns, rows, cell, unit, most, above, below)
  get(plane, samples)
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
}

function lumaOf({ width, height, data }: Picture): Uint8Array {
  const luma = new Uint8Array(width * height)
  for (let i = 0, p = 0; i < luma.length; i++, p += 3) luma[i] = 0.299 * data[p]! + 0.587 * data[p + 1]! + 0.114 * data[p + 2]! + 0.5
  return luma
}

/**
 * Writes a 64-bit id into the luma of a picture, in place: a keyed pattern of waves, repeated over the picture at a size that goes with it, weak where the picture is
 * flat or dark. `id`: 16 hexadecimal digits, or a bigint; throws TypeError for others. Pictures smaller than 16 × 16 stay as they are, those below 240 lines hardly
 * carry it.
 */
export function embedWatermark(picture: Picture | YuvPicture, id: string | bigint, key: string = PUBLIC_KEY): void {
  if ('format' in picture) {
    const { black, luma: span, most } = yuvScales(picture.format)
    const { width, height, sar } = picture.format
    markLuma({ width, height, sar, samples: picture.y, black, span, most }, id, key)
    return
  }
  const { width, height, data } = picture
  const before = lumaOf(picture)
  const after = before.slice()
  markLuma({ width, height, sar: 1, samples: after, black: 0, span: 255, most: 255 }, id, key)
  const clamped = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length)
  for (let i = 0, p = 0; i < after.length; i++) {
    const change = after[i]! - before[i]!
    for (const end = p + 3; p < end; p++) clamped[p] = clamped[p]! + change
  }
}
