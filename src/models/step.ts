import { type ProgramFn, type Signature, type TensorMap, tf } from '../tensor/index.ts'
import { spectralNorms } from './discriminator.ts'
import { PEOPLE } from './generator.ts'
import { type Judgement, judgementLoss } from './judge.ts'
import type { Parameters } from './layers.ts'
import { LOSSES, type LossWeights } from './losses.ts'
import { generatorLosses, type Losses } from './objective.ts'
import { type AdamState, adamStep, averageStep, type Optimizer, unscale } from './optimizer.ts'
import { type NetworkShapes, pick, put, stateShapes } from './state.ts'

export { initialState, type NetworkShapes } from './state.ts'

/** The networks, and how they learn. */
export interface StepDesign extends NetworkShapes {
  /** Default: those of the styles' middle way. */
  readonly losses?: LossWeights | undefined
  readonly optimizer?: Optimizer | undefined
  /** Share of the weights that move in a step; 1: all. */
  readonly rateShare?: number | undefined
}

/** Which parts of a training step are computed; what is left out costs nothing. */
export interface StepParts {
  /** Keep a running average of the generator's weights. */
  readonly average: boolean
  /** Train the discriminator, and the generator against it. */
  readonly adversarial: boolean
  /** Render the target's faces as the source too, and judge the swaps. */
  readonly swapped?: boolean
  /** A step is taken in several parts, whose gradients add up. */
  readonly accumulate?: boolean
  /** The loss is multiplied on the way back, as half precision needs it. The output `sound` is 0 where gradients ran over and count as zero. */
  readonly scaled?: boolean
}

/** What a step is shown of each person, [b, s, s, channels] in 0–1: faces as the network gets them and as it should draw them, their masks, and where eyes and mouth lie. */
export const PICTURE_CHANNELS = { Warped: 3, Faces: 3, Masks: 1, Accents: 1 } as const
export type PictureKind = keyof typeof PICTURE_CHANNELS
/** Names of a step's scalar inputs. */
export type ScalarInput =
  | 'generatorRate'
  | 'discriminatorRate'
  | 'adversarialWeight'
  | 'swapWeight'
  | 'averageKeep'
  | 'dropAt'
  | 'share'
  | 'apply'
  | 'lossScale'

/** Tells people apart: pictures [n, p, p, 3] in 0–255 → descriptors. */
export interface Recogniser {
  readonly describe: (pictures: tf.Tensor4D) => tf.Tensor2D
  readonly sizePx: number
  /** Where its picture lies in the aligned one: see models/reframe.ts. */
  readonly framing: { readonly scale: number; readonly shiftX: number; readonly shiftY: number }
}

/** Length of a descriptor, the input [1, 128] that says who the source is. */
const DESCRIPTOR_NUMBERS = 128

/** Whether a step of these parts asks the recogniser, and so has the input `descriptor`. */
export function asksRecogniser({ losses = LOSSES }: StepDesign, { swapped = false }: StepParts): boolean {
  return swapped && losses.identity > 0
}

function dropsRate({ rateShare = 1 }: StepDesign): boolean {
  return rateShare < 1
}

/** The scalars that a step of these parts is given. */
export function scalarsOf(design: StepDesign, parts: StepParts): ScalarInput[] {
  const scalars: ScalarInput[] = ['generatorRate']
  if (parts.average) scalars.push('averageKeep')
  if (parts.adversarial) scalars.push('discriminatorRate', 'adversarialWeight')
  if (parts.swapped) scalars.push('swapWeight')
  if (dropsRate(design)) scalars.push('dropAt')
  if (parts.accumulate) scalars.push('share', 'apply')
  if (parts.scaled) scalars.push('lossScale')
  return scalars
}

/** Shapes of a step's inputs and state for `batch` faces of each person. */
export function stepSignature(design: StepDesign, batch: number, parts: StepParts): Signature {
  const { sizePx, landmarks } = design.generator
  const pictures = PEOPLE.flatMap((person) =>
    Object.entries(PICTURE_CHANNELS).map(([kind, channels]) => [person + kind, { shape: [batch, sizePx, sizePx, channels] }] as const),
  )
  const named = landmarks > 0 ? PEOPLE.map((person) => [`${person}Landmarks`, { shape: [batch, landmarks] }] as const) : []
  const scalars = scalarsOf(design, parts).map((name) => [name, { shape: [] }] as const)
  const state = Object.entries(stateShapes(design, { ...parts, dropout: dropsRate(design) })).map(
    ([name, shape]) => [name, { shape }] as const,
  )
  const asked = asksRecogniser(design, parts) ? [['descriptor', { shape: [1, DESCRIPTOR_NUMBERS] }] as const] : []
  return { inputs: Object.fromEntries([...pictures, ...named, ...asked, ...scalars]), state: Object.fromEntries(state) }
}

/** Gradients of a scalar by a network's weights, and the scalar; `loss` gets the weights by name. `scale` multiplies the loss on the way back. */
export function gradientsOf(
  parameters: Parameters,
  loss: (parameters: Parameters) => tf.Scalar,
  scale?: tf.Tensor,
): { value: tf.Scalar; gradients: Parameters; sound?: tf.Scalar } {
  const names = Object.keys(parameters)
  const byArray = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
    loss(Object.fromEntries(names.map((name, index) => [name, tensors[index]!]))),
  )
  const { value, grads } = byArray(
    names.map((name) => parameters[name]!),
    scale as tf.Scalar,
  )
  const gradients = Object.fromEntries(names.map((name, index) => [name, grads[index]!]))
  return { value: value as tf.Scalar, ...(scale === undefined ? { gradients } : unscale(gradients, scale)) }
}

function adamOf(state: TensorMap, prefix: '' | 'd.'): AdamState {
  return {
    weights: pick(state, `${prefix}weights`),
    first: pick(state, `${prefix}first`),
    second: pick(state, `${prefix}second`),
  }
}

function putAdam(state: TensorMap, prefix: '' | 'd.', next: ReturnType<typeof adamStep>): void {
  for (const part of ['weights', 'first', 'second', 'sums'] as const) put(state, `${prefix}${part}`, next[part])
}

/** The discriminator as this step finds it: weights to judge by, and how to make them of weights that gradients are wanted of. */
function openJudge(state: TensorMap, { discriminator }: StepDesign) {
  const adam = adamOf(state, 'd.')
  const { normalise, vectors } = discriminator.spectral
    ? spectralNorms(adam.weights, pick(state, 'd.vectors'))
    : { normalise: (parameters: Parameters) => parameters, vectors: {} }
  return { adam, normalise, vectors, weights: normalise(adam.weights) }
}

/** Those of before in the parts of a step that is not taken yet, where `apply` is 0. */
function keptUntil(apply: tf.Tensor | undefined, before: Parameters, after: Parameters): Parameters {
  if (apply === undefined) return after
  const ends = tf.greater(apply, 0)
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, tf.where(ends, value, before[name]!)]))
}

/**
 * One training step of both networks as one program: forward, backward and Adam, the generator's average, and the
 * discriminator's step against the same fakes. Outputs are the losses, scalars. `recogniser` is needed for the identity loss.
 */
export function trainStep(design: StepDesign, parts: StepParts, recogniser?: Recogniser): ProgramFn {
  return (inputs, state) => {
    const next: TensorMap = {}
    const judge = parts.adversarial ? openJudge(state, design) : undefined
    const weights = pick(state, 'weights')
    // Copies that gradients do not reach: what is rendered is to be read by the encoder as it is.
    const frozen = parts.swapped ? Object.fromEntries(Object.entries(weights).map(([name, value]) => [name, tf.clone(value)])) : undefined
    const found: Losses[] = []
    const scale = parts.scaled ? inputs['lossScale'] : undefined
    const { value, gradients, sound } = gradientsOf(
      weights,
      (parameters) => {
        const losses = generatorLosses({ design, parts, inputs, parameters, frozen, judge: judge?.weights, recogniser })
        // The tape frees what it computes; the parts of the loss and what the discriminator learns from are wanted after it.
        for (const kept of [...Object.values(losses.parts), ...Object.values(losses.evidence)]) tf.keep(kept)
        found.push(losses)
        return losses.total
      },
      scale,
    )
    const losses = found[0]!
    const outputs: TensorMap = { loss: value, ...losses.parts }
    if (sound !== undefined) outputs['sound'] = sound
    const options = (group: 'sums' | 'd.sums') => ({
      optimizer: design.optimizer ?? 'adam',
      accumulation: parts.accumulate ? { sums: pick(state, group), share: inputs['share']!, apply: inputs['apply']! } : undefined,
    })
    const dropout = dropsRate(design) ? { phases: pick(state, 'phases'), at: inputs['dropAt']!, share: design.rateShare! } : undefined
    const generator = adamStep(adamOf(state, ''), gradients, inputs['generatorRate']!, { ...options('sums'), dropout })
    putAdam(next, '', generator)
    if (parts.average) put(next, 'average', averageStep(pick(state, 'average'), generator.weights, inputs['averageKeep']!, inputs['apply']))
    if (judge !== undefined) {
      const judged: Judgement[] = []
      const step = gradientsOf(
        judge.adam.weights,
        (now) => {
          const judgement = judgementLoss(judge.normalise(now), losses.evidence, design)
          for (const kept of [judgement.pictures, judgement.codes]) if (kept !== undefined) tf.keep(kept)
          judged.push(judgement)
          return judgement.total
        },
        scale,
      )
      putAdam(next, 'd.', adamStep(judge.adam, step.gradients, inputs['discriminatorRate']!, options('d.sums')))
      put(next, 'd.vectors', keptUntil(inputs['apply'], pick(state, 'd.vectors'), judge.vectors))
      const { pictures, codes } = judged[0]!
      outputs['discriminator'] = pictures
      if (codes !== undefined) outputs['codeDiscriminator'] = codes
      if (step.sound !== undefined) outputs['sound'] = tf.mul(outputs['sound']!, step.sound)
    }
    for (const kept of Object.values(losses.evidence)) kept.dispose()
    return { outputs, state: next }
  }
}
