import { enlargeSquare } from '../picture/enlarge.ts'
import type { Picture } from '../picture/picture.ts'
import { lumaOf } from './grain.ts'
import { Lapse, remember } from './lapse.ts'

/** Most that a face is sharpened where nobody says how much: about what a generator draws too softly after a few minutes of training. */
export const MOST_SHARPENED = 0.4
/** Seconds over which it is averaged: what is faster (a smear) is for `DetailMatcher`. */
const MEMORY_S = 0.2

/** Mean square of the Laplacian (four neighbours) of a plane [s, s], where and as far as `weights` [s / 2, s / 2], 0–1, says. */
function laplacianEnergy(luma: Float32Array, sizePx: number, weights: Float32Array): number {
  let [sum, all] = [1e-9, 1e-9]
  const half = sizePx >> 1
  for (let y = 1; y < sizePx - 1; y += 1) {
    for (let x = 1, i = y * sizePx + 1; x < sizePx - 1; x += 1, i += 1) {
      const weight = weights[(y >> 1) * half + (x >> 1)]!
      const value = 4 * luma[i]! - luma[i - 1]! - luma[i + 1]! - luma[i - sizePx]! - luma[i + sizePx]!
      sum += weight * value * value
      all += weight
    }
  }
  return sum / all
}

/** Tells how much sharper a face is to be made to be as sharp as the footage's own. */
export class SoftnessMatcher {
  readonly #lapse = new Lapse()
  #times: Float32Array | undefined

  /**
   * How much the finest detail of a joined face `rgb` [s, s, 3], 0–1, is to be strengthened: 0 where it is as sharp as the footage has been of late, MOST_SHARPENED at
   * most. `footage`: the same cut, twice as large, at which the two are compared (variance of the Laplacian, as `dfk score` does); `weights` [s, s]: where to look.
   */
  next(rgb: Float32Array, footage: Picture, weights: Float32Array, sizePx: number, timeS: number): number {
    const drawn = laplacianEnergy(enlargeSquare(lumaOf(rgb), sizePx, 1, 2), 2 * sizePx, weights)
    const wanted = laplacianEnergy(lumaOf(footage.data, 1 / 255), 2 * sizePx, weights)
    const now = Float32Array.of(Math.max(0, Math.min(MOST_SHARPENED, Math.sqrt(wanted / drawn) - 1)))
    this.#times = remember(this.#times, now, this.#lapse.share(timeS, MEMORY_S))
    return this.#times[0]!
  }
}
