import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { latestCheckpoint, type Run, saveCheckpoint } from '../../src/store/checkpoint.ts'
import { lockFolder } from '../../src/store/lock.ts'
import { scratchFolder } from '../support/data.ts'

let home: string
beforeAll(() => {
  home = scratchFolder('checkpoint')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

function emptyRun(name: string): Run {
  const folder = join(home, name)
  mkdirSync(folder)
  return { name, folder, config: {} as Run['config'] }
}

async function save(run: Run, step: number, keep = 2): Promise<void> {
  const tensors = { x: { data: Float32Array.of(step), shape: [1] } }
  await saveCheckpoint(run, { step, elapsedMs: step, fraction: 0, random: [1, 2, 3, 4] }, { generator: tensors }, keep)
}

describe('checkpoints', () => {
  it('gives back the newest, and keeps the last ones only', async () => {
    const run = emptyRun('keep')
    expect(await latestCheckpoint(run)).toBeUndefined()
    for (const step of [5, 10, 15]) await save(run, step)
    const found = (await latestCheckpoint(run))!
    expect(found.state.step).toBe(15)
    expect((await found.read('generator'))['x']!.data).toEqual(Float32Array.of(15))
    expect(readdirSync(run.folder).sort()).toEqual(['latest', 'step-000010', 'step-000015'])
  })

  it('overlooks what a kill left half written, and clears it away', async () => {
    const run = emptyRun('killed')
    await save(run, 1)
    mkdirSync(join(run.folder, 'step-000002.part'))
    writeFileSync(join(run.folder, 'step-000002.part', 'generator.safetensors'), 'half')
    expect((await latestCheckpoint(run))!.state.step).toBe(1)
    await save(run, 3)
    expect(existsSync(join(run.folder, 'step-000002.part'))).toBe(false)
  })

  it.each([
    ['a truncated file', (folder: string) => truncateSync(join(folder, 'generator.safetensors'), 20)],
    ['a missing file', (folder: string) => rmSync(join(folder, 'generator.safetensors'))],
    ['a broken state.json', (folder: string) => writeFileSync(join(folder, 'state.json'), '{"schema":1')],
    ['a state.json of other fields', (folder: string) => writeFileSync(join(folder, 'state.json'), '{"schema":1,"step":-1}')],
  ])('names %s and uses the one before', async (what, damage) => {
    const run = emptyRun(`damaged ${what}`)
    await save(run, 1)
    await save(run, 2)
    damage(join(run.folder, 'step-000002'))
    const said: string[] = []
    expect((await latestCheckpoint(run, (text) => said.push(text)))!.state.step).toBe(1)
    expect(said).toEqual([expect.stringContaining('step-000002')])
    rmSync(join(run.folder, 'step-000001'), { recursive: true })
    await expect(latestCheckpoint(run)).rejects.toThrow(/all 1 are damaged/)
  })

  it('gives up the future of a damaged checkpoint when training went on before it', async () => {
    const run = emptyRun('future')
    await save(run, 1)
    await save(run, 9)
    await save(run, 3)
    expect(readdirSync(run.folder).sort()).toEqual(['latest', 'step-000001', 'step-000003'])
  })
})

describe('the lock of a run', () => {
  it('keeps a second training out, until it is released', async () => {
    const { folder } = emptyRun('locked')
    const lock = await lockFolder(folder, 'run locked')
    await expect(lockFolder(folder, 'run locked')).rejects.toThrow(new RegExp(`run locked.*${process.pid}`))
    await lock.release()
    await (await lockFolder(folder, 'run locked')).release()
  })

  it.each([
    ['a dead process', JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), started: '1' })],
    ['an earlier process with our number', JSON.stringify({ pid: process.pid, host: hostname(), started: '1' })],
  ])('takes over the lock of %s', async (what, text) => {
    if (process.platform !== 'linux' && what.includes('earlier')) return
    const { folder } = emptyRun(`stale ${what}`)
    writeFileSync(join(folder, 'lock'), text)
    const lock = await lockFolder(folder, 'run stale')
    await lock.release()
    expect(readdirSync(folder)).toEqual([])
  })
})
