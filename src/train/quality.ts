import { laplacianAt } from '../picture/laplacian.ts'
import { psnr } from '../picture/psnr.ts'

/** Likeness of rendered faces to real ones, inside the mask, means over faces. */
export interface Likeness {
  /** Structural similarity, 11 px Gaussian window (Wang et al. 2004), of the three channels; 1 is equal. */
  readonly ssim: number
  /** Mean absolute error, 0–1 scale. */
  readonly error: number
  /** Peak signal-to-noise ratio, dB: 10·log₁₀(1 ÷ mean squared error), the mean over the masks of all faces; at most 99. */
  readonly psnr: number
  /** How much fine detail there is, as a part of the real face's (mean absolute Laplacian). */
  readonly sharpness: number
}

const WINDOW = 11
const SIGMA = 1.5
const C1 = 0.01 ** 2
const C2 = 0.03 ** 2

function windowWeights(): number[] {
  const raw = Array.from({ length: WINDOW }, (_, i) => Math.exp(-((i - (WINDOW - 1) / 2) ** 2) / (2 * SIGMA ** 2)))
  const total = raw.reduce((a, b) => a + b, 0)
  return raw.map((value) => value / total)
}

const WEIGHTS = windowWeights()

/** Separable Gaussian blur of one plane, borders mirrored. */
function blur(plane: Float64Array, size: number): Float64Array {
  const half = (WINDOW - 1) / 2
  const mirror = (i: number) => (i < 0 ? -i - 1 : i >= size ? 2 * size - 1 - i : i)
  const rows = new Float64Array(plane.length)
  const out = new Float64Array(plane.length)
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      let sum = 0
      for (let k = 0; k < WINDOW; k += 1) sum += WEIGHTS[k]! * plane[y * size + mirror(x + k - half)]!
      rows[y * size + x] = sum
    }
  }
  for (let y = 0; y < size; y += 1) {
    for (let k = 0; k < WINDOW; k += 1) {
      const from = mirror(y + k - half) * size
      for (let x = 0; x < size; x += 1) out[y * size + x]! += WEIGHTS[k]! * rows[from + x]!
    }
  }
  return out
}

/** Sum over the mask of the structural similarity of two planes. */
function maskedSimilarity(a: Float64Array, b: Float64Array, mask: Float32Array, size: number): number {
  const product = (p: Float64Array, q: Float64Array) => p.map((value, i) => value * q[i]!)
  const [meanA, meanB] = [blur(a, size), blur(b, size)]
  const [aa, bb, ab] = [blur(product(a, a), size), blur(product(b, b), size), blur(product(a, b), size)]
  let sum = 0
  for (let i = 0; i < a.length; i += 1) {
    const ma = meanA[i]!
    const mb = meanB[i]!
    const top = (2 * ma * mb + C1) * (2 * (ab[i]! - ma * mb) + C2)
    const bottom = (ma * ma + mb * mb + C1) * (aa[i]! - ma * ma + bb[i]! - mb * mb + C2)
    sum += (mask[i]! * top) / bottom
  }
  return sum
}

/** Sum over the mask of the absolute Laplacian of a plane: its fine detail. */
function maskedDetail(plane: Float64Array, mask: Float32Array, size: number): number {
  let sum = 0
  for (let y = 1; y < size - 1; y += 1) {
    for (let x = 1; x < size - 1; x += 1) {
      const i = y * size + x
      sum += mask[i]! * Math.abs(laplacianAt(plane, i, size))
    }
  }
  return sum
}

/** Compares faces [n, s, s, 3] inside masks [n, s, s]; all in 0–1. */
export function likeness(made: Float32Array, real: Float32Array, masks: Float32Array, sizePx: number): Likeness {
  const pixels = sizePx * sizePx
  const count = masks.length / pixels
  let ssim = 0
  let error = 0
  let squares = 0
  const detail = { made: 0, real: 0 }
  for (let i = 0; i < count; i += 1) {
    const mask = masks.subarray(i * pixels, (i + 1) * pixels)
    const area =
      3 *
      Math.max(
        1e-6,
        mask.reduce((a, b) => a + b, 0),
      )
    for (let c = 0; c < 3; c += 1) {
      const a = new Float64Array(pixels)
      const b = new Float64Array(pixels)
      let off = 0
      let square = 0
      for (let p = 0; p < pixels; p += 1) {
        a[p] = made[(i * pixels + p) * 3 + c]!
        b[p] = real[(i * pixels + p) * 3 + c]!
        off += mask[p]! * Math.abs(a[p]! - b[p]!)
        square += mask[p]! * (a[p]! - b[p]!) ** 2
      }
      error += off / area
      squares += square / area
      ssim += maskedSimilarity(a, b, mask, sizePx) / area
      detail.made += maskedDetail(a, mask, sizePx)
      detail.real += maskedDetail(b, mask, sizePx)
    }
  }
  return {
    ssim: ssim / count,
    error: error / count,
    psnr: psnr((255 ** 2 * squares) / count),
    sharpness: detail.made / Math.max(1e-9, detail.real),
  }
}
