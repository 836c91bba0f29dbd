import { describe, expect, it } from 'vitest'
import {
  type Device,
  exportOnnx,
  type HostTensors,
  openDevice,
  type ProgramFn,
  type Signature,
  type TensorMap,
  tf,
} from '../../src/tensor/index.ts'
import { type Body, expectClose, expectLikeTf, numbers } from './against.ts'
import { firstState, ganSignature, ganStep, inputsOf, stackedInputs } from './gan.ts'

const device = await openDevice('cpu', { threads: 2 })

const STEPS = 5

function eagerSteps(): { losses: number[]; state: HostTensors } {
  void tf.setBackend('cpu')
  const tensors = (host: HostTensors): TensorMap =>
    Object.fromEntries(Object.entries(host).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]))
  let state = tensors(firstState())
  const losses: number[] = []
  for (let k = 0; k < STEPS; k++) {
    const { outputs, state: next } = ganStep(tensors(inputsOf(k)), state)
    state = next!
    losses.push(outputs['g']!.dataSync()[0]!, outputs['d']!.dataSync()[0]!)
  }
  const host = Object.entries(state).map(
    ([name, tensor]) => [name, { data: tensor.dataSync() as Float32Array, shape: tensor.shape }] as const,
  )
  return { losses, state: Object.fromEntries(host) }
}

async function stepByStep(on: Device = device): Promise<{ losses: number[]; state: HostTensors }> {
  const program = await on.compile(ganStep, ganSignature)
  await program.writeState(firstState())
  const losses: number[] = []
  for (let k = 0; k < STEPS; k++) {
    const { g, d } = await program.run(inputsOf(k))
    losses.push(g!.data[0]!, d!.data[0]!)
  }
  const state = await program.readState()
  await program.dispose()
  return { losses, state }
}

describe('a training step of two networks', () => {
  it('goes where eager tf.js goes', async () => {
    const [eager, compiled] = [eagerSteps(), await stepByStep()]
    expectClose(compiled.losses, eager.losses, 'losses')
    for (const [name, { data }] of Object.entries(eager.state)) expectClose(compiled.state[name]!.data, data, name, 1e-3)
  })

  it('gives the same bits when it runs again, and when its steps run in one call', async () => {
    const [first, second] = [await stepByStep(), await stepByStep()]
    expect(second).toEqual(first)
    const program = await device.compile(ganStep, ganSignature)
    await program.writeState(firstState())
    const { g, d } = await program.runMany(stackedInputs(STEPS))
    expect(g!.shape).toEqual([STEPS])
    expect(Array.from(g!.data).flatMap((value, k) => [value, d!.data[k]!])).toEqual(first.losses)
    expect(await program.readState()).toEqual(first.state)
    await program.dispose()
  })

  it('gives the same bits on one thread, and beside other work', async () => {
    const first = await stepByStep()
    for (const other of [{ threads: 1 }, { threads: 2, sharesCores: true }])
      expect(await stepByStep(await openDevice('cpu', other))).toEqual(first)
  })

  it('takes calls in the order they come, awaited or not', async () => {
    const program = await device.compile(ganStep, ganSignature)
    void program.writeState(firstState())
    const results = await Promise.all(Array.from({ length: STEPS }, (_, k) => program.run(inputsOf(k))))
    const { losses } = await stepByStep()
    expect(results.flatMap(({ g, d }) => [g!.data[0]!, d!.data[0]!])).toEqual(losses)
    await program.dispose()
  })
})

describe('programs', () => {
  const twice: ProgramFn = ({ x }) => ({ outputs: { y: tf.mul(x!, 2) } })
  const three: Signature = { inputs: { x: { shape: [3] } } }

  it('return inputs, constants and one tensor under two names', async () => {
    const constant = tf.tensor1d([1, 2, 3])
    const fn: ProgramFn = ({ x }, { s, kept }) => {
      const y = tf.add(x!, s!)
      return { outputs: { x: x!, y, again: y, constant, kept: kept! }, state: { s: y } }
    }
    const program = await device.compile(fn, { inputs: three.inputs, state: { s: { shape: [3] }, kept: { shape: [3] } } })
    constant.dispose()
    await program.writeState({ s: { data: Float32Array.of(1, 1, 1), shape: [3] }, kept: { data: Float32Array.of(7, 8, 9), shape: [3] } })
    const x = Float32Array.of(5, 6, 7)
    const one = await program.run({ x: { data: x, shape: [3] } })
    expect(Object.fromEntries(Object.entries(one).map(([name, { data }]) => [name, [...data]]))).toEqual({
      x: [5, 6, 7],
      y: [6, 7, 8],
      again: [6, 7, 8],
      constant: [1, 2, 3],
      kept: [7, 8, 9],
    })
    const two = await program.runMany({ x: { data: Float32Array.of(...x, ...x), shape: [2, 3] } })
    expect([...two['again']!.data]).toEqual([11, 13, 15, 16, 19, 22])
    expect([...two['kept']!.data]).toEqual([7, 8, 9, 7, 8, 9])
    await program.dispose()
  })

  it('refuse to be read while traced', async () => {
    await expect(device.compile(({ x }) => ({ outputs: { y: tf.tensor(x!.dataSync()) } }), three)).rejects.toThrow(/never reads tensors/)
    expect(tf.getBackend()).not.toMatch(/trace/)
  })

  it.each([
    [
      'conv3d asked for the kernel Conv3D',
      /2-D/,
      (x) => tf.conv3d(tf.reshape(x, [1, 1, 1, 3, 1]) as tf.Tensor5D, tf.ones([1, 1, 1, 1, 2]), 1, 'same'),
    ],
    ['complex asked for the kernel Complex', /sines/, (x) => tf.spectral.rfft(x)],
    ['unique asked for the kernel Unique', /depends on the data/, (x) => tf.unique(x).values],
    ['bincount asked for the kernel Bincount', /add Bincount/, (x) => tf.bincount(tf.cast(x, 'int32') as tf.Tensor1D, [], 4)],
    [
      'conv2d asked for the kernel Conv2D',
      /transpose/,
      (x) => tf.conv2d(tf.reshape(x, [1, 3, 1, 1]) as tf.Tensor4D, tf.ones([1, 1, 3, 2]), 1, 'same', 'NCHW'),
    ],
    ['add asked for the kernel Add: expected numbers but found a tensor of bool', /cast/, (x) => tf.add(tf.greater(x, 0), tf.less(x, 1))],
    ['found dropout', /draw them outside/, (x) => tf.dropout(x, 0.5)],
    ['found randomNormal', /draw them outside/, (x) => tf.add(x, tf.randomNormal([3]))],
  ] as [string, RegExp, (x: tf.Tensor) => tf.Tensor][])('refuse what the tracer lacks: %s', async (message, hint, body) => {
    const refused = device.compile(({ x }) => ({ outputs: { y: body(x!) } }), three)
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toMatchObject({ hint: expect.stringMatching(hint) })
  })

  it('leave no tensor behind', async () => {
    await expectLikeTf(tf.add as Body, [{ shape: [2] }, { shape: [2] }])
    const before = tf.memory().numTensors
    await expectLikeTf(tf.add as Body, [{ shape: [2] }, { shape: [2] }])
    expect(tf.memory().numTensors).toBe(before)
  })

  it('refuse inputs of other shapes, types and names', async () => {
    const program = await device.compile(twice, three)
    await expect(program.run({})).rejects.toThrow(/expected input "x" but found none/)
    await expect(program.run({ x: { data: new Float32Array(4), shape: [4] } })).rejects.toThrow(/shape \[3\] but found \[4\]/)
    await expect(program.run({ x: { data: new Int32Array(3), shape: [3] } })).rejects.toThrow(/Float32Array/)
    await expect(program.writeState({ s: { data: new Float32Array(3), shape: [3] } })).rejects.toThrow(/found "s"/)
    await program.dispose()
    await expect(program.run({ x: { data: new Float32Array(3), shape: [3] } })).rejects.toThrow(/disposed/)
  })

  it('refuse to start without their state', async () => {
    const program = await device.compile(({ x }, { s }) => ({ outputs: { y: tf.add(x!, s!) } }), { ...three, state: { s: { shape: [3] } } })
    await expect(program.run({ x: { data: new Float32Array(3), shape: [3] } })).rejects.toThrow(/writeState/)
    await program.dispose()
  })

  it('are saved as ONNX with their weights inside and their names kept', async () => {
    const filter = tf.tensor4d(numbers(3 * 3 * 3 * 4, 1), [3, 3, 3, 4])
    const fn: ProgramFn = ({ 'picture:0': picture }) => ({ outputs: { edges: tf.conv2d(picture as tf.Tensor4D, filter, 1, 'same') } })
    const model = exportOnnx(fn, { inputs: { 'picture:0': { shape: [1, 5, 5, 3] } } })
    const ort = (await import('onnxruntime-node')) as typeof import('onnxruntime-node')
    const session = await ort.InferenceSession.create(model)
    expect([session.inputNames, session.outputNames]).toEqual([['picture:0'], ['edges']])
    const data = numbers(75, 2)
    const { edges } = await session.run({ 'picture:0': new ort.Tensor('float32', data, [1, 5, 5, 3]) })
    expectClose(edges!.data as Float32Array, tf.conv2d(tf.tensor4d(data, [1, 5, 5, 3]), filter, 1, 'same').dataSync())
    expect(() => exportOnnx((_, { s }) => ({ outputs: { y: s! } }), { inputs: {}, state: { s: { shape: [1] } } })).toThrow(/without state/)
    expect(() => exportOnnx(({ x }) => ({ outputs: { x: tf.neg(x!) } }), three)).toThrow(/different names/)
  })
})
