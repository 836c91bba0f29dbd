import { type HostTensor, type HostTensors, type ProgramFn, type Signature, type TensorMap, tf } from '../tensor/index.ts'
import { type DiscriminatorShape, discriminate, discriminatorShapes } from './discriminator.ts'
import { decode, encodeFully, type GeneratorShape, generatorShapes, PEOPLE, type Person, type Rendered } from './generator.ts'
import { initialise, type ParameterShapes, type Parameters } from './layers.ts'
import { adversarialLoss, landmarkLoss, reconstructionLoss, type Truth } from './losses.ts'
import { type AdamState, adamStep, averageStep, unscale } from './optimizer.ts'
import { seedRandom } from './random.ts'

/** Both networks. */
export interface NetworkShapes {
  readonly generator: GeneratorShape
  readonly discriminator: DiscriminatorShape
}

/** Which parts of a training step are computed; what is left out costs nothing. */
export interface StepParts {
  /** Keep a running average of the generator's weights. */
  readonly average: boolean
  /** Train the discriminator, and the generator against it. */
  readonly adversarial: boolean
  /** A step is taken in several parts, whose gradients add up. */
  readonly accumulate?: boolean
  /** The loss is multiplied on the way back, as half precision needs it. The output `sound` is 0 where gradients ran over and count as zero. */
  readonly scaled?: boolean
}

/** What a step is shown of each person, [b, s, s, channels] in 0–1: faces as the network gets them and as it should draw them, their masks, and where eyes and mouth lie. */
export const PICTURE_CHANNELS = { Warped: 3, Faces: 3, Masks: 1, Accents: 1 } as const
export type PictureKind = keyof typeof PICTURE_CHANNELS
/** Names of a step's scalar inputs. */
export type ScalarInput = 'generatorRate' | 'discriminatorRate' | 'adversarialWeight' | 'averageKeep' | 'share' | 'apply' | 'lossScale'

/** Groups of a step's state; each is a prefix of tensor names. */
type Group = 'weights' | 'first' | 'second' | 'average' | 'sums' | 'd.weights' | 'd.first' | 'd.second' | 'd.sums'

function pick(state: TensorMap, group: Group): Parameters {
  const prefix = `${group}/`
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])),
  )
}

function put(state: TensorMap, group: Group, parameters: Parameters): void {
  for (const [name, tensor] of Object.entries(parameters)) state[`${group}/${name}`] = tensor
}

function groupsOf(parts: StepParts): Group[] {
  const ofEach = ['weights', 'first', 'second', ...(parts.accumulate ? (['sums'] as const) : [])] as const
  const adversarial = parts.adversarial ? ofEach.map((group) => `d.${group}` as const) : []
  return [...ofEach, ...(parts.average ? (['average'] as const) : []), ...adversarial]
}

function shapesOf(group: Group, shapes: NetworkShapes): ParameterShapes {
  return group.startsWith('d.') ? discriminatorShapes(shapes.discriminator) : generatorShapes(shapes.generator)
}

/** The state that a new run starts from; weights depend on the seed alone. Groups are as in `stepSignature`, all of them. */
export function initialState(shapes: NetworkShapes, seed: number, accumulate = false): HostTensors {
  const state: HostTensors = {}
  const weights = {
    weights: initialise(generatorShapes(shapes.generator), seedRandom(seed, 1)),
    'd.weights': initialise(discriminatorShapes(shapes.discriminator), seedRandom(seed, 2)),
  }
  for (const group of groupsOf({ average: true, adversarial: true, accumulate })) {
    const start: Record<string, HostTensor> | undefined = group === 'average' ? weights.weights : weights[group as 'weights']
    for (const [name, shape] of Object.entries(shapesOf(group, shapes))) {
      const size = shape.reduce((product, length) => product * length, 1)
      state[`${group}/${name}`] = start?.[name] ?? { data: new Float32Array(size), shape }
    }
  }
  return state
}

/** The scalars that a step of these parts is given. */
export function scalarsOf(parts: StepParts): ScalarInput[] {
  const scalars: ScalarInput[] = ['generatorRate']
  if (parts.average) scalars.push('averageKeep')
  if (parts.adversarial) scalars.push('discriminatorRate', 'adversarialWeight')
  if (parts.accumulate) scalars.push('share', 'apply')
  if (parts.scaled) scalars.push('lossScale')
  return scalars
}

/** Shapes of a step's inputs and state for `batch` faces of each person. */
export function stepSignature(shapes: NetworkShapes, batch: number, parts: StepParts): Signature {
  const { sizePx } = shapes.generator
  const pictures = PEOPLE.flatMap((person) =>
    Object.entries(PICTURE_CHANNELS).map(([kind, channels]) => [person + kind, { shape: [batch, sizePx, sizePx, channels] }] as const),
  )
  const { landmarks } = shapes.generator
  const named = landmarks > 0 ? PEOPLE.map((person) => [`${person}Landmarks`, { shape: [batch, landmarks] }] as const) : []
  const state = groupsOf(parts).flatMap((group) =>
    Object.entries(shapesOf(group, shapes)).map(([name, shape]) => [`${group}/${name}`, { shape }] as const),
  )
  return {
    inputs: Object.fromEntries([...pictures, ...named, ...scalarsOf(parts).map((name) => [name, { shape: [] }] as const)]),
    state: Object.fromEntries(state),
  }
}

interface Losses {
  readonly total: tf.Scalar
  readonly source: tf.Scalar
  readonly target: tf.Scalar
  readonly landmarks?: tf.Scalar
  readonly adversarial?: tf.Scalar
  /** What the source's decoder rendered, inside the true mask: the discriminator's fakes. */
  readonly fakes: tf.Tensor4D
}

function generatorLosses(parameters: Parameters, inputs: TensorMap, shapes: NetworkShapes, judge: Parameters | undefined): Losses {
  const warped: tf.Tensor4D = tf.concat([inputs['sourceWarped']!, inputs['targetWarped']!], 0) as tf.Tensor4D
  const { map, landmarks: found } = encodeFully(warped, parameters, shapes.generator)
  const codes = tf.split(map, 2, 0) as tf.Tensor4D[]
  const made = PEOPLE.map((person, index) => decode(codes[index]!, parameters, person, shapes.generator)) as [Rendered, Rendered]
  const [source, target] = PEOPLE.map((person, index) => reconstructionLoss(made[index]!, truthOf(inputs, person))) as [
    tf.Scalar,
    tf.Scalar,
  ]
  const fakes = tf.mul(made[0].rgb, inputs['sourceMasks']!) as tf.Tensor4D
  const landmarks =
    found === undefined
      ? undefined
      : landmarkLoss(
          found,
          tf.concat(
            PEOPLE.map((person) => inputs[`${person}Landmarks`]!),
            0,
          ),
        )
  const drawn = tf.add(source, target) as tf.Scalar
  const total: tf.Scalar = landmarks === undefined ? drawn : tf.add(drawn, landmarks)
  const parts = { source, target, ...(landmarks && { landmarks }), fakes }
  if (judge === undefined) return { total, ...parts }
  const adversarial = adversarialLoss(discriminate(fakes, judge, shapes.discriminator), true)
  return { total: tf.add(total, tf.mul(adversarial, inputs['adversarialWeight']!)), ...parts, adversarial }
}

function truthOf(inputs: TensorMap, person: Person): Truth {
  const picture = (kind: PictureKind) => inputs[person + kind] as tf.Tensor4D
  return { faces: picture('Faces'), masks: picture('Masks'), accents: picture('Accents') }
}

/** Gradients of a scalar by a network's weights, and the scalar; `loss` gets the weights by name. `scale` multiplies the loss on the way back. */
function gradientsOf(
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

/**
 * One training step of both networks as one program: forward, backward and Adam, the generator's average, and the
 * discriminator's step against the same fakes. Outputs are the losses, scalars.
 */
export function trainStep(shapes: NetworkShapes, parts: StepParts): ProgramFn {
  return (inputs, state) => {
    const next: TensorMap = {}
    const judge = parts.adversarial ? adamOf(state, 'd.') : undefined
    const kept: Losses[] = []
    const scale = parts.scaled ? inputs['lossScale'] : undefined
    const { value, gradients, sound } = gradientsOf(
      pick(state, 'weights'),
      (parameters) => {
        const losses = generatorLosses(parameters, inputs, shapes, judge?.weights)
        // The tape frees what it computes; the parts of the loss and the fakes are wanted after it.
        for (const kept of Object.values(losses)) if (kept !== losses.total) tf.keep(kept)
        kept.push(losses)
        return losses.total
      },
      scale,
    )
    const losses = kept[0]!
    const outputs: TensorMap = { loss: value, source: losses.source, target: losses.target }
    if (losses.landmarks !== undefined) outputs['landmarks'] = losses.landmarks
    if (sound !== undefined) outputs['sound'] = sound
    const accumulation = (group: 'sums' | 'd.sums') =>
      parts.accumulate ? { sums: pick(state, group), share: inputs['share']!, apply: inputs['apply']! } : undefined
    const generator = adamStep(adamOf(state, ''), gradients, inputs['generatorRate']!, accumulation('sums'))
    putAdam(next, '', generator)
    if (parts.average) put(next, 'average', averageStep(pick(state, 'average'), generator.weights, inputs['averageKeep']!, inputs['apply']))
    if (judge !== undefined) {
      const reals = tf.mul(inputs['sourceFaces']!, inputs['sourceMasks']!) as tf.Tensor4D
      const step = gradientsOf(judge.weights, (weights) => discriminatorLoss(weights, reals, losses.fakes, shapes.discriminator), scale)
      putAdam(next, 'd.', adamStep(judge, step.gradients, inputs['discriminatorRate']!, accumulation('d.sums')))
      outputs['adversarial'] = losses.adversarial!
      outputs['discriminator'] = step.value
      if (step.sound !== undefined) outputs['sound'] = tf.mul(outputs['sound']!, step.sound)
    }
    losses.fakes.dispose()
    return { outputs, state: next }
  }
}

function discriminatorLoss(weights: Parameters, reals: tf.Tensor4D, fakes: tf.Tensor4D, shape: DiscriminatorShape): tf.Scalar {
  const real = adversarialLoss(discriminate(reals, weights, shape), true)
  const fake = adversarialLoss(discriminate(fakes, weights, shape), false)
  return tf.mul(tf.add(real, fake), 0.5)
}
