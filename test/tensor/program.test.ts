import { describe, expect, it } from 'vitest'
import { exportOnnx, type HostTensors, openDevice, type ProgramFn, type Signature, type TensorMap, tf } from '../../src/tensor/index.ts'
import { expectClose, numbers } from './against.ts'

const device = await openDevice('cpu', { threads: 2 })

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
const ganStep: ProgramFn = ({ x, rate }, state) => {
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

const signature: Signature = {
  inputs: { x: { shape: [2, 8, 8, 3] }, rate: { shape: [] } },
  state: Object.fromEntries(Object.entries(SHAPES).flatMap(([name, shape]) => ['', '/m', '/v'].map((part) => [name + part, { shape }]))),
}

const firstState = (): HostTensors =>
  Object.fromEntries(
    Object.entries(signature.state!).map(([name, { shape }], i) => {
      const size = shape.reduce((a, b) => a * b, 1)
      return [name, { data: name.includes('/') ? new Float32Array(size) : numbers(size, i, -0.3, 0.3), shape }]
    }),
  )

const STEPS = 5
const inputsOf = (step: number): HostTensors => ({
  x: { data: numbers(2 * 8 * 8 * 3, 50 + step, 0, 1), shape: [2, 8, 8, 3] },
  rate: { data: Float32Array.of(0.01), shape: [] },
})
const stackedInputs = (): HostTensors => ({
  x: { data: Float32Array.from(Array.from({ length: STEPS }, (_, k) => [...inputsOf(k)['x']!.data]).flat()), shape: [STEPS, 2, 8, 8, 3] },
  rate: { data: new Float32Array(STEPS).fill(0.01), shape: [STEPS] },
})

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

async function stepByStep(): Promise<{ losses: number[]; state: HostTensors }> {
  const program = await device.compile(ganStep, signature)
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
    const program = await device.compile(ganStep, signature)
    await program.writeState(firstState())
    const { g, d } = await program.runMany(stackedInputs())
    expect(g!.shape).toEqual([STEPS])
    expect(Array.from(g!.data).flatMap((value, k) => [value, d!.data[k]!])).toEqual(first.losses)
    expect(await program.readState()).toEqual(first.state)
    await program.dispose()
  })

  it('takes calls in the order they come, awaited or not', async () => {
    const program = await device.compile(ganStep, signature)
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

  it('refuse to be read while traced, and kernels that they lack', async () => {
    await expect(device.compile(({ x }) => ({ outputs: { y: tf.tensor(x!.dataSync()) } }), three)).rejects.toThrow(/never reads tensors/)
    await expect(device.compile(({ x }) => ({ outputs: { y: tf.spectral.rfft(x!) } }), three)).rejects.toThrow(/found (Complex|FFT|PadV2)/)
    expect(tf.getBackend()).not.toMatch(/trace/)
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
