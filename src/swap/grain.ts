import { seedRandom } from '../models/random.ts'
import { Lapse, remember } from './lapse.ts'

/** Side of the tile of noise; frames show it from different corners. */
const TILE = 256
/** Seconds over which the noise level is averaged: a camera's gain changes slowly. */
const MEMORY_S = 0.2
/** Most noise that is taken for grain, 0–1: more is texture. */
const MOST_GRAIN = 0.06
/** Pixels across, and down, at which noise is measured. */
const LOOKED_AT = 64
/** Response of `noiseLevel`'s operator to white noise of deviation 1, and the lower quartile of a normal distribution's absolute value. */
const RESPONSE = 6
const QUARTILE = 0.3186

/** Luma (BT.709 weights) of interleaved RGB, times `scale`. */
export function lumaOf(rgb: ArrayLike<number>, scale = 1): Float32Array {
  const out = new Float32Array(rgb.length / 3)
  for (let i = 0, p = 0; i < out.length; i += 1, p += 3) out[i] = scale * (0.2126 * rgb[p]! + 0.7152 * rgb[p + 1]! + 0.0722 * rgb[p + 2]!)
  return out
}

/**
 * Deviation of the noise in a luma plane [s, s] where `weights` is above a half: the operator of Immerkær (1996), which sees neither edges nor ramps, and the
 * lower quartile of its response, which hardly heeds features. Looks at some thousand pixels, evenly over the plane.
 */
export function noiseLevel(luma: Float32Array, weights: (x: number, y: number) => number, sizePx: number): number {
  const step = Math.max(1, Math.floor(sizePx / LOOKED_AT))
  const responses = new Float32Array(sizePx * sizePx)
  let count = 0
  for (let y = 1; y < sizePx - 1; y += step) {
    for (let x = 1; x < sizePx - 1; x += step) {
      if (weights(x, y) < 0.5) continue
      const i = y * sizePx + x
      const [up, down] = [i - sizePx, i + sizePx]
      const corners = luma[up - 1]! + luma[up + 1]! + luma[down - 1]! + luma[down + 1]!
      const sides = luma[up]! + luma[down]! + luma[i - 1]! + luma[i + 1]!
      responses[count] = Math.abs(corners - 2 * sides + 4 * luma[i]!)
      count += 1
    }
  }
  if (count < 32) return 0
  const sorted = responses.subarray(0, count).sort()
  return sorted[count >> 2]! / (QUARTILE * RESPONSE)
}

/** Noise of deviation about 1, its samples `wide` pixels apart so that it is as coarse as the footage's when the patch is finer than that. */
function makeTile(wide: number): Float32Array {
  const random = seedRandom(3)
  const data = new Float32Array(TILE * TILE)
  const coarse = Math.max(1, Math.round(TILE / wide))
  const grid = Float32Array.from({ length: coarse * coarse }, () => random.normal())
  const step = coarse / TILE
  for (let y = 0; y < TILE; y += 1) {
    const v = y * step
    const [top, fy] = [Math.floor(v), v - Math.floor(v)]
    for (let x = 0; x < TILE; x += 1) {
      const u = x * step
      const [left, fx] = [Math.floor(u), u - Math.floor(u)]
      const at = (i: number, j: number) => grid[((top + j) % coarse) * coarse + ((left + i) % coarse)]!
      data[y * TILE + x] = (at(0, 0) * (1 - fx) + at(1, 0) * fx) * (1 - fy) + (at(0, 1) * (1 - fx) + at(1, 1) * fx) * fy
    }
  }
  return data
}

/** Lays the footage's own grain over rendered faces. */
export class GrainMatcher {
  readonly #lapse = new Lapse()
  #level: Float32Array | undefined
  #last: Float32Array | undefined
  #tile: { readonly wide: number; readonly data: Float32Array; readonly level: number } | undefined

  /**
   * Adds noise to the luma of `rgb` [s, s, 3], in place, as much as `footage` has more than `rendered` (lumas [s, s] of the same place; undefined: as last time); `wide`: pixels of the
   * patch to one of the frame. Which noise follows from `timeS` alone.
   */
  add(
    rgb: Float32Array,
    seen: { readonly footage: Float32Array; readonly rendered: Float32Array } | undefined,
    weights: (x: number, y: number) => number,
    sizePx: number,
    wide: number,
    amount: number,
    timeS: number,
  ): void {
    if (seen !== undefined) this.#measure(seen.footage, seen.rendered, weights, sizePx, timeS)
    if (this.#level === undefined) return
    if (this.#tile === undefined || Math.abs(this.#tile.wide / wide - 1) > 0.15) {
      const data = makeTile(Math.max(1, wide))
      this.#tile = { wide, data, level: noiseLevel(data, () => 1, TILE) }
    }
    const { data, level } = this.#tile
    const gain = (amount * this.#level[0]!) / level
    if (gain < 1e-4) return
    const random = seedRandom(Math.round(timeS * 10_000) & 0x7fffffff)
    const [dx, dy] = [random.below(TILE), random.below(TILE)]
    for (let y = 0, p = 0; y < sizePx; y += 1) {
      const row = ((y + dy) % TILE) * TILE
      for (let x = 0; x < sizePx; x += 1, p += 3) {
        const by = gain * data[row + ((x + dx) % TILE)]!
        rgb[p]! += by
        rgb[p + 1]! += by
        rgb[p + 2]! += by
      }
    }
  }

  #measure(footage: Float32Array, rendered: Float32Array, weights: (x: number, y: number) => number, sizePx: number, timeS: number): void {
    const has = noiseLevel(rendered, weights, sizePx)
    const wanted = Math.min(MOST_GRAIN, noiseLevel(footage, weights, sizePx), this.#flicker(footage, weights, sizePx))
    const missing = Math.sqrt(Math.max(0, wanted * wanted - has * has))
    this.#level = remember(this.#level, Float32Array.of(missing), this.#lapse.share(timeS, MEMORY_S))
  }

  /** Noise that is new in each frame: skin's texture and what a codec holds still are no grain. */
  #flicker(footage: Float32Array, weights: (x: number, y: number) => number, sizePx: number): number {
    const last = this.#last
    this.#last = footage
    if (last?.length !== footage.length) return Number.POSITIVE_INFINITY
    return (
      noiseLevel(
        footage.map((value, i) => value - last[i]!),
        weights,
        sizePx,
      ) / Math.SQRT2
    )
  }
}
