import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type HostTensors, openDevice, type ProgramFn, type Signature, tf } from '../../src/tensor/index.ts'
import { removeOldest } from '../../src/tensor/native/compileCache.ts'
import { scratchFolder } from '../support/data.ts'
import { numbers } from './numbers.ts'

const signature: Signature = { inputs: { x: { shape: [8, 40] } }, state: { w: { shape: [40, 6] }, sum: { shape: [6] } } }
const start: HostTensors = { w: { data: numbers(240, 1), shape: [40, 6] }, sum: { data: numbers(6, 2), shape: [6] } }
const x = { x: { data: numbers(320, 3), shape: [8, 40] } }

/** A step of gradient descent, and a state that is no element-wise expression; `calls` counts how often it is traced. */
function counted(factor = 0.1): { step: ProgramFn; calls: () => number } {
  let calls = 0
  const step: ProgramFn = ({ x }, { w }) => {
    calls += 1
    const loss = (weights: tf.Tensor): tf.Scalar => tf.mean(tf.square(tf.matMul(x as tf.Tensor2D, weights as tf.Tensor2D)))
    const gradient = tf.grad(loss)(w!)
    return { outputs: { loss: loss(w!) }, state: { w: tf.sub(w!, tf.mul(gradient, factor)), sum: tf.sum(w!, 0) } }
  }
  return { step, calls: () => calls }
}

async function train(step: ProgramFn, cacheKey?: string): Promise<HostTensors> {
  const device = await openDevice('cpu', { threads: 1 })
  const program = await device.compile(step, signature, cacheKey === undefined ? {} : { cacheKey })
  await program.writeState(start)
  const { loss } = await program.run(x)
  await program.run(x)
  const made = { ...(await program.readState()), loss: loss! }
  await program.dispose()
  return made
}

let folder: string
beforeEach(() => {
  folder = scratchFolder('compiled')
  vi.stubEnv('DFK_CACHE', join(folder, 'deep'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

it('takes a program that was compiled before, with the same bits, without tracing it', async () => {
  const { step, calls } = counted()
  const [plain, first] = [await train(step), await train(step, 'a')]
  const before = calls()
  const again = await train(step, 'a')
  expect(calls()).toBe(before)
  expect(first).toEqual(plain)
  expect(again).toEqual(plain)
})

it('compiles anew under another key or signature', async () => {
  await train(counted().step, 'a')
  const other = counted(0.2)
  expect((await train(other.step, 'b'))['w']).not.toEqual((await train(counted().step, 'a'))['w'])
  expect(other.calls()).toBe(1)
  expect(readdirSync(join(folder, 'deep')).filter((name) => name.endsWith('.onnx'))).toHaveLength(2)
})

it('compiles anew where what it kept is damaged, and mends it', async () => {
  const { step, calls } = counted()
  const first = await train(step, 'a')
  const model = readdirSync(join(folder, 'deep')).find((name) => name.endsWith('.onnx'))!
  const { size } = statSync(join(folder, 'deep', model))
  truncateSync(join(folder, 'deep', model), size - 10)
  const before = calls()
  expect(await train(step, 'a')).toEqual(first)
  expect(calls()).toBe(before + 1)
  expect(statSync(join(folder, 'deep', model)).size).toBe(size)
})

it('compiles anew where what it kept is whole but no model', async () => {
  const { step, calls } = counted()
  const first = await train(step, 'a')
  const stem = join(folder, 'deep', readdirSync(join(folder, 'deep'))[0]!.slice(0, 32))
  writeFileSync(`${stem}.onnx`, 'no model')
  const kept = JSON.parse(readFileSync(`${stem}.json`, 'utf8'))
  writeFileSync(`${stem}.json`, JSON.stringify({ ...kept, sha256: createHash('sha256').update('no model').digest('hex') }))
  const before = calls()
  expect(await train(step, 'a')).toEqual(first)
  expect(await train(step, 'a')).toEqual(first)
  expect(calls()).toBe(before + 1)
})

it("leaves others' files alone", async () => {
  mkdirSync(join(folder, 'deep'))
  for (let i = 0; i < 20; i++) writeFileSync(join(folder, 'deep', `notes-${i}.json`), '{}')
  await train(counted().step, 'a')
  expect(readdirSync(join(folder, 'deep')).filter((name) => name.startsWith('notes'))).toHaveLength(20)
})

it('goes on without a cache where none can be written, and leaves nothing half-made', async () => {
  // A file stands where the folder would.
  vi.stubEnv('DFK_CACHE', join(fileURLToPath(import.meta.url), 'cache'))
  const { step } = counted()
  expect(await train(step, 'a')).toEqual(await train(step))
})

it('loads no program that it has kept, and loads one that it has not', async () => {
  const { step } = counted()
  const device = await openDevice('cpu', { threads: 1 })
  const load = vi.fn(async () => step)
  for (const cacheKey of ['a', 'a', 'b']) await (await device.compile({ load }, signature, { cacheKey })).dispose()
  expect(load).toHaveBeenCalledTimes(2)
})

it('removes what was used longest ago where there is more than there is room for', () => {
  const stem = (i: number) => join(folder, `${i}`.repeat(32))
  for (let i = 0; i < 5; i++) {
    writeFileSync(`${stem(i)}.json`, '{}')
    writeFileSync(`${stem(i)}.onnx`, Buffer.alloc(100))
    utimesSync(`${stem(i)}.json`, 1_700_000_000 + i, 1_700_000_000 + i)
  }
  utimesSync(`${stem(0)}.json`, 1_700_000_009, 1_700_000_009)
  removeOldest(folder, 350)
  expect(readdirSync(folder).filter((name) => name.endsWith('.onnx'))).toEqual([0, 3, 4].map((i) => `${`${i}`.repeat(32)}.onnx`))
  expect(readdirSync(folder)).toHaveLength(6)
})
