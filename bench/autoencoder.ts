import { type HostTensors, type ProgramFn, type Signature, type TensorMap, tf } from '../src/tensor/index.ts'

/** The network that DESIGN.md measures: 11.4 M parameters, 64 px, batch 8. scripts/torch/train_step.py is the same in PyTorch. */
export const BATCH = 8
const SIZE_PX = 64
const ENCODER = [64, 128, 256, 512] as const
const CODE = 256
const DECODER = [256, 128, 64, 32] as const

const SHAPES: Readonly<Record<string, readonly number[]>> = shapes()

function shapes(): Record<string, readonly number[]> {
  const all: Record<string, readonly number[]> = {}
  let channels = 3
  ENCODER.forEach((width, i) => {
    all[`encode${i}`] = [5, 5, channels, width]
    all[`encode${i}.bias`] = [width]
    channels = width
  })
  all['code'] = [8192, CODE]
  all['code.bias'] = [CODE]
  all['spread'] = [CODE, 4096]
  all['spread.bias'] = [4096]
  channels = 256
  DECODER.forEach((width, i) => {
    all[`decode${i}`] = [3, 3, channels, width * 4]
    all[`decode${i}.bias`] = [width * 4]
    channels = width
  })
  all['paint'] = [5, 5, channels, 3]
  all['paint.bias'] = [3]
  return all
}

/** x [n, 64, 64, 3] → the picture again. */
function reconstruct(x: tf.Tensor, weights: TensorMap): tf.Tensor {
  const conv = (y: tf.Tensor, name: string, stride: number): tf.Tensor =>
    tf.add(tf.conv2d(y as tf.Tensor4D, weights[name] as tf.Tensor4D, stride, 'same'), weights[`${name}.bias`]!)
  const dense = (y: tf.Tensor, name: string): tf.Tensor => tf.add(tf.matMul(y, weights[name]!), weights[`${name}.bias`]!)
  let y = x
  ENCODER.forEach((_, i) => {
    y = tf.leakyRelu(conv(y, `encode${i}`, 2), 0.1)
  })
  y = tf.reshape(dense(dense(tf.reshape(y, [BATCH, 8192]), 'code'), 'spread'), [BATCH, 4, 4, 256])
  DECODER.forEach((width, i) => {
    const [, h, w] = y.shape as [number, number, number, number]
    const wide = tf.reshape(tf.leakyRelu(conv(y, `decode${i}`, 1), 0.1), [BATCH, h, w, 2, 2, width])
    y = tf.reshape(tf.transpose(wide, [0, 1, 3, 2, 4, 5]), [BATCH, 2 * h, 2 * w, width])
  })
  return tf.sigmoid(conv(y, 'paint', 1))
}

/** Adam (Kingma and Ba 2015) for one tensor, with both bias corrections in `rate`; moments kept without their (1 − β). */
function adam(
  weight: tf.Tensor,
  first: tf.Tensor,
  second: tf.Tensor,
  gradient: tf.Tensor,
  rate: tf.Tensor,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const m = tf.add(tf.mul(first, 0.9), gradient)
  const v = tf.add(tf.mul(second, 0.999), tf.square(gradient))
  return [tf.sub(weight, tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v), 1e-7))), m, v]
}

/** One step: forward, L1 loss, backward, Adam. */
export const autoencoderStep: ProgramFn = (inputs, state) => {
  const names = Object.keys(SHAPES)
  const lossOf = (...weights: tf.Tensor[]): tf.Scalar => {
    const made = reconstruct(inputs['x']!, Object.fromEntries(names.map((name, i) => [name, weights[i]!])))
    return tf.mean(tf.abs(tf.sub(made, inputs['y']!)))
  }
  const { value, grads } = tf.valueAndGrads(lossOf)(names.map((name) => state[name]!))
  const next: TensorMap = {}
  names.forEach((name, i) => {
    const [w, m, v] = adam(state[name]!, state[`${name}/m`]!, state[`${name}/v`]!, grads[i]!, inputs['rate']!)
    Object.assign(next, { [name]: w, [`${name}/m`]: m, [`${name}/v`]: v })
  })
  return { outputs: { loss: value }, state: next }
}

export const autoencoderSignature: Signature = {
  inputs: { x: { shape: [BATCH, SIZE_PX, SIZE_PX, 3] }, y: { shape: [BATCH, SIZE_PX, SIZE_PX, 3] }, rate: { shape: [] } },
  state: Object.fromEntries(Object.entries(SHAPES).flatMap(([name, shape]) => ['', '/m', '/v'].map((part) => [name + part, { shape }]))),
}

/** Weights uniform with variance 1 / fan-in, moments zero. */
export function autoencoderState(random: () => number): HostTensors {
  return Object.fromEntries(
    Object.entries(autoencoderSignature.state!).map(([name, { shape }]) => {
      const size = shape.reduce((product, length) => product * length, 1)
      const limit = name.includes('/') || name.endsWith('.bias') ? 0 : Math.sqrt((3 * shape.at(-1)!) / size)
      return [name, { data: Float32Array.from({ length: size }, () => (2 * random() - 1) * limit), shape }]
    }),
  )
}
