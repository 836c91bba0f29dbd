import { ANYBODY, baseShapes, inTheStyleOf } from '../../src/models/base.ts'
import type { GeneratorShape } from '../../src/models/generator.ts'
import { encode, nameLandmarks, renderMap } from '../../src/models/generator.ts'
import { distance, LOSSES, reconstructionLoss } from '../../src/models/losses.ts'
import { adamStep, averageStep } from '../../src/models/optimizer.ts'
import { reframe } from '../../src/models/reframe.ts'
import { pick, put } from '../../src/models/state.ts'
import { gradientsOf, type Recogniser } from '../../src/models/step.ts'
import { type ProgramFn, type Signature, type TensorMap, tf } from '../../src/tensor/index.ts'

const GROUPS = ['weights', 'first', 'second', 'average'] as const
/** Weights of what a face drawn as somebody else is held to. */
const IDENTITY = 1
const FOLLOW = 1

/** Inputs and state of a step with `batch` faces, of which the first `swaps` are drawn as the last `swaps` people too. */
export function baseSignature(shape: GeneratorShape, batch: number): Signature {
  const picture = (channels: number) => ({ shape: [batch, shape.sizePx, shape.sizePx, channels] })
  const state = GROUPS.flatMap((group) =>
    Object.entries(baseShapes(shape)).map(([name, size]) => [`${group}/${name}`, { shape: size }] as const),
  )
  return {
    inputs: {
      warped: picture(3),
      faces: picture(3),
      masks: picture(1),
      accents: picture(1),
      landmarks: { shape: [batch, shape.landmarks] },
      descriptors: { shape: [batch, 128] },
      rate: { shape: [] },
      keep: { shape: [] },
    },
    state: { ...Object.fromEntries(state), mean: { shape: [128] } },
  }
}

/**
 * A step of the generator that everybody shares: each face is drawn from its code in the style of its own descriptor; with `swaps`, the first so many
 * also in the style of the last, as whom the recogniser is to know them, and with their own landmarks.
 */
export function baseStep(
  shape: GeneratorShape,
  swaps: number,
  recogniser?: Pick<Recogniser, 'describe' | 'framing' | 'sizePx'>,
): ProgramFn {
  return (inputs, state) => {
    const weights = pick(state, 'weights')
    const frozen = Object.fromEntries(Object.entries(weights).map(([name, value]) => [name, tf.clone(value)]))
    const kept: tf.Scalar[] = []
    const { value, gradients } = gradientsOf(weights, (now) => {
      const parameters = { ...now, 'style.mean': state['mean']! }
      const { maps, landmarks } = encode(inputs['warped'] as tf.Tensor4D, parameters, shape)
      const style = (from: tf.Tensor) => inTheStyleOf(from as tf.Tensor2D, parameters)
      const drawn = renderMap(maps.source, parameters, ANYBODY, shape, style(inputs['descriptors']!))
      const truth = {
        faces: inputs['faces'] as tf.Tensor4D,
        masks: inputs['masks'] as tf.Tensor4D,
        accents: inputs['accents'] as tf.Tensor4D,
      }
      const own = reconstructionLoss(drawn, truth, LOSSES)
      const named = distance(landmarks!, inputs['landmarks']!)
      kept.push(tf.keep(own), tf.keep(named))
      const total = tf.add(own, tf.mul(named, LOSSES.landmarks)) as tf.Scalar
      if (recogniser === undefined) return total
      const n = inputs['descriptors']!.shape[0]!
      const others = tf.slice(inputs['descriptors']!, [n - swaps, 0], [swaps, -1])
      const map = tf.slice(maps.source, [0, 0, 0, 0], [swaps, -1, -1, -1]) as tf.Tensor4D
      const { rgb } = renderMap(map, parameters, ANYBODY, shape, style(others))
      const chips = tf.mul(reframe(rgb, recogniser.framing, { outside: 'border', sizePx: recogniser.sizePx }), 255) as tf.Tensor4D
      const identity = tf.mean(tf.sum(tf.square(tf.sub(recogniser.describe(chips), others)), 1)) as tf.Scalar
      const follow = distance(nameLandmarks(rgb, frozen, shape), tf.slice(inputs['landmarks']!, [0, 0], [swaps, -1]))
      kept.push(tf.keep(identity), tf.keep(follow))
      return tf.add(total, tf.add(tf.mul(identity, IDENTITY), tf.mul(follow, FOLLOW)))
    })
    const next: TensorMap = {}
    const adam = adamStep({ weights, first: pick(state, 'first'), second: pick(state, 'second') }, gradients, inputs['rate']!)
    for (const group of ['weights', 'first', 'second'] as const) put(next, group, adam[group])
    put(next, 'average', averageStep(pick(state, 'average'), adam.weights, inputs['keep']!))
    const [own, named, identity, follow] = kept
    return { outputs: { loss: value, own: own!, landmarks: named!, ...(identity && { identity, follow: follow! }) }, state: next }
  }
}
