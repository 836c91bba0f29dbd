import { get, kernels, put } from '../picture/kernels/index.ts'
import { labTables } from '../picture/lab.ts'
import { Lapse, remember } from './lapse.ts'
import { type Moments, momentsAt, type Stretch, stretchMatrix, turnAt } from './moments.ts'
import { Transport } from './transport.ts'

/**
 * Colour transfers by the names that users of DeepFaceLab know: `rct`: means and spreads in L*a*b* (Reinhard et al. 2001); `lct`: means and covariances in
 * RGB; `mkl`: the same by the map that moves colours least; `idt`, `sot`: whole distributions; `none`: as the generator renders it.
 */
export const COLOUR_TRANSFERS = ['rct', 'lct', 'mkl', 'idt', 'sot', 'none'] as const
export type ColourTransfer = (typeof COLOUR_TRANSFERS)[number]

/** How far a spread may be stretched: more would turn the generator's softness into noise. */
const MOST_STRETCH = 1.5
/** Seconds over which the statistics are averaged, so that the colour does not flicker. */
const MEMORY_S = 0.2

/** Averages moments over time. */
class MomentsMemory {
  #mean: Float32Array | undefined
  #covariance: Float32Array | undefined

  next(now: Moments, share: number): Moments {
    this.#mean = remember(this.#mean, now.mean, share)
    this.#covariance = remember(this.#covariance, now.covariance, share)
    return { mean: this.#mean, covariance: this.#covariance }
  }
}

/** Gives rendered faces the colours of the footage, steadily: the statistics of one person's face are averaged over the last moments. */
export class ColourMatcher {
  readonly #kind: ColourTransfer
  readonly #transport: Transport | undefined
  readonly #lapse = new Lapse()
  readonly #from = new MomentsMemory()
  readonly #to = new MomentsMemory()

  constructor(kind: ColourTransfer) {
    this.#kind = kind
    this.#transport = kind === 'idt' || kind === 'sot' ? new Transport(kind) : undefined
  }

  /** Returns `rendered` in the colours of `target` (both interleaved sRGB 0–1) where `weights` (0–1 a pixel) says to look. */
  match(rendered: Float32Array, target: Float32Array, weights: Float32Array, timeS: number): Float32Array {
    const kind = this.#kind
    switch (kind) {
      case 'none':
        return rendered
      case 'idt':
      case 'sot':
        return this.#transport!.match(rendered, target, weights, timeS, MEMORY_S)
      case 'rct':
      case 'lct':
      case 'mkl':
        return this.#stretch(kind, rendered, target, weights, timeS)
      default:
        return kind satisfies never
    }
  }

  /** All in the kernels' memory: only what comes of it is a new array. */
  #stretch(kind: Stretch, rendered: Float32Array, target: Float32Array, weights: Float32Array, timeS: number): Float32Array {
    const loops = kernels()
    const count = weights.length
    const [ours, theirs, where] = [put(rendered), put(target), put(weights)]
    const tables = kind === 'rct' ? labTables() : undefined
    if (tables !== undefined) for (const rgb of [ours, theirs]) loops.toLab(rgb, count, tables.linear)
    const [seen, wanted] = [momentsAt(loops, ours, where, count), momentsAt(loops, theirs, where, count)]
    if (seen !== undefined && wanted !== undefined) {
      const share = this.#lapse.share(timeS, MEMORY_S)
      const [from, to] = [this.#from.next(seen, share), this.#to.next(wanted, share)]
      turnAt(loops, ours, count, stretchMatrix(kind, from, to, MOST_STRETCH), from.mean, to.mean)
    }
    if (tables !== undefined) loops.fromLab(ours, count, tables.gamma)
    return get(ours, new Float32Array(rendered.length))
  }
}
