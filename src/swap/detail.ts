import { get, kernels, put, room } from '../picture/kernels/index.ts'
import { blurRadius } from '../picture/plane.ts'
import { Lapse, remember } from './lapse.ts'

/** The finest band of a generator's picture, and the contrast that it is held against: sigmas in its pixels. */
const FINE_SIGMA = 1.5
const COARSE_SIGMA = 5
/** Least and most that detail is weakened (motion blur, defocus) or strengthened. */
const LEAST_GAIN = 0.25
const MOST_GAIN = 2.2
/** Seconds: a blurred frame is followed within two or three. */
const MEMORY_S = 0.08

/** A picture [s·times, s·times, 3] as one of s × s pixels sees it: the mean of each square. */
function averaged(rgb: Float32Array, sizePx: number, times: number): Float32Array {
  const out = new Float32Array(sizePx * sizePx * 3)
  const row = sizePx * times * 3
  for (let i = 0; i < rgb.length; i += 1) {
    const at = Math.floor(i / row / times) * sizePx + Math.floor((i % row) / (3 * times))
    out[at * 3 + (i % 3)]! += rgb[i]! / (times * times)
  }
  return out
}

/** Makes rendered faces as sharp as the footage shows the target's own, in focus or not, moving or still. */
export class DetailMatcher {
  readonly #lapse = new Lapse()
  #gain: Float32Array | undefined

  /**
   * `rendered` with its finest band strengthened or weakened: by `share` (0–1) of the way to the crispness of `target` where `weights` says to look,
   * and by `sharpen` (or what it says once it knows how much that was) more. Pictures [s, s, 3] in 0–1, but for `rendered`, whose side may be `times` as long (1 if not given).
   */
  match(
    rendered: Float32Array,
    target: Float32Array,
    weights: Float32Array,
    sizePx: number,
    { share, sharpen, times = 1 }: { share: number; sharpen: number | ((gain: number) => number); times?: number },
    timeS: number,
  ): Float32Array {
    if (share === 0 && sharpen === 0) return rendered
    const seen = times === 1 ? rendered : averaged(rendered, sizePx, times)
    const gain = share > 0 ? Math.exp(share * this.#follow(seen, target, weights, sizePx, timeS)) : 1
    const more = typeof sharpen === 'number' ? sharpen : sharpen(gain)
    const loops = kernels()
    const rgb = put(rendered)
    // Each colour by its own detail: lips and irises stand out by their colour more than by their light.
    const work = room(2 * weights.byteLength * times * times)
    loops.sharpen(rgb, sizePx * times, blurRadius(FINE_SIGMA * times), gain * (1 + more) - 1, work)
    return get(rgb, new Float32Array(rendered.length))
  }

  /** By how much, as a logarithm, the footage has been crisper than the rendering of late. */
  #follow(rendered: Float32Array, target: Float32Array, weights: Float32Array, sizePx: number, timeS: number): number {
    const { crispness } = kernels()
    const [wanted, has, where, work] = [put(target), put(rendered), put(weights), room(4 * weights.byteLength)]
    const crisp = (rgb: number) => crispness(rgb, where, sizePx, blurRadius(FINE_SIGMA), blurRadius(COARSE_SIGMA), work)
    // Energy of the finest band over the contrast of the features, so that pale and dark faces compare.
    const ratio = Math.sqrt(crisp(wanted) / Math.max(1e-6, crisp(has)))
    const now = Float32Array.of(Math.log(Math.max(LEAST_GAIN, Math.min(MOST_GAIN, ratio))))
    this.#gain = remember(this.#gain, now, this.#lapse.share(timeS, MEMORY_S))
    return this.#gain[0]!
  }
}
