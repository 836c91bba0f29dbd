import { labToRgb, rgbToLab } from '../picture/lab.ts'

/** `rct`: means and spreads in L*a*b* (Reinhard et al. 2001); `lct`: means and covariances in RGB; `none`: as the generator renders it. */
export const COLOUR_TRANSFERS = ['rct', 'lct', 'none'] as const
export type ColourTransfer = (typeof COLOUR_TRANSFERS)[number]

/** How far a spread may be stretched: more would turn the generator's softness into noise. */
const MOST_STRETCH = 1.5
/** Seconds over which the statistics are averaged, so that the colour does not flicker. */
const MEMORY_S = 0.4

interface Moments {
  readonly mean: Float64Array
  /** Covariance, row-major 3 × 3. */
  readonly covariance: Float64Array
}

/** Weighted means and covariances of interleaved triples. */
function moments(data: Float32Array, weights: Float32Array): Moments | undefined {
  const mean = new Float64Array(3)
  const covariance = new Float64Array(9)
  let total = 0
  for (let i = 0, p = 0; i < weights.length; i += 1, p += 3) {
    const w = weights[i]!
    total += w
    for (let k = 0; k < 3; k += 1) mean[k]! += w * data[p + k]!
  }
  if (total < 1) return undefined
  for (let k = 0; k < 3; k += 1) mean[k]! /= total
  for (let i = 0, p = 0; i < weights.length; i += 1, p += 3) {
    const w = weights[i]! / total
    for (let k = 0; k < 3; k += 1)
      for (let l = 0; l <= k; l += 1) covariance[k * 3 + l]! += w * (data[p + k]! - mean[k]!) * (data[p + l]! - mean[l]!)
  }
  for (let k = 0; k < 3; k += 1) for (let l = k + 1; l < 3; l += 1) covariance[k * 3 + l] = covariance[l * 3 + k]!
  return { mean, covariance }
}

/** Lower triangle L with L·Lᵀ = the covariance, its diagonal kept off zero. */
function cholesky(covariance: Float64Array): Float64Array {
  const lower = new Float64Array(9)
  for (let row = 0; row < 3; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = covariance[row * 3 + column]!
      for (let k = 0; k < column; k += 1) sum -= lower[row * 3 + k]! * lower[column * 3 + k]!
      lower[row * 3 + column] = row === column ? Math.sqrt(Math.max(sum, 1e-8)) : sum / lower[column * 3 + column]!
    }
  }
  return lower
}

/** The matrix that carries one covariance to the other: diagonal for rct, L₂·L₁⁻¹ for lct. */
function stretch(kind: 'rct' | 'lct', from: Moments, to: Moments): Float64Array {
  const matrix = new Float64Array(9)
  const limit = (value: number) => Math.max(1 / MOST_STRETCH, Math.min(MOST_STRETCH, value))
  if (kind === 'rct') {
    for (let k = 0; k < 3; k += 1) matrix[k * 4] = limit(Math.sqrt(to.covariance[k * 4]! / Math.max(from.covariance[k * 4]!, 1e-8)))
    return matrix
  }
  const a = cholesky(from.covariance)
  const b = cholesky(to.covariance)
  for (let column = 0; column < 3; column += 1) {
    const inverse = new Float64Array(3)
    for (let row = column; row < 3; row += 1) {
      let sum = row === column ? 1 : 0
      for (let k = column; k < row; k += 1) sum -= a[row * 3 + k]! * inverse[k]!
      inverse[row] = sum / a[row * 3 + row]!
    }
    for (let row = 0; row < 3; row += 1) for (let k = 0; k <= row; k += 1) matrix[row * 3 + column]! += b[row * 3 + k]! * inverse[k]!
  }
  for (let k = 0; k < 3; k += 1) matrix[k * 4] = limit(matrix[k * 4]!)
  return matrix
}

function blend(old: Moments | undefined, now: Moments, share: number): Moments {
  if (old === undefined) return now
  const mix = (a: Float64Array, b: Float64Array) => a.map((value, i) => value + share * (b[i]! - value))
  return { mean: mix(old.mean, now.mean), covariance: mix(old.covariance, now.covariance) }
}

/** Gives rendered faces the colours of the footage, steadily: the statistics of one person's face are averaged over the last moments. */
export class ColourMatcher {
  readonly #kind: ColourTransfer
  #from: Moments | undefined
  #to: Moments | undefined
  #lastS = 0

  constructor(kind: ColourTransfer) {
    this.#kind = kind
  }

  /** Returns `rendered` in the colours of `target` (both interleaved sRGB 0–1) where `weights` (0–1 a pixel) says to look. */
  match(rendered: Float32Array, target: Float32Array, weights: Float32Array, timeS: number): Float32Array {
    if (this.#kind === 'none') return rendered
    const inLab = this.#kind === 'rct'
    const source = inLab ? rgbToLab(rendered) : rendered
    const [from, to] = [moments(source, weights), moments(inLab ? rgbToLab(target) : target, weights)]
    if (from === undefined || to === undefined) return rendered
    const share = 1 - Math.exp(-Math.max(0.001, timeS - this.#lastS) / MEMORY_S)
    this.#lastS = timeS
    this.#from = blend(this.#from, from, share)
    this.#to = blend(this.#to, to, share)
    const m = stretch(this.#kind, this.#from, this.#to)
    const [fromMean, toMean] = [this.#from.mean, this.#to.mean]
    const out = new Float32Array(source.length)
    for (let p = 0; p < source.length; p += 3) {
      const x = source[p]! - fromMean[0]!
      const y = source[p + 1]! - fromMean[1]!
      const z = source[p + 2]! - fromMean[2]!
      for (let k = 0; k < 3; k += 1) out[p + k] = toMean[k]! + m[k * 3]! * x + m[k * 3 + 1]! * y + m[k * 3 + 2]! * z
    }
    return inLab ? labToRgb(out) : out
  }
}
