import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MESH_POINTS } from '../../src/models/retarget.ts'
import { checkpointAt, latestCheckpoint, type Run } from '../../src/store/checkpoint.ts'
import { readRetargeting, storedRetargeting } from '../../src/store/retargeting.ts'
import { saveCheckpoint } from '../../src/store/save.ts'
import { scratchFolder } from '../support/data.ts'

let home: string
beforeAll(() => {
  home = scratchFolder('checkpoint')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** The part of a config that checkpoints look at. */
function configUnder(consentHash: string): Run['config'] {
  return { source: { consentHash }, target: { consentHash: 'b'.repeat(64) } } as Run['config']
}

function emptyRun(name: string): Run {
  const folder = join(home, name)
  mkdirSync(folder)
  return { name, folder, config: configUnder('a'.repeat(64)) }
}

const files = (value: number) => ({ generator: { x: { data: Float32Array.of(value), shape: [1] } } })
const stateAt = (step: number) => ({ step, elapsedMs: step, fraction: 0, random: [1, 2, 3, 4] })

async function save(run: Run, step: number, value = step): Promise<void> {
  await saveCheckpoint(run, stateAt(step), files(value), { keep: 2, saveEvery: 1, milestoneEvery: 0 })
}

const foldersOf = (run: Run) =>
  readdirSync(run.folder)
    .filter((name) => name.startsWith('step-'))
    .sort()

describe('checkpoints', () => {
  it('keep what swaps lack, where it was learned, and refuse one of another shape', async () => {
    const points = (of: number) => Float32Array.from({ length: 2 * MESH_POINTS }, (_, i) => of + i)
    const sets = new Float32Array(2 * 2 * MESH_POINTS).fill(0.5)
    const retargeting = {
      mean: points(1),
      modes: sets,
      spread: Float32Array.of(1, 2),
      places: points(2),
      moves: sets,
      rest: points(3),
      moved: points(4),
    }
    const run = emptyRun('retargeting')
    const retention = { keep: 3, saveEvery: 1, milestoneEvery: 0 }
    await save(run, 1)
    expect(await readRetargeting(await checkpointAt(run, 1))).toBeUndefined()
    await saveCheckpoint(run, stateAt(2), { ...files(2), ...storedRetargeting(retargeting) }, retention)
    expect(await readRetargeting(await checkpointAt(run, 2))).toEqual(retargeting)
    const broken = storedRetargeting({ ...retargeting, moves: sets.subarray(0, 2 * MESH_POINTS) })
    broken['retargeting']!['moves'] = { data: sets.subarray(0, 2 * MESH_POINTS), shape: [1, MESH_POINTS, 2] }
    await saveCheckpoint(run, stateAt(3), { ...files(3), ...broken }, retention)
    await expect(checkpointAt(run, 3).then(readRetargeting)).rejects.toThrow(
      /expected 1872 numbers for moves in retargeting.safetensors of .* but found 936/,
    )
  })

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
    ['a truncated state.json', (folder: string) => truncateSync(join(folder, 'state.json'), 40)],
    ['an empty state.json', (folder: string) => truncateSync(join(folder, 'state.json'))],
    ['a missing state.json', (folder: string) => rmSync(join(folder, 'state.json'))],
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

  it.each([
    ['is missing', (path: string) => rmSync(path)],
    ['is garbled', (path: string) => writeFileSync(path, '\0\0')],
    ['was not moved on before a kill', (path: string) => writeFileSync(path, 'step-000001\n')],
  ])('finds the newest where `latest` %s', async (what, damage) => {
    const run = emptyRun(`latest ${what}`)
    await save(run, 1)
    await save(run, 2)
    damage(join(run.folder, 'latest'))
    expect((await latestCheckpoint(run))!.state.step).toBe(2)
  })

  it('replaces one of the same step, of which one or the other is there at every instant', async () => {
    const run = emptyRun('again')
    await save(run, 4, 1)
    const place = join(run.folder, 'step-000004')
    // What a kill leaves between the two renames.
    renameSync(place, `${place}.old`)
    const read = async () => (await (await latestCheckpoint(run))!.read('generator'))['x']!.data[0]
    expect(await read()).toBe(1)
    await save(run, 4, 2)
    expect(await read()).toBe(2)
    await save(run, 4, 3)
    expect(await read()).toBe(3)
    expect(foldersOf(run)).toEqual(['step-000004'])
  })

  it('carries the hashes of its consent records, and opens under no others', async () => {
    const run = emptyRun('consent')
    await save(run, 1)
    const bytes = readFileSync(join(run.folder, 'step-000001', 'generator.safetensors'), 'latin1')
    expect(bytes).toContain(`"consent.source":"${'a'.repeat(64)}"`)
    await expect((await checkpointAt(run, 1)).read('generator')).resolves.toBeDefined()
    const swapped = { ...run, config: configUnder('c'.repeat(64)) }
    await expect((await checkpointAt(swapped, 1)).read('generator')).rejects.toMatchObject({ exitCode: 3, clause: 'hash' })
  })

  it('opens the one asked for, or says which there are', async () => {
    const run = emptyRun('choice')
    await expect(checkpointAt(run, 3)).rejects.toThrow(/at step 3 but found none/)
    for (const step of [1, 2]) await save(run, step)
    expect((await checkpointAt(run, 1)).state.step).toBe(1)
    await expect(checkpointAt(run, 3)).rejects.toThrow(/at step 3 but found 1, 2/)
    truncateSync(join(run.folder, 'step-000001', 'state.json'))
    await expect(checkpointAt(run, 1)).rejects.toThrow(/step-000001 of choice whole but it is damaged: state.json/)
  })
})

describe('a full disk', () => {
  it('is noticed before a checkpoint is begun, and takes nothing away', async () => {
    const run = emptyRun('full')
    await save(run, 1)
    mkdirSync(join(run.folder, 'step-000002.part'))
    const saving = saveCheckpoint(run, stateAt(2), files(2), { keep: 1, saveEvery: 1, milestoneEvery: 0 }, async () => 1e6)
    await expect(saving).rejects.toThrow(/expected 3 MB of free disk for checkpoint step-000002 of full but found 1 MB in /)
    await expect(saving).rejects.toMatchObject({ exitCode: 1, hint: expect.stringContaining('goes on from step 1') })
    expect(readdirSync(run.folder).sort()).toEqual(['latest', 'step-000001'])
  })
})
