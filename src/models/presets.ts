import { LOSSES, type LossWeights } from './losses.ts'
import type { Optimizer } from './optimizer.ts'
import type { NetworkShapes } from './state.ts'

/** A size of network with settings that suit it. */
export interface Preset extends NetworkShapes {
  /** Faces of each person in a step. */
  readonly batch: number
  readonly training: {
    readonly rate: number
    readonly horizon: number
    readonly adversarialWeight: number
    readonly adversarialFrom: number
    readonly adversarialRate: number
    readonly swapFrom: number
    readonly averageFrom: number
    readonly augmentation: number
    readonly optimizer: Optimizer
    readonly rateShare: number
    readonly light: number
    readonly compression: number
    readonly occluders: number
    readonly evenness: number
  }
}

export const PRESET_NAMES = ['quick', 'standard', 'hq'] as const
export type PresetName = (typeof PRESET_NAMES)[number]

/**
 * What the presets' discriminators have in common: they judge fine detail alone, and say it loudly (docs/training.md has the trials). Swaps are not theirs to judge: nothing else says what a swap
 * should look like, and in a long run it came apart by what pleased them.
 */
const JUDGE = { base: 16, spectral: true, gain: 8, fine: 16 } as const

/** quick: minutes on two cores; standard: a GPU's hour or a night on cores; hq: a GPU's day. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  quick: {
    generator: { sizePx: 64, encoder: [48, 96, 192, 384], code: 64, landmarks: 139, inner: 192, decoder: [192, 96, 48, 24], residuals: 2 },
    discriminator: { ...JUDGE, depth: 3, code: 64 },
    batch: 4,
    training: {
      rate: 4e-4,
      horizon: 2000,
      adversarialWeight: 1,
      adversarialFrom: 0.6,
      adversarialRate: 2.5,
      swapFrom: 1,
      averageFrom: 0.5,
      augmentation: 0.15,
      optimizer: 'adam',
      rateShare: 1,
      light: 0.3,
      compression: 0.1,
      occluders: 0.1,
      evenness: 0.5,
    },
  },
  standard: {
    generator: {
      sizePx: 128,
      encoder: [64, 128, 256, 512],
      code: 128,
      landmarks: 139,
      inner: 256,
      decoder: [256, 128, 64, 32],
      residuals: 3,
    },
    discriminator: { ...JUDGE, depth: 4, code: 128 },
    batch: 8,
    training: {
      rate: 2e-4,
      horizon: 30_000,
      adversarialWeight: 1,
      adversarialFrom: 0.6,
      adversarialRate: 2.5,
      swapFrom: 1,
      averageFrom: 0.3,
      augmentation: 0.3,
      optimizer: 'adam',
      rateShare: 1,
      light: 0.5,
      compression: 0.2,
      occluders: 0.2,
      evenness: 0.5,
    },
  },
  hq: {
    generator: {
      sizePx: 224,
      encoder: [80, 160, 320, 640],
      code: 256,
      landmarks: 139,
      inner: 320,
      decoder: [320, 160, 80, 40],
      residuals: 4,
    },
    discriminator: { ...JUDGE, depth: 4, code: 256 },
    batch: 6,
    training: {
      rate: 1e-4,
      horizon: 100_000,
      adversarialWeight: 1,
      adversarialFrom: 0.6,
      adversarialRate: 2.5,
      swapFrom: 1,
      averageFrom: 0.3,
      augmentation: 0.3,
      optimizer: 'adabelief',
      rateShare: 1,
      light: 0.5,
      compression: 0.2,
      occluders: 0.2,
      evenness: 0.5,
    },
  },
}

export const STYLE_NAMES = ['balanced', 'likeness', 'expression', 'detail'] as const
export type StyleName = (typeof STYLE_NAMES)[number]

/** What a double is to be best at. */
interface Style {
  readonly losses: LossWeights
  /** When swaps begin to be judged, as a share of the training, where that is not left to the preset. */
  readonly swapFrom?: number
}

export const STYLES: Readonly<Record<StyleName, Style>> = {
  /** The middle way. Swaps are not judged: on the sample pair that cost more than it gave (docs/training.md). */
  balanced: { losses: LOSSES },
  /** The source's identity before the target's expression, by the recogniser that training may ask. */
  likeness: { losses: { ...LOSSES, follow: 0.5, code: 3 * LOSSES.code }, swapFrom: 0.5 },
  /** Speech and expression before likeness: for dubs. */
  expression: { losses: { ...LOSSES, accents: 2 * LOSSES.accents, follow: 2, identity: 0 }, swapFrom: 0.5 },
  /** Sharpness before steadiness: sharper than the footage, for what is softened again later (docs/training.md). */
  detail: { losses: { ...LOSSES, features: 10 * LOSSES.features } },
}
