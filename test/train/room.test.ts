import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PRESETS } from '../../src/models/presets.ts'
import { initialState } from '../../src/models/step.ts'
import { latestCheckpoint, openRun } from '../../src/store/checkpoint.ts'
import { checkpointBytes, filesBytes } from '../../src/store/room.ts'
import { type Device, openDevice } from '../../src/tensor/index.ts'
import type { TrainOptions } from '../../src/train/options.ts'
import { trainRun } from '../../src/train/train.ts'
import { scratchFolder } from '../support/data.ts'
import { makeFaceset } from './fixture.ts'
import { intendTiny } from './tiny.ts'

let home: string
let device: Device

beforeAll(async () => {
  home = scratchFolder('room')
  device = await openDevice('cpu')
  await makeFaceset(home, 'ann')
  await makeFaceset(home, 'bob')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

async function train(name: string, total: number, more: Partial<TrainOptions>) {
  return trainRun(await intendTiny(home, name), device, { plan: { kind: 'steps', total }, saveEvery: 4, previewEvery: 1000, ...more })
}

const stepsOf = (name: string) => readdirSync(join(home, 'checkpoints', name)).filter((file) => file.startsWith('step-'))

describe('room on the disk', () => {
  it('is asked for before a run writes anything', async () => {
    const training = train('none', 12, { freeBytes: async () => 1e6 })
    await expect(training).rejects.toThrow(/expected \d+ MB of free disk for 3 checkpoints of none but found 1 MB in .*none/)
    await expect(training).rejects.toMatchObject({ exitCode: 1, hint: expect.stringMatching(/--keep 1.*DFK_HOME/) })
    expect(existsSync(join(home, 'checkpoints', 'none'))).toBe(false)
    await expect(train('none', 12, { milestoneEvery: 4, keep: 1, freeBytes: async () => 1e6 })).rejects.toThrow(/for 5 checkpoints/)
  })

  it('that runs out later leaves the checkpoint before, from which training goes on', async () => {
    let asked = 0
    // Before the run, before the save at step 4, and then no more.
    const freeBytes = async () => (++asked <= 2 ? 1e9 : 1e6)
    await expect(train('less', 12, { freeBytes })).rejects.toThrow(
      /expected \d+ MB of free disk for checkpoint step-000008 of less but found 1 MB/,
    )
    expect(stepsOf('less')).toEqual(['step-000004'])
    await train('less', 12, {})
    await train('enough', 12, {})
    expect(stepsOf('less')).toEqual(['step-000008', 'step-000012'])
    const sha256 = async (name: string) => (await latestCheckpoint(await openRun(home, name)))!.sha256
    expect(await sha256('less')).toEqual(await sha256('enough'))
  })

  it('is reckoned from the networks, as much as the state of their training takes', () => {
    const { quick } = PRESETS
    expect(checkpointBytes(quick)).toBe(filesBytes({ all: initialState(quick, 1) }))
    expect(checkpointBytes({ ...quick, training: { adversarialWeight: 0, adversarialFrom: 0.6 } })).toBeLessThan(checkpointBytes(quick))
    expect(checkpointBytes({ ...quick, training: { adversarialWeight: 1, adversarialFrom: 1 } })).toBeLessThan(checkpointBytes(quick))
  })
})
