import { expect } from 'vitest'
import { type Device, type DType, type HostTensors, openDevice, type Signature, type TensorMap, tf } from '../../src/tensor/index.ts'

export type Body = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]

export interface Input {
  readonly shape: readonly number[]
  readonly dtype?: DType
  /** Range of the random values. */
  readonly low?: number
  readonly high?: number
}

let device: Promise<Device> | undefined
const cpu = (): Promise<Device> => {
  device ??= openDevice('cpu', { threads: 1 })
  return device
}

/** Numbers from `low` to `high`, the same for the same seed. */
export function numbers(size: number, seed: number, low = -1, high = 1): Float32Array {
  let state = seed * 2654435761 + 1
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return low + ((high - low) * (state >>> 8)) / 2 ** 24
  })
}

function hostInputs(inputs: readonly Input[], seed: number): HostTensors {
  return Object.fromEntries(
    inputs.map(({ shape, dtype = 'float32', low = -1, high = 1 }, i) => {
      const data = numbers(
        shape.reduce((a, b) => a * b, 1),
        seed + i,
        low,
        high,
      )
      if (dtype === 'int32') return [`x${i}`, { data: Int32Array.from(data, Math.round), shape }]
      if (dtype === 'bool') return [`x${i}`, { data: Uint8Array.from(data, (x) => (x > 0 ? 1 : 0)), shape }]
      return [`x${i}`, { data, shape }]
    }),
  )
}

/** Values, and gradients by every float input of a loss that weighs each output element differently. */
function programOf(body: Body, inputs: readonly Input[], gradients: boolean) {
  const named = (result: tf.Tensor | tf.Tensor[], prefix: string): TensorMap =>
    Object.fromEntries((Array.isArray(result) ? result : [result]).map((tensor, i) => [`${prefix}${i}`, tensor]))
  const floats = inputs.flatMap(({ dtype }, i) => (dtype === undefined || dtype === 'float32' ? [i] : []))
  return (given: TensorMap): { outputs: TensorMap } => {
    const tensors = inputs.map((_, i) => given[`x${i}`]!)
    const outputs = named(body(...tensors), 'y')
    if (!gradients) return { outputs }
    const loss = (...changed: tf.Tensor[]): tf.Scalar => {
      const all = [...tensors]
      floats.forEach((at, i) => {
        all[at] = changed[i]!
      })
      const results = [body(...all)].flat().filter((tensor) => tensor.dtype === 'float32')
      return tf.addN(
        results.map((tensor, i) => tf.sum(tf.mul(tensor, tf.tensor(numbers(tensor.size, 100 + i), tensor.shape)))),
      ) as tf.Scalar
    }
    return { outputs: { ...outputs, ...named(tf.grads(loss)(floats.map((i) => tensors[i]!)), 'd') } }
  }
}

/** Runs `body` compiled and eagerly on tf.js's own CPU backend, and expects the same values and gradients, 1e-4 relative. */
export async function expectLikeTf(
  body: Body,
  inputs: readonly Input[],
  options: { gradients?: boolean; seed?: number } = {},
): Promise<void> {
  const program = programOf(body, inputs, options.gradients ?? true)
  const host = hostInputs(inputs, options.seed ?? 1)
  const eager = eagerly(program, host, inputs)
  const signature: Signature = {
    inputs: Object.fromEntries(inputs.map(({ shape, dtype }, i) => [`x${i}`, { shape, dtype: dtype ?? 'float32' }])),
  }
  const compiled = await (await cpu()).compile(program, signature)
  const made = await compiled.run(host)
  await compiled.dispose()
  for (const [name, { data, shape }] of Object.entries(eager)) {
    expect(made[name]!.shape, `shape of ${name}`).toEqual(shape)
    expectClose(made[name]!.data, data, name)
  }
}

function eagerly(program: (given: TensorMap) => { outputs: TensorMap }, host: HostTensors, inputs: readonly Input[]): HostTensors {
  void tf.setBackend('cpu')
  return tf.tidy(() => {
    const given = Object.fromEntries(
      Object.entries(host).map(([name, { data, shape }], i) => [name, tf.tensor(data, [...shape], inputs[i]!.dtype ?? 'float32')]),
    )
    const { outputs } = program(given)
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, { data: tensor.dataSync() as Float32Array, shape: tensor.shape }]),
    ) as never
  })
}

/** Each element within 1e-4 of its own size, or of a thousandth of the largest. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what = 'values', tolerance = 1e-4): void {
  expect(actual.length, what).toBe(expected.length)
  let largest = 0
  for (let i = 0; i < expected.length; i++) if (Number.isFinite(expected[i]!)) largest = Math.max(largest, Math.abs(expected[i]!))
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!]
    if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue
    const allowed = tolerance * Math.max(Math.abs(b), largest * 1e-2, 1e-6)
    if (!(Math.abs(a - b) <= allowed)) expect.fail(`${what}[${i}]: expected ${b} but found ${a}`)
  }
}
