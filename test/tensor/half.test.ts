import { describe, expect, it } from 'vitest'
import { unscale } from '../../src/models/optimizer.ts'
import type { HostTensors, ProgramFn, Signature } from '../../src/tensor/index.ts'
import { openDevice, tf } from '../../src/tensor/index.ts'
import { OnnxProgram } from '../../src/tensor/onnxProgram.ts'
import { loadOnnxRuntime, type Runtime } from '../../src/tensor/onnxRuntime.ts'
import { type Trace, trace } from '../../src/tensor/trace.ts'
import { numbers } from './numbers.ts'

// ONNX Runtime's CPU provider rounds to half precision where a graph says so, at no gain: enough to see what a GPU would be told to compute.
const ort = loadOnnxRuntime()
const runtime: Runtime = {
  Tensor: ort.Tensor,
  deviceState: false,
  open: (model) => ort.InferenceSession.create(model, { executionProviders: ['cpu'], logSeverityLevel: 3 }),
}

const signature: Signature = { inputs: { x: { shape: [2, 8, 8, 8] } }, state: { f: { shape: [3, 3, 8, 16] }, w: { shape: [256, 4] } } }
const start: HostTensors = {
  f: { data: numbers(1152, 1, -0.1, 0.1), shape: [3, 3, 8, 16] },
  w: { data: numbers(1024, 2, -0.1, 0.1), shape: [256, 4] },
}
const x = { x: { data: numbers(1024, 3), shape: [2, 8, 8, 8] } }

const step: ProgramFn = (inputs, { f, w }) => {
  const loss = (filter: tf.Tensor, weights: tf.Tensor): tf.Scalar => {
    const map = tf.leakyRelu(tf.conv2d(inputs['x'] as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same'), 0.1)
    return tf.mean(tf.square(tf.sub(tf.matMul(tf.reshape(map, [2, 256]), weights as tf.Tensor2D), 0.5)))
  }
  const { value, grads } = tf.valueAndGrads(loss as (...t: tf.Tensor[]) => tf.Scalar)([f!, w!])
  const [df, dw] = grads as [tf.Tensor, tf.Tensor]
  return { outputs: { loss: value }, state: { f: tf.sub(f!, tf.mul(df, 0.5)), w: tf.sub(w!, tf.mul(dw, 0.5)) } }
}

async function train(traced: Trace): Promise<{ losses: number[]; state: HostTensors }> {
  const program = new OnnxProgram(traced, signature, runtime)
  await program.writeState(start)
  const losses: number[] = []
  for (let k = 0; k < 20; k++) losses.push((await program.run(x))['loss']!.data[0]!)
  const state = await program.readState()
  await program.dispose()
  return { losses, state }
}

describe('half precision', () => {
  it('rounds products alone, and trains to nearly the same place', async () => {
    const [half, full] = [await train(trace(step, signature, { half: true })), await train(trace(step, signature))]
    expect(half.losses).not.toEqual(full.losses)
    half.losses.forEach((loss, k) => {
      expect(Math.abs(loss - full.losses[k]!) / full.losses[0]!).toBeLessThan(1e-3)
    })
    expect(half.losses.at(-1)).toBeLessThan(0.2 * half.losses[0]!)
    // Master weights are float32: steps smaller than half precision could tell are kept.
    const rounded = half.state['w']!.data.filter((value) => Math.fround(value) !== roundToHalf(value))
    expect(rounded.length).toBeGreaterThan(900)
  })

  it('is refused where it would only be slower', async () => {
    const device = await openDevice('cpu')
    await expect(device.compile(step, signature, { precision: 'float16' })).rejects.toThrow(/--precision float32 on the device cpu/)
  })
})

describe('a scaled loss', () => {
  const ofGradient = (values: number[], scale: number) => {
    const { gradients, sound } = unscale({ w: tf.tensor1d(values) }, tf.scalar(scale))
    return { w: [...gradients['w']!.dataSync()], sound: sound.dataSync()[0] }
  }

  it('is divided out again', () => expect(ofGradient([8, -16], 8)).toEqual({ w: [1, -2], sound: 1 }))
  it.each([Number.POSITIVE_INFINITY, Number.NaN])('with a gradient of %s counts for nothing', (value) =>
    expect(ofGradient([1, value], 8)).toEqual({ w: [0, 0], sound: 0 }),
  )
})

/** To the 11 bits of a half's significand, for numbers of ordinary size. */
function roundToHalf(value: number): number {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10)
  return Math.round(value / unit) * unit
}
