import type { Picture } from '../picture/picture.ts'
import { BLOCK, FREQUENCIES, type Layout } from './watermark-layout.ts'

// Written out for speed: this runs on every frame of every output. Blocks are halved by Haar's low pass and transformed by an orthonormal DCT-II of which only
// the first four frequencies a side are needed; even frequencies need the sums of mirrored samples, odd ones the differences.

const HALF = BLOCK / 2
const cosine = (k: number, n: number) => Math.sqrt((k === 0 ? 1 : 2) / HALF) * Math.cos((Math.PI * (2 * n + 1) * k) / (2 * HALF))
const DC = cosine(0, 0)
const [A0, A1, A2, A3] = [0, 1, 2, 3].map((n) => cosine(1, n)) as [number, number, number, number]
const [B0, B1] = [0, 1].map((n) => cosine(2, n)) as [number, number]
const [C0, C1, C2, C3] = [0, 1, 2, 3].map((n) => cosine(3, n)) as [number, number, number, number]

/** Frequencies as places in `spectrum`: across * 4 + down. */
export const PLACES = Int32Array.from(FREQUENCIES, ([across, down]) => across * 4 + down)
const COUNT = PLACES.length

const low = new Float32Array(HALF * HALF)
/** After the transform of the rows: half[across * 8 + y]. */
const half = new Float32Array(4 * HALF)
const spectrum = new Float32Array(16)

/** First four DCT coefficients of 8 samples `from[start + n]`, written at `to[at]`, `to[at + step]` …. */
function forward(from: Float32Array, start: number, to: Float32Array, at: number, step: number): void {
  const a = from[start]!
  const b = from[start + 1]!
  const c = from[start + 2]!
  const d = from[start + 3]!
  const e = from[start + 4]!
  const f = from[start + 5]!
  const g = from[start + 6]!
  const h = from[start + 7]!
  to[at] = DC * (a + b + c + d + e + f + g + h)
  to[at + step] = A0 * (a - h) + A1 * (b - g) + A2 * (c - f) + A3 * (d - e)
  to[at + 2 * step] = B0 * (a + h - d - e) + B1 * (b + g - c - f)
  to[at + 3 * step] = C0 * (a - h) + C1 * (b - g) + C2 * (c - f) + C3 * (d - e)
}

/** The 8 samples of four coefficients `from[start]`, `from[start + step]` …, written at `to[at + n]`. */
function backward(from: Float32Array, start: number, step: number, to: Float32Array, at: number): void {
  const base = DC * from[start]!
  const p = from[start + step]!
  const q = from[start + 2 * step]!
  const r = from[start + 3 * step]!
  for (let n = 0; n < 4; n++) {
    const even = base + (n === 0 ? B0 : n === 1 ? B1 : n === 2 ? -B1 : -B0) * q
    const odd = (n === 0 ? A0 : n === 1 ? A1 : n === 2 ? A2 : A3) * p + (n === 0 ? C0 : n === 1 ? C1 : n === 2 ? C2 : C3) * r
    to[at + n] = even + odd
    to[at + 7 - n] = even - odd
  }
}

/** What a mark is read from and written to: luma in 0–255, a block of 16 × 16 pixels at a time. */
export interface Surface {
  readonly width: number
  readonly height: number
  /** Luma of the block at (left, top), each 2 × 2 pixels added up and halved: 64 values. */
  lowPass(left: number, top: number, to: Float32Array): void
  /** Adds to the block at (left, top) what `changes` says for each 2 × 2 pixels: 64 values. */
  raise(left: number, top: number, changes: Float32Array): void
}

/** An RGB picture: luma is weighed from its channels, all of which change alike, so that colour stays. */
export function rgbSurface({ width, height, data }: Picture): Surface {
  const stride = width * 3
  const clamped = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length)
  return {
    width,
    height,
    lowPass(left, top, to) {
      for (let y = 0; y < HALF; y++) {
        let p = (top + 2 * y) * stride + left * 3
        for (let x = y * HALF; x < (y + 1) * HALF; x++) {
          const q = p + stride
          const red = data[p]! + data[p + 3]! + data[q]! + data[q + 3]!
          const green = data[p + 1]! + data[p + 4]! + data[q + 1]! + data[q + 4]!
          const blue = data[p + 2]! + data[p + 5]! + data[q + 2]! + data[q + 5]!
          to[x] = 0.1495 * red + 0.2935 * green + 0.057 * blue
          p += 6
        }
      }
    },
    raise(left, top, changes) {
      for (let y = 0; y < HALF; y++) {
        let p = (top + 2 * y) * stride + left * 3
        for (let x = y * HALF; x < (y + 1) * HALF; x++) {
          const delta = ((changes[x]! + 1024.5) | 0) - 1024
          for (let i = p; i < p + 6; i++) {
            clamped[i] = clamped[i]! + delta
            clamped[i + stride] = clamped[i + stride]! + delta
          }
          p += 6
        }
      }
    },
  }
}

/** The coefficients that carry the mark, block by block, into `layout.coefficients`. */
export function analyse(surface: Surface, { columns, rows, coefficients }: Layout): Float32Array {
  let out = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      surface.lowPass(column * BLOCK, row * BLOCK, low)
      for (let y = 0; y < HALF; y++) forward(low, y * HALF, half, y, HALF)
      for (let across = 0; across < 4; across++) forward(half, across * HALF, spectrum, across * 4, 1)
      for (let i = 0; i < COUNT; i++) coefficients[out++] = spectrum[PLACES[i]!]!
    }
  }
  return coefficients
}

/** Adds changes of coefficients (as laid out by `analyse`) to the picture, in place: luma changes, colour stays. */
export function synthesise(surface: Surface, { columns, rows }: Layout, changes: Float32Array): void {
  const columnsOut = new Float32Array(4 * HALF)
  const block = new Float32Array(HALF * HALF)
  spectrum.fill(0)
  let at = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let i = 0; i < COUNT; i++) spectrum[PLACES[i]!] = changes[at++]! * 0.5
      for (let across = 0; across < 4; across++) backward(spectrum, across * 4, 1, columnsOut, across * HALF)
      for (let y = 0; y < HALF; y++) backward(columnsOut, y, HALF, block, y * HALF)
      surface.raise(column * BLOCK, row * BLOCK, block)
    }
  }
}
