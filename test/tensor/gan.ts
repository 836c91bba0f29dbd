import { type HostTensors, type ProgramFn, type Signature, type TensorMap, tf } from '../../src/tensor/index.ts'
import { numbers } from './against.ts'

const GENERATOR = { 'g.in': [4, 4, 3, 8], 'g.in.bias': [8], 'g.code': [128, 16], 'g.up': [16, 128], 'g.out': [3, 3, 2, 3] }
const JUDGE = { 'd.in': [4, 4, 3, 8], 'd.out': [128, 1] }
const SHAPES: Record<string, number[]> = { ...GENERATOR, ...JUDGE }

function generate(x: tf.Tensor, w: TensorMap): tf.Tensor {
  const seen = tf.leakyRelu(tf.add(tf.conv2d(x as tf.Tensor4D, w['g.in'] as tf.Tensor4D, 2, 'same'), w['g.in.bias']!), 0.1)
  const code = tf.matMul(tf.reshape(seen, [2, 128]), w['g.code']!)
  const spread = tf.reshape(tf.matMul(code, w['g.up']!), [2, 4, 4, 8])
  const up = tf.reshape(tf.transpose(tf.reshape(spread, [2, 4, 4, 2, 2, 2]), [0, 1, 3, 2, 4, 5]), [2, 8, 8, 2])
  return tf.sigmoid(tf.conv2d(up as tf.Tensor4D, w['g.out'] as tf.Tensor4D, 1, 'same'))
}

function judge(x: tf.Tensor, w: TensorMap): tf.Tensor {
  const seen = tf.relu(tf.conv2d(x as tf.Tensor4D, w['d.in'] as tf.Tensor4D, 2, 'same'))
  return tf.matMul(tf.reshape(seen, [2, 128]), w['d.out']!)
}

const crossEntropy = (logits: tf.Tensor, label: number): tf.Scalar =>
  tf.mean(tf.add(tf.sub(tf.relu(logits), tf.mul(logits, label)), tf.log1p(tf.exp(tf.neg(tf.abs(logits))))))

/** Adam on the weights named, with gradients of `loss`. */
function learn(
  names: string[],
  state: TensorMap,
  rate: tf.Tensor,
  loss: (w: TensorMap) => tf.Scalar,
): { loss: tf.Tensor; next: TensorMap } {
  const { value, grads } = tf.valueAndGrads((...weights: tf.Tensor[]) =>
    loss({ ...state, ...Object.fromEntries(names.map((name, i) => [name, weights[i]!])) }),
  )(names.map((name) => state[name]!))
  const next: TensorMap = {}
  names.forEach((name, i) => {
    const m = tf.add(tf.mul(state[`${name}/m`]!, 0.9), tf.mul(grads[i]!, 0.1))
    const v = tf.add(tf.mul(state[`${name}/v`]!, 0.99), tf.mul(tf.square(grads[i]!), 0.01))
    next[`${name}/m`] = m
    next[`${name}/v`] = v
    next[name] = tf.sub(state[name]!, tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v), 1e-5)))
  })
  return { loss: value, next }
}

/** Generator, then discriminator: both forwards, both backwards and both of Adam in one program. */
export const ganStep: ProgramFn = ({ x, rate }, state) => {
  const generator = learn(Object.keys(GENERATOR), state, rate!, (w) => {
    const made = generate(x!, w)
    return tf.add(tf.mean(tf.abs(tf.sub(made, x!))), tf.mul(crossEntropy(judge(made, w), 1), 0.1))
  })
  const fake = generate(x!, state)
  const discriminator = learn(Object.keys(JUDGE), state, rate!, (w) =>
    tf.add(crossEntropy(judge(x!, w), 1), crossEntropy(judge(fake, w), 0)),
  )
  return { outputs: { g: generator.loss, d: discriminator.loss }, state: { ...generator.next, ...discriminator.next } }
}

export const ganSignature: Signature = {
  inputs: { x: { shape: [2, 8, 8, 3] }, rate: { shape: [] } },
  state: Object.fromEntries(Object.entries(SHAPES).flatMap(([name, shape]) => ['', '/m', '/v'].map((part) => [name + part, { shape }]))),
}

/** Weights at random, moments at zero. */
export const firstState = (): HostTensors =>
  Object.fromEntries(
    Object.entries(ganSignature.state!).map(([name, { shape }], i) => {
      const size = shape.reduce((a, b) => a * b, 1)
      return [name, { data: name.includes('/') ? new Float32Array(size) : numbers(size, i, -0.3, 0.3), shape }]
    }),
  )

export const inputsOf = (step: number): HostTensors => ({
  x: { data: numbers(2 * 8 * 8 * 3, 50 + step, 0, 1), shape: [2, 8, 8, 3] },
  rate: { data: Float32Array.of(0.01), shape: [] },
})
export const stackedInputs = (steps: number): HostTensors => ({
  x: { data: Float32Array.from(Array.from({ length: steps }, (_, k) => [...inputsOf(k)['x']!.data]).flat()), shape: [steps, 2, 8, 8, 3] },
  rate: { data: new Float32Array(steps).fill(0.01), shape: [steps] },
})
