import type { Plane } from '../picture/plane.ts'

/** Coarsest band's side, px: wider blending than this would pull the footage's features into the face. */
const COARSEST_PX = 12
const MOST_LEVELS = 5
/** Rise of what is drawn from the rim of the patch inwards, a side's length: no box may show. */
const FADE = 20

/** How the samples of a square lie along one axis. */
interface Axis {
  /** Samples along it, of the larger square. */
  readonly length: number
  readonly lines: number
  /** From one sample, and one line, to the next: in what is read and what is written. */
  readonly step: number
  readonly lineStep: number
  readonly toStep: number
  readonly toLineStep: number
}

/** Every second sample after Burt and Adelson's kernel 1-4-6-4-1; edges are extended. */
function halve(from: Float32Array, to: Float32Array, axis: Axis): void {
  const { length, lines, step, lineStep, toStep, toLineStep } = axis
  const last = (length - 1) * step
  for (let i = 0; i < length; i += 2) {
    const c = i * step
    const [a, b, d, e] = [Math.max(0, c - 2 * step), Math.max(0, c - step), Math.min(last, c + step), Math.min(last, c + 2 * step)]
    for (let line = 0, at = 0, out = (i >> 1) * toStep; line < lines; line += 1, at += lineStep, out += toLineStep) {
      to[out] = (from[at + a]! + from[at + e]! + 4 * (from[at + b]! + from[at + d]!) + 6 * from[at + c]!) / 16
    }
  }
}

/** The way back: each sample from its neighbours, weighted 1-6-1 and 4-4. */
function double(from: Float32Array, to: Float32Array, axis: Axis): void {
  const { length, lines, step, lineStep, toStep, toLineStep } = axis
  const last = (Math.ceil(length / 2) - 1) * step
  for (let i = 0; i < length; i += 1) {
    const b = (i >> 1) * step
    const [a, c] = [Math.max(0, b - step), Math.min(last, b + step)]
    const [wa, wb, wc] = i % 2 === 0 ? [0.125, 0.75, 0.125] : [0, 0.5, 0.5]
    for (let line = 0, at = 0, out = i * toStep; line < lines; line += 1, at += lineStep, out += toLineStep) {
      to[out] = wa * from[at + a]! + wb * from[at + b]! + wc * from[at + c]!
    }
  }
}

/** One plane [s, s] at half its side. */
function reduce(data: Float32Array, sizePx: number): Float32Array {
  const half = Math.ceil(sizePx / 2)
  const across = new Float32Array(half * sizePx)
  halve(data, across, { length: sizePx, lines: sizePx, step: 1, lineStep: sizePx, toStep: 1, toLineStep: half })
  const out = new Float32Array(half * half)
  halve(across, out, { length: sizePx, lines: half, step: half, lineStep: 1, toStep: half, toLineStep: 1 })
  return out
}

/** One plane at the side `sizePx` that it had before `reduce`. */
function expand(data: Float32Array, sizePx: number): Float32Array {
  const half = Math.ceil(sizePx / 2)
  const across = new Float32Array(half * sizePx)
  double(data, across, { length: sizePx, lines: half, step: 1, lineStep: half, toStep: 1, toLineStep: sizePx })
  const out = new Float32Array(sizePx * sizePx)
  double(across, out, { length: sizePx, lines: sizePx, step: sizePx, lineStep: 1, toStep: sizePx, toLineStep: 1 })
  return out
}

/** A face blended in bands, and where that differs from the footage. */
export interface Blended {
  readonly rgb: Float32Array
  readonly mask: Plane
}

/**
 * Blends `face` into `footage` (both [s, s, 3] in 0–1) where `mask` [s, s] is 1, each band of the Laplacian pyramid over a border as wide as its own
 * wavelength (Burt & Adelson 1983). As the footage is the same in all bands, only the difference of the two is taken apart.
 */
export function blendPyramid(face: Float32Array, footage: Float32Array, mask: Float32Array, sizePx: number): Blended {
  const shares: Float32Array[] = [mask]
  const sizes = [sizePx]
  while (sizes.at(-1)! > COARSEST_PX && shares.length <= MOST_LEVELS) {
    shares.push(reduce(shares.at(-1)!, sizes.at(-1)!))
    sizes.push(Math.ceil(sizes.at(-1)! / 2))
  }
  const rgb = footage.slice()
  for (let channel = 0; channel < 3; channel += 1) {
    const difference = mask.map((_, i) => face[i * 3 + channel]! - footage[i * 3 + channel]!)
    const blended = blendBands(difference, shares, sizes)
    for (let i = 0, p = channel; i < blended.length; i += 1, p += 3) rgb[p]! += blended[i]!
  }
  let wide = shares.at(-1)!
  for (const size of sizes.slice(0, -1).reverse()) wide = expand(wide, size)
  // Drawn whole wherever a coarse band still shows, fading where next to nothing of it is left.
  const last = sizePx - 1
  const fade = (i: number) =>
    (FADE * Math.min(i % sizePx, last - (i % sizePx), Math.floor(i / sizePx), last - Math.floor(i / sizePx))) / sizePx
  const data = wide.map((value, i) => Math.max(mask[i]!, Math.min(1, 8 * value, fade(i))))
  return { rgb, mask: { width: sizePx, height: sizePx, data } }
}

/** One channel's difference [s, s], each of its bands weighted by the mask at the band's own size. */
function blendBands(difference: Float32Array, shares: readonly Float32Array[], sizes: readonly number[]): Float32Array {
  const [share, size] = [shares[0]!, sizes[0]!]
  if (shares.length === 1) return difference.map((value, i) => value * share[i]!)
  const low = reduce(difference, size)
  const back = expand(low, size)
  const out = expand(blendBands(low, shares.slice(1), sizes.slice(1)), size)
  for (let i = 0; i < out.length; i += 1) out[i]! += (difference[i]! - back[i]!) * share[i]!
  return out
}
