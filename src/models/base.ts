import { type HostTensor, type HostTensors, tf } from '../tensor/index.ts'
import { decoderOf, decoderShapes, type GeneratorShape, generatorShapes, PEOPLE, type Person } from './generator.ts'
import { dense, denseShapes, type ParameterShapes, type Parameters } from './layers.ts'

/** Length of a recogniser's descriptor. */
const DESCRIPTOR = 128
/** Differences of descriptors between people, about a tenth in each number, come to about 1. */
const SPREAD = 10
/** How far a descriptor changes a channel at first: a quarter of the layer's own scale. */
const REACH = 0.25
/** Prefix of the one decoder that draws everybody. */
export const ANYBODY = 'anybody'

/** A generator that many people share: the encoder, one decoder, and what a descriptor makes of that decoder's layers. */
export function baseShapes(shape: GeneratorShape): ParameterShapes {
  const own = Object.entries(generatorShapes(shape)).filter(([name]) => !isDecoder(name, shape))
  return { ...Object.fromEntries(own), ...decoderShapes(ANYBODY, shape), ...styleShapes(shape) }
}

function isDecoder(name: string, shape: GeneratorShape): boolean {
  return PEOPLE.some((person) => name.startsWith(`${decoderOf(person, shape)}.`))
}

function styleShapes({ decoder }: GeneratorShape): ParameterShapes {
  return Object.assign({}, ...decoder.map((width, index) => denseShapes(`style.${index}`, DESCRIPTOR, 8 * width)))
}

/** Descriptors [n, 128] → for the upscale `index`, what its convolution's channels are multiplied by, and what is added: [n, 1, 1, 4·width] each. */
function styleOf(descriptors: tf.Tensor2D, parameters: Parameters, index: number): [gain: tf.Tensor, shift: tf.Tensor] {
  const away = tf.mul(tf.sub(descriptors, parameters['style.mean']!), SPREAD) as tf.Tensor2D
  const both = tf.mul(dense(away, parameters, `style.${index}`), REACH)
  const [gain, shift] = tf.split(tf.reshape(both, [both.shape[0]!, 1, 1, both.shape[1]!]), 2, 3) as [tf.Tensor, tf.Tensor]
  return [tf.add(gain, 1), shift]
}

/** Makes the shared decoder draw the people of `descriptors` [n, 128], in the order of the faces; for `renderMap`. `style.mean` [128] is among the parameters. */
export function inTheStyleOf(descriptors: tf.Tensor2D, parameters: Parameters): (index: number, x: tf.Tensor4D) => tf.Tensor4D {
  return (index, x) => {
    const [gain, shift] = styleOf(descriptors, parameters, index)
    return tf.add(tf.mul(x, gain), shift)
  }
}

function weight(base: HostTensors, name: string): HostTensor {
  const found = base[name]
  if (found === undefined) throw new Error(`expected ${name} among the base weights but they have none of that name`)
  return found
}

/** y = d·W + b for one descriptor, as `styleOf` has it. */
function styleNumbers(base: HostTensors, descriptor: readonly number[], index: number): Float32Array {
  const { data: mean } = weight(base, 'style.mean')
  const { data, shape } = weight(base, `style.${index}.weight`)
  const out = Float32Array.from(weight(base, `style.${index}.bias`).data)
  const width = shape[1]!
  for (let i = 0; i < DESCRIPTOR; i += 1) {
    const away = SPREAD * (descriptor[i]! - mean[i]!)
    for (let c = 0; c < width; c += 1) out[c]! += away * data[i * width + c]!
  }
  return out.map((value) => value * REACH)
}

/** The shared decoder as it draws one person: the style folded into the filters and biases of its upscales, under the names of that person's decoder. */
function decoderFor(person: Person, base: HostTensors, descriptor: readonly number[], shape: GeneratorShape): HostTensors {
  const made: HostTensors = {}
  for (const name of Object.keys(decoderShapes(ANYBODY, shape))) {
    const { data, shape: size } = weight(base, name)
    made[name.replace(ANYBODY, person)] = { data: Float32Array.from(data), shape: size }
  }
  for (const index of shape.decoder.keys()) {
    const style = styleNumbers(base, descriptor, index)
    const channels = style.length / 2
    const filter = made[`${person}.up${index}.weight`]!.data as Float32Array
    const bias = made[`${person}.up${index}.bias`]!.data as Float32Array
    for (let i = 0; i < filter.length; i += 1) filter[i]! *= 1 + style[i % channels]!
    for (let c = 0; c < channels; c += 1) bias[c] = bias[c]! * (1 + style[c]!) + style[channels + c]!
  }
  return made
}

/** Whether base weights are of a generator of this shape; those of liae are not made. */
export function fitsBase(base: HostTensors, shape: GeneratorShape): boolean {
  if (shape.architecture === 'liae') return false
  return Object.entries(baseShapes(shape)).every(([name, size]) => base[name]?.shape.join() === size.join())
}

/** The weights that two people's generator starts with: the shared encoder, and of the shared decoder one for each, as their descriptors [128] have it. */
export function specialise(
  base: HostTensors,
  descriptors: Readonly<Record<Person, readonly number[]>>,
  shape: GeneratorShape,
): HostTensors {
  const shared = Object.keys(generatorShapes(shape)).filter((name) => !isDecoder(name, shape))
  return {
    ...Object.fromEntries(shared.map((name) => [name, weight(base, name)])),
    ...decoderFor('source', base, descriptors.source, shape),
    ...decoderFor('target', base, descriptors.target, shape),
  }
}
