import { describe, expect, it, vi } from 'vitest'
import { Graph } from '../../src/tensor/graph.ts'
import { openDevice, type ProgramFn, type Signature, tf } from '../../src/tensor/index.ts'
import { blueprintOf } from '../../src/tensor/native/blueprint.ts'
import { loadNative } from '../../src/tensor/native/library.ts'
import { NativeProgram } from '../../src/tensor/native/nativeProgram.ts'
import { trace } from '../../src/tensor/trace.ts'
import { planUpdates } from '../../src/tensor/update/plan.ts'
import { largestDifference, numbers } from './numbers.ts'

const SIZE = 100_003
const signature: Signature = {
  inputs: { x: { shape: [SIZE] }, rate: { shape: [] } },
  state: { w: { shape: [SIZE] }, m: { shape: [SIZE] }, v: { shape: [SIZE] }, still: { shape: [3] }, turns: { shape: [2, 2] } },
}

/** Momentum with a division, a state that no step changes, and one that is no element-wise expression of itself. */
const step: ProgramFn = ({ x, rate }, { w, m, v, turns }) => {
  const gradient = tf.sin(tf.add(w!, x!))
  const norm = tf.sqrt(tf.sum(tf.square(gradient)))
  const clipped = tf.mul(gradient, tf.minimum(tf.div(3, norm), 1))
  const first = tf.add(tf.mul(m!, 0.9), clipped)
  const second = tf.maximum(tf.add(tf.mul(v!, 0.99), tf.square(clipped)), tf.abs(tf.neg(clipped)))
  return {
    outputs: { norm },
    state: {
      w: tf.sub(w!, tf.div(tf.mul(first, rate!), tf.add(tf.sqrt(second), 1e-3))),
      m: first,
      v: second,
      turns: tf.matMul(turns as tf.Tensor2D, tf.tensor2d([0, 1, -1, 0], [2, 2])),
    },
  }
}

const state = {
  w: { data: numbers(SIZE, 1), shape: [SIZE] },
  m: { data: numbers(SIZE, 2), shape: [SIZE] },
  v: { data: numbers(SIZE, 3, 0, 1), shape: [SIZE] },
  still: { data: Float32Array.of(1, 2, 3), shape: [3] },
  turns: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
}
const inputs = { x: { data: numbers(SIZE, 4), shape: [SIZE] }, rate: { data: Float32Array.of(0.1), shape: [] } }

async function stepsOf(threads: number, steps: number) {
  const program = new NativeProgram(blueprintOf(trace(step, signature)), signature, loadNative(), { threads })
  await program.writeState(state)
  for (let k = 0; k < steps; k++) await program.run(inputs)
  const made = await program.readState()
  await program.dispose()
  return made
}

describe('updates of the state', () => {
  it('are found where they are element-wise, all that read one another in one pass', () => {
    const updates = planUpdates(trace(step, signature))
    expect(updates).toHaveLength(1)
    const [update] = updates
    expect(new Set(update!.states)).toEqual(new Set(['w', 'm', 'v']))
    expect(update!.kernel).toMatchObject({ tensors: 4, scalars: 2 })
    expect(update!.kernel.steps.map(({ op }) => op)).toEqual(expect.arrayContaining(['sqrt', 'max', 'abs', 'neg', 'div', 'sub']))
  })

  it('leave alone what reads elements of others, or is not a number', () => {
    const other: Signature = { inputs: {}, state: { a: { shape: [2, 3] }, b: { shape: [3] }, n: { shape: [4], dtype: 'int32' } } }
    const updates = planUpdates(
      trace(
        (_, { a, b, n }) => ({ outputs: {}, state: { a: tf.add(a!, b!), b: tf.mul(b!, 2), n: tf.add(n!, tf.scalar(1, 'int32')) } }),
        other,
      ),
    )
    // a is its old self plus b broadcast, which is a tensor of another size: the sum is a node of the graph.
    expect(updates.map(({ states }) => states)).toEqual([['b']])
  })

  it('go where tf.js goes, whatever the number of threads, to the same bits', async () => {
    void tf.setBackend('cpu')
    const expected = tf.tidy(() => {
      let now = Object.fromEntries(Object.entries(state).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]))
      const given = Object.fromEntries(Object.entries(inputs).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]))
      for (let k = 0; k < 3; k++) now = { ...now, ...step(given, now).state }
      return Object.fromEntries(Object.entries(now).map(([name, tensor]) => [name, tensor.dataSync().slice()]))
    })
    const [one, three] = [await stepsOf(1, 3), await stepsOf(3, 3)]
    expect(three).toEqual(one)
    for (const [name, data] of Object.entries(expected)) {
      expect(largestDifference(one[name]!.data, data), name).toBeLessThan(1e-4)
    }
  })

  it('see a size of one as a tensor, not as a number for all', async () => {
    const device = await openDevice('cpu')
    const one: Signature = { inputs: { g: { shape: [1] } }, state: { a: { shape: [1] }, b: { shape: [5] } } }
    const program = await device.compile(({ g }, { a, b }) => ({ outputs: {}, state: { a: tf.sub(a!, g!), b: tf.mul(b!, a!) } }), one)
    await program.writeState({ a: { data: Float32Array.of(3), shape: [1] }, b: { data: Float32Array.of(1, 2, 3, 4, 5), shape: [5] } })
    await program.run({ g: { data: Float32Array.of(1), shape: [1] } })
    await program.run({ g: { data: Float32Array.of(1), shape: [1] } })
    // b is multiplied by the old a of each step: 3, then 2.
    expect(await program.readState()).toEqual({
      a: { data: Float32Array.of(1), shape: [1] },
      b: { data: Float32Array.of(6, 12, 18, 24, 30), shape: [5] },
    })
    await program.dispose()
  })

  it('read state that the graph computes anew as it was before the step', async () => {
    const both: Signature = { inputs: {}, state: { a: { shape: [2, 2] }, b: { shape: [2, 2] } } }
    const device = await openDevice('cpu')
    const program = await device.compile(
      (_, { a, b }) => ({
        outputs: { a: a! },
        state: { a: tf.add(a!, b!), b: tf.matMul(b as tf.Tensor2D, tf.tensor2d([0, 1, 1, 0], [2, 2])) },
      }),
      both,
    )
    await program.writeState({
      a: { data: Float32Array.of(0, 0, 0, 0), shape: [2, 2] },
      b: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
    })
    const seen = [await program.run({}), await program.run({}), await program.run({})].map(({ a }) => [...a!.data])
    expect(seen).toEqual([
      [0, 0, 0, 0],
      [1, 2, 3, 4],
      [3, 3, 7, 7],
    ])
    expect([...(await program.readState())['a']!.data]).toEqual([4, 5, 10, 11])
    await program.dispose()
  })

  it.each([
    [1, ['lr', 'w']],
    [2, ['lr', 'w']],
    [1, ['w', 'lr']],
    [2, ['w', 'lr']],
  ] as const)('read a number of the state as it was before the step (%i threads, %j)', async (threads, order) => {
    const N = 1 << 18
    const shapes = { lr: { shape: [1] }, w: { shape: [N] } }
    const both: Signature = { inputs: { g: { shape: [N] } }, state: Object.fromEntries(order.map((name) => [name, shapes[name]])) }
    const fn: ProgramFn = ({ g }, { lr, w }) => ({ outputs: {}, state: { lr: tf.mul(lr!, 0.5), w: tf.sub(w!, tf.mul(g!, lr!)) } })
    const program = new NativeProgram(blueprintOf(trace(fn, both)), both, loadNative(), { threads })
    await program.writeState({ lr: { data: Float32Array.of(1), shape: [1] }, w: { data: new Float32Array(N), shape: [N] } })
    const seen: number[][] = []
    for (let k = 0; k < 3; k++) {
      await program.run({ g: { data: new Float32Array(N).fill(1), shape: [N] } })
      const { lr, w } = await program.readState()
      expect(new Set(w!.data).size).toBe(1)
      seen.push([lr!.data[0]!, w!.data[0]!])
    }
    expect(seen).toEqual([
      [0.5, -1],
      [0.25, -1.5],
      [0.125, -1.75],
    ])
    await program.dispose()
  })

  it('are all there is to some programs', async () => {
    const device = await openDevice('cpu', { threads: 2 })
    const program = await device.compile((_, { u }) => ({ outputs: {}, state: { u: tf.mul(u!, 0.5) } }), {
      inputs: {},
      state: { u: { shape: [3] } },
    })
    await program.writeState({ u: { data: Float32Array.of(8, 4, -2), shape: [3] } })
    await program.run({})
    await program.run({})
    expect([...(await program.readState())['u']!.data]).toEqual([2, 1, -0.5])
    await program.dispose()
    await program.dispose()
  })

  it.each([0, -1, 1.5, Number.NaN])('are for a number of threads, which %s is none', async (threads) =>
    expect(openDevice('cpu', { threads })).rejects.toThrow(/expected a number of threads/),
  )

  it.each(['0', '-1', '1.5', 'two'])('are for a number of threads, which DFK_THREADS=%s is none', async (threads) => {
    vi.stubEnv('DFK_THREADS', threads)
    await expect(openDevice('cpu')).rejects.toThrow(new RegExp(`expected DFK_THREADS to be a number of threads.*"${threads}"`))
    await expect(openDevice('cpu', { threads: 1 })).resolves.toMatchObject({ name: 'cpu' })
    vi.unstubAllEnvs()
  })

  it('need no graph of their own', () => {
    expect(planUpdates({ graph: new Graph(), inputs: {}, outputs: {}, state: {}, nextState: {} })).toEqual([])
  })
})
