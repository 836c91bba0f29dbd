import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { latestCheckpoint, openRun } from '../../src/store/checkpoint.ts'
import { readRetargeting } from '../../src/store/retargeting.ts'
import { type Device, openDevice } from '../../src/tensor/index.ts'
import { trainRun } from '../../src/train/train.ts'
import { InterruptedError } from '../../src/work/errors.ts'
import { scratchFolder } from '../support/data.ts'
import { keepingNetworks } from '../support/networks.ts'
import { makeFaceset } from './fixture.ts'
import { intendTiny } from './tiny.ts'

let home: string
let device: Device
beforeAll(async () => {
  home = scratchFolder('lacking')
  device = keepingNetworks(await openDevice('cpu', { sharesCores: true }))
  await makeFaceset(home, 'ann')
  await makeFaceset(home, 'bob', { count: 80 })
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const every = { saveEvery: 1000, previewEvery: 1000 }
const steps = (total: number) => ({ plan: { kind: 'steps' as const, total }, ...every })
const newest = async (name: string) => (await latestCheckpoint(await openRun(home, name)))!

describe('what swaps lack of the movement of enough faces', () => {
  it('lies beside the weights, the same bits in halves as in one piece, and other bits after other steps', async () => {
    await trainRun(await intendTiny(home, 'whole'), device, steps(4))
    await trainRun(await intendTiny(home, 'halves'), device, steps(2))
    const half = await newest('halves')
    await trainRun(await intendTiny(home, 'halves'), device, steps(4))
    const whole = await newest('whole')
    expect((await newest('halves')).sha256).toEqual(whole.sha256)
    expect(whole.sha256['retargeting']).toMatch(/^[0-9a-f]{64}$/)
    expect(half.sha256['retargeting']).not.toBe(whole.sha256['retargeting'])
    const known = (await readRetargeting(whole))!
    expect(known.spread.length).toBeGreaterThan(3)
    expect(known.moved).toHaveLength(known.mean.length)
  })

  it('is there after an interruption as well', async () => {
    const abort = new AbortController()
    const stopped = trainRun(await intendTiny(home, 'stopped'), device, {
      ...steps(1000),
      signal: abort.signal,
      onProgress: ({ note }) => {
        if (note?.startsWith('step')) abort.abort()
      },
    })
    await expect(stopped).rejects.toThrow(InterruptedError)
    const { state, sha256 } = await newest('stopped')
    expect(state.step).toBeGreaterThan(0)
    expect(Object.keys(sha256).sort()).toEqual(['generator', 'retargeting', 'training'])
  })

  it('costs a warning, not the weights, where it cannot be measured', async () => {
    const warnings: string[] = []
    // The networks that look at faces are refused from now on; the generator's own programs are not.
    const broken: Device = {
      ...device,
      compile: async (fn, signature, options) => {
        if (options?.name === 'generator') throw new Error('no more programs')
        return device.compile(fn, signature, options)
      },
    }
    const failed = trainRun(await intendTiny(home, 'blind'), broken, { ...steps(3), onWarning: (message) => warnings.push(message) })
    await expect(failed).rejects.toThrow('no more programs')
    const { state, sha256 } = await newest('blind')
    expect([state.step, Object.keys(sha256).sort()]).toEqual([3, ['generator', 'training']])
    expect(warnings.filter((message) => message.startsWith('what swaps lack'))).toHaveLength(1)
  })
})
