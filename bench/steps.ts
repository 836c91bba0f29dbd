import { LOSSES } from '../src/models/losses.ts'
import { adamRate } from '../src/models/optimizer.ts'
import { PRESETS, type PresetName } from '../src/models/presets.ts'
import { initialState, type StepDesign, stepSignature, trainStep } from '../src/models/step.ts'
import type { HostTensors, Precision, ProgramFn, Signature } from '../src/tensor/index.ts'
import { FIRST_LOSS_SCALE } from '../src/train/lossScale.ts'
import { autoencoderSignature, autoencoderState, autoencoderStep, BATCH } from './autoencoder.ts'
import type { PeerRequest } from './peer.ts'
import { randomFrom, sizeOf } from './sampling.ts'

/** A training step to measure, ours and the peer's. */
export interface Step {
  readonly about: string
  /** With discriminator and running average. */
  readonly gan: boolean
  readonly program: ProgramFn
  readonly signature: Signature
  /** Makes the first state anew: the program copies it, and what is measured must not hold it twice. */
  readonly state: () => HostTensors
  readonly scalars: Readonly<Record<string, number>>
  readonly parameters: number
  readonly peer: Pick<PeerRequest, 'script' | 'settings'>
  /** Steps a round: of a call that takes many, and one by one. */
  readonly steps: { readonly together: number; readonly single: number }
}

/** Weights that are learned: all state but Adam's moments and running averages. */
function countParameters({ state }: Signature, isWeight: (name: string) => boolean): number {
  return Object.entries(state ?? {}).reduce((sum, [name, { shape }]) => sum + (isWeight(name) ? sizeOf(shape) : 0), 0)
}

/** The network that DESIGN.md measures, which is none of dfk's own. */
export function autoencoder(): Step {
  return {
    about: `autoencoder, 64 px, batch ${BATCH}`,
    gan: false,
    program: autoencoderStep,
    signature: autoencoderSignature,
    state: () => autoencoderState(randomFrom(1)),
    scalars: { rate: 1e-4 },
    parameters: countParameters(autoencoderSignature, (name) => !name.includes('/')),
    peer: { script: 'train_step.py', settings: {} },
    steps: { together: 16, single: 8 },
  }
}

/** The step that `dfk train` takes with a preset, but for what the peer does not have: spectral norms, feature matching, the code's discriminator, and judging swaps and fine detail; `gan`: as in the last part of a run, with the discriminator and the running average. */
export function presetStep(preset: PresetName, gan: boolean, precision: Precision = 'float32'): Step {
  const { generator, batch, discriminator: full } = PRESETS[preset]
  const discriminator = { base: full.base, depth: full.depth }
  const shapes: StepDesign = { generator, discriminator, losses: { ...LOSSES, features: 0, code: 0 } }
  const half = precision === 'float16'
  const parts = { average: gan, adversarial: gan, scaled: half }
  const signature = stepSignature(shapes, batch, parts)
  const rate = adamRate(1e-4, 1000)
  return {
    about: `${preset}, ${generator.sizePx} px, batch ${batch}${gan ? ', with discriminator and average' : ''}${half ? ', float16' : ''}`,
    gan,
    program: trainStep(shapes, parts),
    signature,
    state: () => {
      const all = initialState(shapes, 1)
      return Object.fromEntries(Object.keys(signature.state!).map((name) => [name, all[name]!]))
    },
    scalars: { generatorRate: rate, discriminatorRate: rate, adversarialWeight: 0.1, averageKeep: 0.99, lossScale: FIRST_LOSS_SCALE.value },
    parameters: countParameters(signature, (name) => name.startsWith('weights/') || name.startsWith('d.weights/')),
    peer: { script: 'generator.py', settings: { mode: 'train', batch, generator, discriminator, gan, half } },
    steps: preset === 'quick' ? { together: 8, single: 4 } : { together: 2, single: 2 },
  }
}
