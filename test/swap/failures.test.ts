import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consentHash } from '../../src/consent/signed.ts'
import { openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, findFfmpeg } from '../../src/media/index.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { scratchFolder } from '../support/data.ts'
import type { Ended } from '../support/dfk.ts'
import { dfkHere } from '../support/here.ts'
import { makeClip } from './man.ts'
import { dfkSwap } from './run.ts'
import { makeRun, recordFor } from './support.ts'

const home = scratchFolder('failures')
const file = (name: string) => join(home, name)
const { start, swap } = dfkSwap(home)
const here = (run: string, output: string) =>
  dfkHere(home, ['swap', file('clip.mp4'), '--run', run, '-o', file(output), '--quiet', '--json'])
/** A small disk, where this machine lets us have one. */
const disk = file('disk')
mkdirSync(disk)
const hasDisk = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=60k', 'tmpfs', disk]).status === 0
const isPosix = process.platform !== 'win32'

beforeAll(async () => {
  await makeClip(home, file('clip.mp4'), 60)
})
afterAll(() => {
  if (hasDisk) execFileSync('umount', [disk])
  rmSync(home, { recursive: true, force: true })
})

/** Puts an older output in its place, which whatever fails must leave alone. */
function older(path: string): string {
  writeFileSync(path, 'an older output')
  return path
}

/** Processes that still know this test's folder, by Linux's list of them. */
function orphans(): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return []
    try {
      const said = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return said.includes(home) ? [said.replaceAll('\0', ' ')] : []
    } catch {
      return []
    }
  })
}

/** One line and perhaps a hint, the right code, the older output, nothing half written, nobody left. */
function expectClean({ code, stderr, json }: Ended<unknown>, expected: number, message: RegExp, output: string): void {
  expect(stderr.trimEnd()).toMatch(/^(?:\nstopping [^\n]+\n|warning: checkpoint [^\n]+\n)?dfk: [^\n]+(?:\n {2}hint: [^\n]+)?$/)
  expect(stderr).toMatch(message)
  expect([code, json]).toEqual([expected, []])
  expect(readFileSync(output, 'utf8')).toBe('an older output')
  const folder = join(output, '..')
  expect(readdirSync(folder).filter((name) => /part|rendering/.test(name))).toEqual([])
  expect(orphans()).toEqual([])
}

/** An ffmpeg that dies in the middle where its arguments hold `word`. */
async function mortal(name: string, word: string, middle: string): Promise<string> {
  const { path } = await findFfmpeg()
  const dies = `case " $* " in *" ${word} "*) ${middle.replace('@', `${path} "$@"`)}; kill -9 $$;; esac`
  writeFileSync(file(name), `#!/bin/sh\n${dies}\nexec ${path} "$@"\n`, { mode: 0o755 })
  return file(name)
}

describe('a swap that fails leaves everything as it was', () => {
  it.skipIf(!hasDisk)('on a full disk (skipped where none can be made)', async () => {
    const output = older(join(disk, 'out.mp4'))
    expectClean(await swap(file('clip.mp4'), '--run', 'tiny', '-o', output), 1, /expected room to write.* but the disk is full/, output)
  })

  it.skipIf(!isPosix)('where files may not grow as large', async () => {
    const output = older(file('small.mp4'))
    const limited = dfkSwap(home, {}, ['bash', '-c', 'trap "" XFSZ; ulimit -f 20; exec "$@"', 'bash'])
    expectClean(await limited.swap(file('clip.mp4'), '--run', 'tiny', '-o', output), 1, /files may not grow so large here/, output)
  })

  it.skipIf(!isPosix)('when the ffmpeg that decodes is killed', async () => {
    const output = older(file('decoder.mp4'))
    const dead = dfkSwap(home, { FFMPEG_PATH: await mortal('decoder', 'rawvideo', '@ | head -c 5000000') })
    expectClean(await dead.swap(file('clip.mp4'), '--run', 'tiny', '-o', output), 1, /expected to decode clip\.mp4 but/, output)
  })

  it.skipIf(!isPosix)('when the ffmpeg that encodes is killed', async () => {
    const output = older(file('encoder.mp4'))
    const dead = dfkSwap(home, { FFMPEG_PATH: await mortal('encoder', 'nut', 'head -c 3000000 | @') })
    expectClean(await dead.swap(file('clip.mp4'), '--run', 'tiny', '-o', output), 1, /expected to encode encoder\.mp4 but/, output)
  })

  it('with a checkpoint whose bytes changed', async () => {
    const record = recordFor('bob', new Array(128).fill(0.1))
    await makeRun(home, 'flipped', record)
    const folder = file('checkpoints/flipped/step-000001')
    const name = readdirSync(folder).find((each) => each.endsWith('.safetensors'))!
    const data = readFileSync(join(folder, name))
    data[data.length - 9]! ^= 1
    writeFileSync(join(folder, name), data)
    const output = older(file('flipped.mp4'))
    expectClean(await swap(file('clip.mp4'), '--run', 'flipped', '-o', output), 1, /checkpoint/, output)
  })

  it('on Ctrl-C', async () => {
    const output = older(file('stopped.mp4'))
    const { child, ended } = start(file('clip.mp4'), '--run', 'tiny', '-o', output)
    const parts = () =>
      existsSync(file('.stopped.mp4.rendering')) && readdirSync(file('.stopped.mp4.rendering')).some((name) => name.endsWith('.part'))
    await expect.poll(parts, { timeout: 60_000, interval: 20 }).toBe(true)
    child.kill('SIGINT')
    expectClean(await ended, 130, /interrupted/, output)
  })
})

describe('a record that allows one output', () => {
  let bob: number[]
  const logged = (outputId: string, records: string[], name = 'out.mp4') => {
    mkdirSync(file('consent'), { recursive: true })
    const footage = createHash('sha256')
      .update(readFileSync(file('clip.mp4')))
      .digest('hex')
    const entry = { outputId, file: name, footage, records, at: new Date().toISOString() }
    appendFileSync(file('consent/outputs.jsonl'), `${JSON.stringify(entry)}\n`)
  }

  beforeAll(async () => {
    const analyser = await openFaceAnalyser(await openDevice('cpu'))
    for await (const { index, picture } of decodeFrames(file('clip.mp4'))) {
      if (index < 30) continue
      const [face] = await analyser.find(picture, { max: 1 })
      bob = [...(await analyser.descriptor(picture, face!.landmarks))]
      break
    }
    await analyser.dispose()
  })

  it('counts one that was killed in its last moment once, and none under its name that is another', async () => {
    const record = recordFor('bob', bob, { maxOutputs: 1 })
    await makeRun(home, 'once', record)
    const output = file('once.mp4')
    const { child, ended } = start(file('clip.mp4'), '--run', 'once', '-o', output, '--segment', '50')
    const state = file('.once.mp4.rendering/job.json')
    await expect.poll(() => existsSync(file('.once.mp4.rendering/000000.nut.json')), { timeout: 60_000, interval: 20 }).toBe(true)
    child.kill('SIGKILL')
    await ended
    logged(JSON.parse(readFileSync(state, 'utf8')).outputId, [consentHash(record)], 'once.mp4')
    const other = await here('once', 'other.mp4')
    expect([other.code, other.stderr]).toEqual([3, expect.stringMatching(/at most 1 outputs but found 1 made already/)])
    const again = await swap(file('clip.mp4'), '--run', 'once', '-o', output, '--segment', '50')
    expect([again.code, again.json[0]?.frames]).toEqual([0, 60])
    // The place of a begun render is no licence for a different one.
    mkdirSync(file('.fake.mp4.rendering'))
    const begun = { schema: 1, fingerprint: 'another', outputId: 'f'.repeat(16), picture: {} }
    writeFileSync(
      file('.fake.mp4.rendering/job.json'),
      JSON.stringify({ ...begun, outputId: JSON.parse(readFileSync(file('consent/outputs.jsonl'), 'utf8').split('\n')[0]!).outputId }),
    )
    const fake = await here('once', 'fake.mp4')
    expect(fake.stderr).toMatch(/at most 1 outputs but found 1 made already/)
    expect(fake.code).toBe(3)
  })
})
