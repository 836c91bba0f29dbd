import { type HostTensor, type HostTensors, tf } from '../tensor/index.ts'
import type { Random } from './random.ts'

/** A network's weights by name. */
export type Parameters = Record<string, tf.Tensor>
/** The shape of each weight of a network; names end in `.weight` or `.bias`. */
export type ParameterShapes = Record<string, readonly number[]>

/** Weights as tensors, for programs to capture; whoever made them frees them, after the programs. */
export function parametersOf(tensors: HostTensors): Parameters {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape], 'float32')]))
}

/** Shapes of a convolution: HWIO filter and bias. */
export function convShapes(name: string, size: number, from: number, to: number): ParameterShapes {
  return { [`${name}.weight`]: [size, size, from, to], [`${name}.bias`]: [to] }
}

/** Shapes of a dense layer. */
export function denseShapes(name: string, from: number, to: number): ParameterShapes {
  return { [`${name}.weight`]: [from, to], [`${name}.bias`]: [to] }
}

/** Initial weights: uniform with the variance 1 / fan-in that keeps a leaky layer's scale, biases zero. */
export function initialise(shapes: ParameterShapes, random: Random): Record<string, HostTensor> {
  const tensors: Record<string, HostTensor> = {}
  for (const [name, shape] of Object.entries(shapes)) {
    const size = shape.reduce((product, length) => product * length, 1)
    const data = new Float32Array(size)
    if (name.endsWith('.weight')) {
      const fanIn = size / shape.at(-1)!
      const limit = Math.sqrt(3 / fanIn)
      for (let i = 0; i < size; i += 1) data[i] = (2 * random.uniform() - 1) * limit
    }
    tensors[name] = { data, shape }
  }
  return tensors
}

function weight<T extends tf.Tensor>(parameters: Parameters, name: string): T {
  const found = parameters[name]
  if (found === undefined) throw new Error(`expected the weight ${name} but the network has none of that name`)
  return found as T
}

/** 'same' convolution with bias; x [n, h, w, c]. */
export function conv(x: tf.Tensor4D, parameters: Parameters, name: string, stride = 1): tf.Tensor4D {
  return tf.add(tf.conv2d(x, weight<tf.Tensor4D>(parameters, `${name}.weight`), stride, 'same'), weight(parameters, `${name}.bias`))
}

/** x [n, c] times weights plus bias. */
export function dense(x: tf.Tensor2D, parameters: Parameters, name: string): tf.Tensor2D {
  return tf.add(tf.matMul(x, weight<tf.Tensor2D>(parameters, `${name}.weight`)), weight(parameters, `${name}.bias`))
}

/** Depth to space by 2: [n, h, w, 4c] → [n, 2h, 2w, c]. From reshapes, since tf.js has no gradient for its own op. */
export function pixelShuffle(x: tf.Tensor4D): tf.Tensor4D {
  const [n, h, w, depth] = x.shape
  const c = depth / 4
  return tf.reshape(tf.transpose(tf.reshape(x, [n, h, w, 2, 2, c]), [0, 1, 3, 2, 4, 5]), [n, 2 * h, 2 * w, c])
}

/** Space to depth: [n, s, s, c] → [n, s / by, s / by, by·by·c], row by row. */
export function pixelUnshuffle(x: tf.Tensor4D, by: number): tf.Tensor4D {
  const [n, h, w, c] = x.shape
  const cells = tf.transpose(tf.reshape(x, [n, h / by, by, w / by, by, c]), [0, 1, 3, 2, 4, 5])
  return tf.reshape(cells, [n, h / by, w / by, by * by * c])
}

/** Where each of `size` × `size` pixels lies in the face, [n, size, size, 2]: x and y, −1 to 1. In an aligned face that says what is there. */
export function placesOf(n: number, size: number): tf.Tensor4D {
  const data = new Float32Array(n * size * size * 2)
  for (let i = 0; i < n * size * size; i += 1) {
    data[i * 2] = (2 * ((i % size) + 0.5)) / size - 1
    data[i * 2 + 1] = (2 * ((Math.floor(i / size) % size) + 0.5)) / size - 1
  }
  return tf.tensor4d(data, [n, size, size, 2])
}

/** Scales each row of x [n, c] to a root mean square of 1 (Karras et al. 2018). */
export function pixelNorm(x: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), 1e-6)))
}
