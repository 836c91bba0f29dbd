import { type Intent, intend } from '../../src/train/begin.ts'

export interface TinyTraining {
  readonly horizon?: number
  readonly adversarialWeight?: number
  readonly rate?: number
}

/** A run whose networks are small enough to train in milliseconds; averaging begins at step 4, the discriminator at step 8, swaps at step 11. */
export async function intendTiny(home: string, name: string, training: TinyTraining = {}): Promise<Intent> {
  const intent = await intend({ home, name, source: 'ann', target: 'bob', fromScratch: true, training: {} })
  if (!intent.isNew) return intent
  const settings = {
    ...intent.settings,
    generator: { sizePx: 32, encoder: [4, 6, 8, 8], code: 8, landmarks: 139, inner: 8, decoder: [8, 8, 6, 4], residuals: 1 },
    discriminator: { base: 4, depth: 2 },
    sizePx: 32,
    batch: 2,
    // Its recogniser is far larger than these networks.
    losses: { ...intent.settings.losses!, identity: 0 },
    training: {
      ...intent.settings.training,
      rate: 2e-3,
      horizon: 16,
      averageFrom: 0.25,
      adversarialFrom: 0.5,
      swapFrom: 0.65,
      ...training,
    },
  }
  return { ...intent, settings }
}
