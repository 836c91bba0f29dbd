import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type HostTensors, openDevice, type ProgramFn, probeDevices, type Signature, tf } from '../../src/tensor/index.ts'
import { expectClose, numbers } from './against.ts'

const folder = join(fileURLToPath(new URL('../../.cache/tensorflow/node_modules', import.meta.url)), '@tensorflow', 'tfjs-node')
const built = existsSync(`${folder}/lib/napi-v8/tfjs_binding.node`)
if (built) process.env['DFK_TENSORFLOW'] = folder

const step: ProgramFn = ({ x }, { w }) => {
  const loss = (filter: tf.Tensor): tf.Scalar =>
    tf.mean(tf.square(tf.sub(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same'), 0.5)))
  const { value, grad } = tf.valueAndGrad(loss as (filter: tf.Tensor) => tf.Tensor)(w!) as unknown as { value: tf.Tensor; grad: tf.Tensor }
  return { outputs: { loss: value }, state: { w: tf.sub(w!, tf.mul(grad, 0.1)) } }
}
const signature: Signature = { inputs: { x: { shape: [2, 6, 6, 3] } }, state: { w: { shape: [3, 3, 3, 4] } } }
const start: HostTensors = { w: { data: numbers(108, 1), shape: [3, 3, 3, 4] } }
const K = 3
const inputs: HostTensors = { x: { data: numbers(K * 216, 2), shape: [K, 2, 6, 6, 3] } }

async function train(device: 'cpu' | 'tensorflow'): Promise<{ losses: number[]; w: number[] }> {
  const program = await (await openDevice(device)).compile(step, signature)
  await program.writeState(start)
  const { loss } = await program.runMany(inputs)
  const { w } = await program.readState()
  await program.dispose()
  return { losses: [...loss!.data], w: [...w!.data] }
}

describe('devices', () => {
  it('say of each whether it works here, and why not', async () => {
    const devices = await probeDevices()
    expect(devices.map(({ name }) => name)).toEqual(['cpu', 'webgpu', 'cuda', 'tensorflow'])
    for (const { reason } of devices) expect(reason.length).toBeGreaterThan(10)
    for (const { name } of devices.filter(({ available }) => !available)) await expect(openDevice(name)).rejects.toThrow(/expected/)
    expect((await openDevice('auto')).reason).toMatch(/GPU/)
  })

  it.skipIf(!built)('tensorflow trains as cpu does (skipped until node scripts/build-tensorflow.mjs has run)', async () => {
    const before = tf.memory().numTensors
    const [native, onnx] = [await train('tensorflow'), await train('cpu')]
    expectClose(native.losses, onnx.losses, 'losses')
    expectClose(native.w, onnx.w, 'weights')
    expect(tf.memory().numTensors).toBe(before)
  })
})
