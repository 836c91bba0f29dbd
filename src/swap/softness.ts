import { enlargeSquare } from '../picture/enlarge.ts'
import { laplacianAt } from '../picture/laplacian.ts'
import type { Picture } from '../picture/picture.ts'
import { lumaOf, noiseLevel } from './grain.ts'
import { Lapse, remember } from './lapse.ts'

/** Most that a face is sharpened where nobody says how much: about what a generator draws too softly after a few minutes of training. */
export const MOST_SHARPENED = 0.4
/** Seconds from one look to the next, and over which what is seen is averaged: what is faster (a smear) is for `DetailMatcher`. */
const EVERY_S = 0.1
const MEMORY_S = 0.2
/** Variance that the Laplacian makes of white noise of deviation 1. */
const OF_NOISE = 20

/** Mean square of the Laplacian (four neighbours) of a plane [s, s], where and as far as `weights` [s / 2, s / 2], 0–1, says; undefined where that is nowhere. */
function laplacianEnergy(luma: Float32Array, sizePx: number, weights: Float32Array): number | undefined {
  let [sum, all] = [0, 0]
  const half = sizePx >> 1
  for (let y = 1; y < sizePx - 1; y += 1) {
    for (let x = 1, i = y * sizePx + 1; x < sizePx - 1; x += 1, i += 1) {
      const weight = weights[(y >> 1) * half + (x >> 1)]!
      const value = laplacianAt(luma, i, sizePx)
      sum += weight * value * value
      all += weight
    }
  }
  return all < 1 ? undefined : sum / all
}

/** Tells how much sharper a face is to be made to be as sharp as the footage's own. */
export class SoftnessMatcher {
  readonly #lapse = new Lapse()
  #softer: Float32Array | undefined
  #lookedS = Number.NaN

  /**
   * How many times as strong the footage's finest detail has been of late as that of a joined face `rgb` [s, s, 3], 0–1; 1 where nothing of it shows. `footage`: the same cut,
   * twice as large, at which the two are compared by the variance of the Laplacian (its noise left out); `weights` [s, s]: where to look.
   */
  next(rgb: Float32Array, footage: Picture, weights: Float32Array, sizePx: number, timeS: number): number {
    const sinceS = timeS - this.#lookedS
    if (!(sinceS >= 0 && sinceS < EVERY_S)) this.#look(rgb, footage, weights, sizePx, timeS)
    return this.#softer?.[0] ?? 1
  }

  #look(rgb: Float32Array, footage: Picture, weights: Float32Array, sizePx: number, timeS: number): void {
    const luma = lumaOf(footage.data, 1 / 255)
    const [seen, drawn] = [luma, enlargeSquare(lumaOf(rgb), sizePx, 1, 2)].map((plane) => laplacianEnergy(plane, 2 * sizePx, weights))
    if (seen === undefined || drawn === undefined) return
    const noise = noiseLevel(luma, (x, y) => weights[(y >> 1) * sizePx + (x >> 1)]!, 2 * sizePx)
    const wanted = Math.max(0, seen - OF_NOISE * noise * noise)
    this.#lookedS = timeS
    this.#softer = remember(this.#softer, Float32Array.of(Math.sqrt(wanted / Math.max(drawn, 1e-9))), this.#lapse.share(timeS, MEMORY_S))
  }
}

/** By how much more a face is to be sharpened that was made `gain` times as sharp already and is `softer` times softer than the footage. */
export function sharpenedBy(softer: number, gain: number): number {
  return Math.max(0, Math.min(MOST_SHARPENED, softer / gain - 1))
}
