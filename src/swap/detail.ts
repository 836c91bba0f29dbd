import { blurPlane } from '../picture/plane.ts'
import { Lapse, remember } from './lapse.ts'

/** The finest band of a generator's picture, and the contrast that it is held against: sigmas in its pixels. */
const FINE_SIGMA = 1.5
const COARSE_SIGMA = 5
/** Least and most that detail is weakened (motion blur, defocus) or strengthened. */
const LEAST_GAIN = 0.25
const MOST_GAIN = 2.2
/** Seconds: a blurred frame is followed within two or three. */
const MEMORY_S = 0.08

/** Luma (BT.709 weights) of interleaved RGB. */
export function lumaOf(rgb: Float32Array): Float32Array {
  const out = new Float32Array(rgb.length / 3)
  for (let i = 0, p = 0; i < out.length; i += 1, p += 3) out[i] = 0.2126 * rgb[p]! + 0.7152 * rgb[p + 1]! + 0.0722 * rgb[p + 2]!
  return out
}

/** The finest band of a luma plane [s, s]. */
function fineBand(luma: Float32Array, sizePx: number): Float32Array {
  const low = blurPlane({ width: sizePx, height: sizePx, data: luma }, FINE_SIGMA).data
  return luma.map((value, i) => value - low[i]!)
}

/** Energy of the finest band over the contrast of the features, so that pale and dark faces compare. */
function crispness(luma: Float32Array, band: Float32Array, weights: Float32Array, sizePx: number): number {
  const low = blurPlane({ width: sizePx, height: sizePx, data: luma }, COARSE_SIGMA).data
  let [fine, all] = [0, 1e-6]
  for (let i = 0; i < band.length; i += 1) {
    const w = weights[i]! * weights[i]!
    fine += w * band[i]! * band[i]!
    all += w * (luma[i]! - low[i]!) ** 2
  }
  return fine / all
}

/** Makes rendered faces as sharp as the footage shows the target's own, in focus or not, moving or still. */
export class DetailMatcher {
  readonly #lapse = new Lapse()
  #gain: Float32Array | undefined

  /**
   * `rendered` with its finest band strengthened or weakened: by `share` (0–1) of the way to the crispness of `target` where `weights` says to look,
   * and `sharpen` times more. Pictures [s, s, 3] in 0–1.
   */
  match(
    rendered: Float32Array,
    target: Float32Array,
    weights: Float32Array,
    sizePx: number,
    { share, sharpen }: { share: number; sharpen: number },
    timeS: number,
  ): Float32Array {
    if (share === 0 && sharpen === 0) return rendered
    const luma = lumaOf(rendered)
    const band = fineBand(luma, sizePx)
    let gain = 1
    if (share > 0) {
      const wanted = lumaOf(target)
      const ratio = Math.sqrt(
        crispness(wanted, fineBand(wanted, sizePx), weights, sizePx) / Math.max(1e-6, crispness(luma, band, weights, sizePx)),
      )
      const now = Float32Array.of(Math.log(Math.max(LEAST_GAIN, Math.min(MOST_GAIN, ratio))))
      this.#gain = remember(this.#gain, now, this.#lapse.share(timeS, MEMORY_S))
      gain = Math.exp(share * this.#gain[0]!)
    }
    const more = gain * (1 + sharpen) - 1
    // Each colour by its own detail: lips and irises stand out by their colour more than by their light.
    const out = rendered.slice()
    for (let channel = 0; channel < 3; channel += 1) {
      const own = fineBand(
        luma.map((_, i) => rendered[i * 3 + channel]!),
        sizePx,
      )
      for (let i = 0, p = channel; i < own.length; i += 1, p += 3) out[p]! += more * own[i]!
    }
    return out
  }
}
