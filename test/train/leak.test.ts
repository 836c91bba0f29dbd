import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Device, openDevice, tf } from '../../src/tensor/index.ts'
import { trainRun } from '../../src/train/train.ts'
import { scratchFolder } from '../support/data.ts'
import { makeFaceset } from './fixture.ts'
import { intendTiny } from './tiny.ts'

let home: string
let device: Device

beforeAll(async () => {
  home = scratchFolder('leak')
  const cpu = await openDevice('cpu')
  // Nothing is kept compiled, so that the networks which validation looks with are loaded, each time.
  device = {
    ...cpu,
    compile: (source, signature, options) => cpu.compile(source, signature, signature.state === undefined ? {} : options),
  }
  await makeFaceset(home, 'ann')
  await makeFaceset(home, 'bob')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('tensors', () => {
  it('are as many after every step, checkpoint, preview and validation, and after the training as before it', async () => {
    const before = tf.memory().numTensors
    const counts = new Set<number>()
    const onProgress = () => counts.add(tf.memory().numTensors)
    // Through every phase: each compiles a program of its own.
    const options = { saveEvery: 3, previewEvery: 4, onProgress }
    await trainRun(await intendTiny(home, 'whole'), device, { plan: { kind: 'steps', total: 16 }, ...options })
    // Between: none but the weights of the networks that validation looks with, once it does.
    expect(counts.size).toBe(2)
    expect(Math.min(...counts)).toBe(before)
    expect(tf.memory().numTensors).toBe(before)
    await trainRun(await intendTiny(home, 'whole'), device, { plan: { kind: 'steps', total: 20 }, ...options })
    expect(tf.memory().numTensors).toBe(before)
  })

  it('do not stay of a training that goes wrong', async () => {
    const before = tf.memory().numTensors
    const intent = await intendTiny(home, 'wrong', { rate: 1e38 })
    await expect(trainRun(intent, device, { plan: { kind: 'steps', total: 40 }, saveEvery: 1, previewEvery: 1000 })).rejects.toThrow(
      /has not helped/,
    )
    expect(tf.memory().numTensors).toBe(before)
  })
})
