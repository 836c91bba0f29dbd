import { expect } from 'vitest'
import { type Device, type DType, type HostTensors, openDevice, type Signature, type TensorMap, tf } from '../../src/tensor/index.ts'
import { expectSlopes } from './differences.ts'
import { expectClose, numbers } from './numbers.ts'

export { expectClose, numbers }

export type Body = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]

export interface Input {
  readonly shape: readonly number[]
  readonly dtype?: DType
  /** Range of the random values. */
  readonly low?: number
  readonly high?: number
  /** No gradient goes to it. */
  readonly fixed?: boolean
}

let device: Promise<Device> | undefined
const cpu = (): Promise<Device> => {
  device ??= openDevice('cpu', { threads: 1 })
  return device
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

/** Which inputs a gradient goes to. */
const floatsOf = (inputs: readonly Input[]): number[] =>
  inputs.flatMap(({ dtype, fixed }, i) => (fixed !== true && (dtype === undefined || dtype === 'float32') ? [i] : []))

/** A scalar that weighs each element of the outputs differently. */
const lossOf =
  (body: Body) =>
  (...tensors: tf.Tensor[]): tf.Scalar => {
    const results = [body(...tensors)].flat().filter((tensor) => tensor.dtype === 'float32')
    return tf.addN(results.map((tensor, i) => tf.sum(tf.mul(tensor, tf.tensor(numbers(tensor.size, 100 + i), tensor.shape))))) as tf.Scalar
  }

/** Values `y0`…, and gradients `d0`… of their `lossOf` by the inputs `floats`. */
function programOf(body: Body, inputs: readonly Input[], floats: readonly number[]) {
  const named = (tensors: readonly tf.Tensor[], prefix: string, places: readonly number[]): TensorMap =>
    Object.fromEntries(tensors.map((tensor, i) => [`${prefix}${places[i]}`, tensor]))
  return (given: TensorMap): { outputs: TensorMap } => {
    const tensors = inputs.map((_, i) => given[`x${i}`]!)
    const results = [body(...tensors)].flat()
    const outputs = named(results, 'y', [...results.keys()])
    if (floats.length === 0) return { outputs }
    const loss = (...changed: tf.Tensor[]): tf.Scalar => {
      const all = [...tensors]
      floats.forEach((at, i) => {
        all[at] = changed[i]!
      })
      return lossOf(body)(...all)
    }
    return { outputs: { ...outputs, ...named(tf.grads(loss)(floats.map((i) => tensors[i]!)), 'd', floats) } }
  }
}

/** What gradients are held against: tf.js's own and differences, one of them, or nothing where there is none. */
type Gradients = 'both' | 'tf' | 'differences' | 'none'

interface Options {
  readonly gradients?: Gradients
  readonly seed?: number
  /** What to run eagerly instead, where tf.js's CPU backend computes `body` wrongly. */
  readonly like?: Body
}

/**
 * Runs `body` compiled and eagerly on tf.js's own CPU backend, and expects the same values, types and gradients, 1e-4 relative;
 * the gradients are held against central differences in float64 too.
 */
export async function expectLikeTf(
  body: Body,
  inputs: readonly Input[],
  { gradients = 'both', seed = 1, like = body }: Options = {},
): Promise<void> {
  const floats = gradients === 'none' ? [] : floatsOf(inputs)
  const host = hostInputs(inputs, seed)
  const eager = eagerly(programOf(like, inputs, gradients === 'differences' ? [] : floats), host, inputs)
  const made = await compiled(programOf(body, inputs, floats), host, inputs)
  for (const [name, { data, shape }] of Object.entries(eager)) {
    expect(made[name]!.shape, `shape of ${name}`).toEqual(shape)
    expect(made[name]!.data.constructor, `type of ${name}`).toBe(data.constructor)
    expectClose(made[name]!.data, data, name)
  }
  if (gradients === 'tf') return
  for (const i of floats) expectSlopes(lossOf(like), Object.values(host), i, made[`d${i}`]!.data, `d${i}`)
}

async function compiled(program: ReturnType<typeof programOf>, host: HostTensors, inputs: readonly Input[]): Promise<HostTensors> {
  const signature: Signature = {
    inputs: Object.fromEntries(inputs.map(({ shape, dtype }, i) => [`x${i}`, { shape, dtype: dtype ?? 'float32' }])),
  }
  const made = await (await cpu()).compile(program, signature)
  try {
    return await made.run(host)
  } finally {
    await made.dispose()
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
      Object.entries(outputs).map(([name, tensor]) => [name, { data: ofType(tensor.dtype, tensor.dataSync()), shape: tensor.shape }]),
    ) as never
  })
}

/** tf.js's CPU backend casts by changing the type alone: what is called integers may lie among floats. */
function ofType(dtype: tf.DataType, data: ArrayLike<number>): HostTensors[string]['data'] {
  if (dtype === 'float32') return Float32Array.from(data)
  return dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data)
}
