import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { adamRate } from '../../src/models/optimizer.ts'
import { initialState, stepSignature, trainStep } from '../../src/models/step.ts'
import { type Device, type HostTensors, openDevice, type ProgramFn, type Signature, tf } from '../../src/tensor/index.ts'
import { fuseAdam } from '../../src/tensor/tensorflow/adam.ts'
import { findNodeBackend, onTensorflow } from '../../src/tensor/tensorflow/binding.ts'
import type { StepGraph } from '../../src/tensor/tensorflow/graph.ts'
import { record } from '../../src/tensor/tensorflow/record.ts'
import { rewrite } from '../../src/tensor/tensorflow/rewrite.ts'
import { expectClose, numbers } from './against.ts'
import { firstState, ganSignature, ganStep, stackedInputs } from './gan.ts'

const folder = join(fileURLToPath(new URL('../../.cache/tensorflow/node_modules', import.meta.url)), '@tensorflow', 'tfjs-node')
const built = existsSync(`${folder}/lib/napi-v8/tfjs_binding.node`)
if (built) process.env['DFK_TENSORFLOW'] = folder

const zero = (shape: readonly number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape })
const scalar = (value: number) => ({ data: Float32Array.of(value), shape: [] })
const vector = (...values: number[]) => ({ data: Float32Array.from(values), shape: [values.length] })

/** Adam as src/models and the benchmarks write it, on (x − w)². */
function adam(beta1: number, beta2: number, clipped: boolean): ProgramFn {
  return ({ x, rate }, { w, m, v }) => {
    const { value, grad } = tf.valueAndGrad((weight: tf.Tensor) => tf.sum(tf.square(tf.sub(x!, weight))))(w!)
    const gradient = clipped ? tf.mul(grad, tf.minimum(tf.div(1, tf.sqrt(tf.sum(tf.square(grad)))), 1)) : grad
    const first = tf.add(tf.mul(m!, beta1), gradient)
    const second = tf.add(tf.mul(v!, beta2), tf.square(gradient))
    const weight = tf.sub(w!, tf.div(tf.mul(first, rate!), tf.add(tf.sqrt(second), 1e-7)))
    return { outputs: { loss: value, old: w!, new: weight }, state: { w: weight, m: first, v: second } }
  }
}
const adamSignature: Signature = {
  inputs: { x: { shape: [4] }, rate: { shape: [] } },
  state: { w: { shape: [4] }, m: { shape: [4] }, v: { shape: [4] } },
}

interface Case {
  readonly fn: ProgramFn
  readonly signature: Signature
  readonly state: HostTensors
  readonly inputs: HostTensors
}

async function results(device: Device, { fn, signature, state, inputs }: Case): Promise<{ outputs: HostTensors; state: HostTensors }> {
  const program = await device.compile(fn, signature)
  await program.writeState(state)
  const outputs = await program.runMany(inputs)
  const after = await program.readState()
  await program.dispose()
  return { outputs, state: after }
}

function graphOf(fn: ProgramFn, signature: Signature): StepGraph | undefined {
  const graph = onTensorflow(() => record(fn, signature, findNodeBackend()!))
  if (graph === undefined) return undefined
  fuseAdam(graph)
  rewrite(graph)
  return graph
}

describe.skipIf(!built)('tensorflow as graphs', () => {
  let native: Device
  let onnx: Device
  beforeAll(async () => {
    ;[native, onnx] = [await openDevice('tensorflow'), await openDevice('cpu')]
  })

  async function expectAlike(tried: Case, tolerance?: number): Promise<void> {
    const before = tf.memory().numTensors
    const made = await results(native, tried)
    expect(tf.memory().numTensors).toBe(before)
    const wanted = await results(onnx, tried)
    for (const part of ['outputs', 'state'] as const) {
      expect(Object.keys(made[part]).sort()).toEqual(Object.keys(wanted[part]).sort())
      for (const [name, { data, shape }] of Object.entries(wanted[part])) {
        expect(made[part][name]!.shape, name).toEqual(shape)
        expectClose(made[part][name]!.data, data, name, tolerance)
      }
    }
  }

  for (const [beta1, beta2, clipped] of [
    [0.9, 0.99, true],
    [0.9, 0.999, false],
  ] as const) {
    it(`make Adam with β ${beta1} and ${beta2} one operation, and change nothing but rounding`, async () => {
      const fn = adam(beta1, beta2, clipped)
      const graph = graphOf(fn, adamSignature)!
      expect(graph.updates.map(({ op }) => op)).toEqual(['ResourceApplyAdam'])
      const inputs = { x: { data: numbers(12, 3), shape: [3, 4] }, rate: vector(0.1, 0.1, 0.05) }
      await expectAlike({ fn, signature: adamSignature, state: { w: vector(1, 2, 3, 4), m: zero([4]), v: vector(1, 0, 1, 0.5) }, inputs })
    })
  }

  it('leave an optimizer alone that is another', async () => {
    expect(graphOf(ganStep, ganSignature)!.updates).toEqual([])
    await expectAlike({ fn: ganStep, signature: ganSignature, state: firstState(), inputs: stackedInputs(3) })
  })

  it('take the training step of both networks', async () => {
    const shapes = {
      generator: { sizePx: 32, encoder: [4, 4, 8, 8], code: 8, landmarks: 6, inner: 8, decoder: [8, 8, 4, 4], residuals: 1 },
      discriminator: { base: 4, depth: 2 },
    }
    const parts = { average: true, adversarial: true }
    const signature = stepSignature(shapes, 2, parts)
    const fn = trainStep(shapes, parts)
    const graph = graphOf(fn, signature)!
    const weights = Object.keys(signature.state!).filter((name) => /^(d\.)?weights\//.test(name))
    expect(graph.updates).toHaveLength(weights.length)
    const ops = graph.builder.nodes.map(({ op }) => op)
    for (const op of ['LeakyReluGrad', 'BiasAdd', 'BiasAddGrad', 'L2Loss']) expect(ops).toContain(op)
    const rates: Record<string, number> = { generatorRate: adamRate(1e-3, 9), discriminatorRate: adamRate(1e-3, 9), adversarialWeight: 0.1 }
    const inputs: HostTensors = Object.fromEntries(
      Object.entries(signature.inputs).map(([name, { shape }], i) =>
        shape.length === 0
          ? [name, vector(rates[name] ?? 0.9, rates[name] ?? 0.9)]
          : [name, { data: numbers(2 * shape.reduce((a, b) => a * b, 1), i, 0, 1), shape: [2, ...shape] }],
      ),
    )
    await expectAlike({ fn, signature, state: initialState(shapes, 1), inputs }, 1e-3)
  })

  it('keep the slope of leakyRelu of a sum behind a convolution, which libtensorflow loses', async () => {
    const fn: ProgramFn = ({ x }, { w, b }) => {
      const moved = tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), b!)
      return { outputs: { y: tf.leakyRelu(tf.add(x!, moved), 0.5) } }
    }
    const signature: Signature = { inputs: { x: { shape: [2, 8, 8, 8] } }, state: { w: { shape: [3, 3, 8, 8] }, b: { shape: [8] } } }
    const state = { w: { data: numbers(576, 1), shape: [3, 3, 8, 8] }, b: { data: numbers(8, 2), shape: [8] } }
    await expectAlike({ fn, signature, state, inputs: { x: { data: numbers(1024, 3), shape: [1, 2, 8, 8, 8] } } })
  })

  it('keep state that is swapped, comes from an input, stays or stands under two names', async () => {
    const fn: ProgramFn = ({ x }, { a, b }) => ({
      outputs: { a: a!, x: x! },
      state: { a: b!, b: a!, c: tf.reshape(x!, [1, 2]), d: x!, e: x! },
    })
    const shapes = { a: [2], b: [2], c: [1, 2], d: [2], e: [2], f: [1] }
    const state = Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, { data: numbers(shape.at(-1)!, i), shape }]))
    const signature: Signature = {
      inputs: { x: { shape: [2] }, unread: { shape: [1] } },
      state: Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }])),
    }
    const inputs = { x: { data: numbers(6, 9), shape: [3, 2] }, unread: { data: new Float32Array(3), shape: [3, 1] } }
    await expectAlike({ fn, signature, state, inputs })
  })

  it('take the same bits of steps from state that was read and written back', async () => {
    const fused = { fn: adam(0.9, 0.99, true), signature: adamSignature, state: { w: vector(1, 2, 3, 4), m: zero([4]), v: zero([4]) } }
    const fusedInputs = { x: { data: numbers(12, 3), shape: [3, 4] }, rate: vector(0.1, 0.1, 0.1) }
    for (const { fn, signature, state, inputs } of [
      { ...fused, inputs: fusedInputs },
      { fn: ganStep, signature: ganSignature, state: firstState(), inputs: stackedInputs(3) },
    ]) {
      const start = await native.compile(fn, signature)
      await start.writeState(state)
      await start.runMany(inputs)
      const resumed = await native.compile(fn, signature)
      await resumed.writeState(await start.readState())
      const [a, b] = [await start.runMany(inputs), await resumed.runMany(inputs)]
      expect(b).toEqual(a)
      expect(await resumed.readState()).toEqual(await start.readState())
      await Promise.all([start.dispose(), resumed.dispose()])
    }
  })

  it('run a program eagerly that fails on zeros', async () => {
    const signature: Signature = { inputs: { a: { shape: [], dtype: 'int32' }, b: { shape: [], dtype: 'int32' } } }
    const program = await native.compile(({ a, b }) => ({ outputs: { y: tf.floorDiv(a!, b!) } }), signature)
    const inputs = { a: { data: Int32Array.of(7), shape: [] }, b: { data: Int32Array.of(2), shape: [] } }
    expect((await program.run(inputs))['y']!.data).toEqual(Int32Array.of(3))
    await program.dispose()
  })

  it('run a program eagerly that decides by what it computed', async () => {
    const before = tf.memory().numTensors
    const fn: ProgramFn = ({ x }) => ({ outputs: { y: tf.add(x!, 1).dataSync()[0]! > 3 ? tf.mul(x!, 2) : x! } })
    const signature = { inputs: { x: { shape: [] } } }
    expect(graphOf(fn, signature)).toBeUndefined()
    const program = await native.compile(fn, signature)
    const run = async (x: number) => (await program.run({ x: scalar(x) }))['y']!.data[0]
    expect([await run(1), await run(5)]).toEqual([1, 10])
    await program.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
