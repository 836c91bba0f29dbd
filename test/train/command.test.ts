import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPicture } from '../../src/media/index.ts'
import { readProvenance, readWatermark } from '../../src/provenance/index.ts'
import { previewId } from '../../src/train/preview.ts'
import { scratchFolder } from '../support/data.ts'
import { dfkHere } from '../support/here.ts'
import { consentFor, descriptorOf, makeFaceset } from './fixture.ts'
import { SMALL_NETWORK } from './small.ts'

const bin = fileURLToPath(new URL('../../bin/dfk.js', import.meta.url))
const PAIR = ['--source', 'ann', '--target', 'bob']
/** As little of the quick network as the command line allows. */
const LITTLE = [...PAIR, '--batch', '1', '--device', 'cpu', '--json', '--quiet']
const SMALL = [...LITTLE, ...SMALL_NETWORK]
let home: string

beforeAll(async () => {
  home = scratchFolder('train-command')
  await makeFaceset(home, 'ann')
  await makeFaceset(home, 'bob')
  await makeFaceset(home, 'single', { count: 1 })
  await makeFaceset(home, 'unaligned', { aligned: false })
  await makeFaceset(home, 'older', { framing: 'whole-face/0' })
  await makeFaceset(home, 'small', { sizePx: 32 })
  await makeFaceset(home, 'stranger', { descriptor: descriptorOf('somebody else') })
  await makeFaceset(home, 'ungranted', {
    consent: consentFor('ungranted', (record) => {
      record.grants.train = false
    }),
  })
  await makeFaceset(home, 'expired', {
    consent: consentFor('expired', (record) => {
      record.limits.notAfter = new Date(Date.now() - 3600_000).toISOString()
    }),
  })
  await makeFaceset(home, 'recordless')
  rmSync(join(home, 'datasets', 'recordless', 'consent.json'))
  await makeFaceset(home, 'swapped')
  writeFileSync(join(home, 'datasets', 'swapped', 'consent.json'), JSON.stringify(consentFor('swapped')))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [bin, ...args], { env: { ...process.env, DFK_HOME: home } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
  return { child, said: () => stdout, ended }
}

const dfk = (...args: string[]) => start(args).ended
const run = (name: string) => join(home, 'checkpoints', name)

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('dfk train', () => {
  it('trains, reports each interval and the validation, and leaves checkpoint, preview and stats', async () => {
    const { code, stdout, stderr } = await dfk('train', 'first', ...LITTLE, '--steps', '2')
    // Twenty drawn faces that never turn: said even where nothing else is.
    expect(stderr.match(/^warning: the (source|target)('s| has) (few faces, 18|poses are too uniform)/gm)).toHaveLength(4)
    expect(stderr.replace(/^(warning: the (source|target)| {2}).*$/gm, '').trim()).toBe('')
    expect(code).toBe(0)
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({ step: 2, loss: expect.any(Number), stepMs: expect.any(Number), waitShare: expect.any(Number) })
    const validation = { source: { faces: 2, mean: {}, psnr: expect.any(Number) }, target: {}, swap: { faces: expect.any(Number) } }
    expect(lines[1]).toMatchObject({ step: 2, validation, advice: [] })
    expect(lines.at(-1)).toMatchObject({ run: 'first', step: 2, validation })
    expect(readdirSync(run('first')).sort()).toEqual([
      ...['config.json', 'consent', 'coverage.json', 'latest', 'previews', 'stats.jsonl', 'step-000002', 'train.html', 'validations.jsonl'],
    ])
    const config = JSON.parse(readFileSync(join(run('first'), 'config.json'), 'utf8'))
    const preview = join(run('first'), 'previews', 'step-000002.png')
    const ofPreview = previewId(config, 2)
    expect((await readProvenance(preview)).marks.find(({ kind }) => kind === 'AIGC')?.value).toContain(ofPreview)
    expect(readWatermark([await readPicture(preview)])?.id).toBe(ofPreview)
    expect(config.source).toMatchObject({ dataset: 'ann', subject: 'ann', faces: 18 })
    expect(config.training).toMatchObject({ light: 0.3, compression: 0.1, occluders: 0.1, evenness: 0.5 })
    const coverage = JSON.parse(readFileSync(join(run('first'), 'coverage.json'), 'utf8'))
    expect(coverage).toMatchObject({
      source: { faces: 18, yaw: { step: 10 } },
      target: {},
      covered: 1,
      warnings: new Array(4).fill(expect.any(String)),
    })
  })

  it('exports what it trained, the same in ONNX Runtime', async () => {
    const file = join(home, 'first.onnx')
    const { code, stdout } = await dfk('export', 'first', '-o', file, '--json', '--quiet')
    expect(code).toBe(0)
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({
      file,
      step: 2,
      inputs: [{ name: 'faces', shape: [1, 64, 64, 3] }],
      outputs: [{ name: 'rgb' }, { name: 'mask' }],
    })
    expect(result.difference).toBeLessThan(1e-4)
    expect(existsSync(file)).toBe(true)
    const dfm = await dfk('export', 'first', '--format', 'dfm', '-o', join(home, 'first.dfm'), '--json', '--quiet')
    expect(dfm.code).toBe(0)
    const ports = JSON.parse(dfm.stdout)
    expect(ports).toMatchObject({ framing: 'dfl_whole_face', inputs: [{ name: 'in_face:0' }] })
    expect(ports.outputs.map(({ name }: { name: string }) => name)).toEqual([
      'out_face_mask:0',
      'out_celeb_face:0',
      'out_celeb_face_mask:0',
    ])
    expect((await dfk('export', 'nothing', '-o', file)).code).toBe(1)
    const kept = join(run('first'), 'consent', 'source.json')
    const consent = readFileSync(kept, 'utf8')
    writeFileSync(kept, JSON.stringify(consentFor('somebody else')))
    for (const more of [[], ['--dry-run']]) {
      const replaced = await dfk('export', 'first', '-o', join(home, 'replaced.onnx'), ...more)
      expect([replaced.code, replaced.stderr]).toEqual([
        3,
        expect.stringMatching(/the record that first \(source\) was made under.*found another/),
      ])
    }
    expect(existsSync(join(home, 'replaced.onnx'))).toBe(false)
    writeFileSync(kept, consent)
    expect((await dfk('export', 'first', '-o', join(home, 'no', 'such.onnx'))).code).toBe(1)
    expect((await dfk('export', 'first', '-o', 'first.bin')).code).toBe(2)
  })

  it('survives kill -9, keeps a second training out meanwhile, and saves on Ctrl-C', async () => {
    const args = ['train', 'killed', ...SMALL, '--save-every', '1', '--preview-every', '100000']
    const first = start([...args, '--steps', '100000'])
    await until(() => existsSync(join(run('killed'), 'latest')))
    const second = await dfk(...args, '--steps', '5')
    expect(second.code).toBe(1)
    expect(second.stderr).toMatch(new RegExp(`process ${first.child.pid}`))
    first.child.kill('SIGKILL')
    await first.ended
    const saved = Number(/\d+/.exec(readFileSync(join(run('killed'), 'latest'), 'utf8'))![0])
    const third = start([...args.slice(0, -4), '--steps', '100000', '--save-every', '100000'])
    // It prints a line every 50 steps: by then it is in the middle of training.
    await until(() => third.said() !== '' || third.child.exitCode !== null)
    const lock = readFileSync(join(run('killed'), 'lock'), 'utf8')
    expect(lock).toContain(`${third.child.pid}`)
    third.child.kill('SIGINT')
    const { code, stderr } = await third.ended
    expect(code).toBe(130)
    expect(stderr).toMatch(/saved at step \d+|interrupted/)
    const now = Number(/\d+/.exec(readFileSync(join(run('killed'), 'latest'), 'utf8'))![0])
    expect(now).toBeGreaterThan(saved)
    expect(existsSync(join(run('killed'), 'lock'))).toBe(false)
  })

  it('saves on SIGTERM', async () => {
    const { child, ended } = start(['train', 'terminated', ...SMALL, '--steps', '100000', '--save-every', '5'])
    await until(() => existsSync(join(run('terminated'), 'latest')))
    child.kill('SIGTERM')
    const { code, stderr } = await ended
    expect(code).toBe(130)
    const saved = /saved at step (\d+)/.exec(stderr)![1]!
    expect(readFileSync(join(run('terminated'), 'latest'), 'utf8')).toBe(`step-${saved.padStart(6, '0')}\n`)
    expect(existsSync(join(run('terminated'), 'lock'))).toBe(false)
  })

  it('keeps the newest checkpoints and milestones, and exports the one asked for', async () => {
    const kept = ['--save-every', '1', '--keep', '1', '--milestone-every', '2', '--preview-every', '100']
    expect((await dfk('train', 'kept', ...SMALL, '--steps', '5', ...kept)).code).toBe(0)
    expect(readdirSync(run('kept')).filter((name) => name.startsWith('step-'))).toEqual(['step-000002', 'step-000004', 'step-000005'])
    const file = join(home, 'kept.onnx')
    const { code, stdout } = await dfk('export', 'kept', '-o', file, '--checkpoint', '2', '--json', '--quiet')
    expect([code, JSON.parse(stdout).step]).toEqual([0, 2])
    const missing = await dfk('export', 'kept', '-o', file, '--checkpoint', '3', '--quiet')
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringMatching(/checkpoint of kept at step 3 but found 2, 4, 5\n.*--milestone-every/),
    ])
  })

  it.each([
    ['a dataset that is not there', ['--source', 'nobody', '--target', 'bob'], 1, /expected a dataset/],
    ['a dataset with one face', ['--source', 'single', '--target', 'bob'], 1, /at least 8 aligned faces in single but found 1/],
    ['a dataset that is not aligned', ['--source', 'ann', '--target', 'unaligned'], 1, /unaligned.*has not been aligned/],
    ['another framing', ['--source', 'ann', '--target', 'older'], 1, /aligned in one way.*whole-face\/0/],
    ['faces that are too small', ['--source', 'ann', '--target', 'small'], 1, /at least 64 px in small.*32 px/],
    ['no consent record', ['--source', 'recordless', '--target', 'bob'], 3, /consent record/],
    ['another consent record', ['--source', 'swapped', '--target', 'bob'], 3, /found another/],
    ['no grant to train', ['--source', 'ungranted', '--target', 'bob'], 3, /consent to train/],
    ['an expired record', ['--source', 'ann', '--target', 'expired'], 3, /limits\.notAfter/],
    ['another face than the record says', ['--source', 'stranger', '--target', 'bob'], 3, /biometric/],
    ['one person twice', ['--source', 'ann', '--target', 'ann'], 2, /two people/],
    ['no target', ['--source', 'ann'], 2, /--target/],
    ['steps and minutes', [...PAIR, '--steps', '5', '--minutes', '5'], 2, /found both/],
    ['an unknown preset', [...PAIR, '--preset', 'fast'], 2, /quick/],
    ['an unknown loss', [...PAIR, '--losses', 'nonsense=1'], 2, /: expected losses of dssim, [\w, ]+, not nonsense \(found: nonsense=1\)/],
    ['a negative loss', [...PAIR, '--losses', 'identity=-1'], 2, /: expected a weight of 0 to 1000000 for identity \(found: identity=-1\)/],
    ['a misspelt option', [...PAIR, '--step', '5'], 2, /--steps/],
  ])('says in one line what is wrong with %s', async (what, args, wanted, message) => {
    const name = `bad-${what.replaceAll(' ', '-')}`
    const { code, stderr, stdout } = await dfkHere(home, ['train', name, '--quiet', ...args])
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(code).toBe(wanted)
    expect(stdout).toBe('')
    expect(existsSync(run(name))).toBe(false)
  })

  it('names a picture that is not whole', async () => {
    await makeFaceset(home, 'torn')
    const folder = join(home, 'datasets', 'torn', 'aligned')
    for (let i = 0; i < 20; i += 1) truncateSync(join(folder, `f${i}.png`), 60)
    const { code, stderr } = await dfk('train', 'torn', '--source', 'torn', '--target', 'bob', '--quiet')
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/expected an aligned picture at .*torn.aligned.f\d+\.png.*run dfk align again/s),
    ])
    expect(existsSync(run('torn'))).toBe(false)
  })

  it('refuses to go on as another run', async () => {
    const even = await dfkHere(home, ['train', 'first', '--even', '1', '--steps', '3'])
    expect([even.code, even.stderr]).toEqual([1, expect.stringMatching(/expected --even 0\.5.*found 1/)])
    const other = await dfkHere(home, ['train', 'first', '--preset', 'hq', '--steps', '3'])
    expect([other.code, other.stderr]).toEqual([1, expect.stringMatching(/expected --preset quick.*found hq/)])
    const pair = await dfkHere(home, ['train', 'first', '--source', 'bob', '--target', 'ann'])
    expect([pair.code, pair.stderr]).toEqual([1, expect.stringMatching(/expected --source ann.*found bob/)])
  })

  it('says what it would do', async () => {
    const { code, stdout, stderr } = await dfkHere(home, ['train', 'dry', ...PAIR, '--minutes', '2', '--dry-run'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/would begin.*dry.*2 minutes/)
    // What the faces lack is known before a night is spent on them, and so is the disk that they will take.
    expect(stderr).toMatch(/warning: the source has few faces, \d+ to train on/)
    expect(stderr).toMatch(/the source's faces cover \d+ % of the target's poses/)
    expect(stderr).toMatch(/each checkpoint takes up to \d+ MB of disk/)
    expect(existsSync(run('dry'))).toBe(false)
    const further = await dfkHere(home, ['train', 'first', '--steps', '3', '--dry-run'])
    expect(further.stdout).toMatch(/would go on with .*first .* to step 3\n/)
    const done = await dfkHere(home, ['train', 'first', '--steps', '2', '--dry-run'])
    expect(done.stdout).toMatch(/^first is at step 2 already .*: nothing is trained; --steps takes more\n/)
  })

  it('takes over the lock of a dead process', async () => {
    writeFileSync(join(run('first'), 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), started: '1' }))
    const { code } = await dfk('train', 'first', '--steps', '2', '--quiet')
    expect(code).toBe(0)
    expect(existsSync(join(run('first'), 'lock'))).toBe(false)
  })
})
