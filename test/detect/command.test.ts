import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { writePicture } from '../../src/media/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { newOutputId, stampOutput } from '../../src/provenance/index.ts'
import { hasOpenssl, makeStudio } from '../provenance/authority.ts'
import { writeClip } from '../support/clips.ts'
import { scratchFolder } from '../support/data.ts'
import { dfkHere } from '../support/here.ts'
import { grain, stubExaminer } from './stub.ts'

/** What neighbouring pixels of a crop differ by: an encoder leaves less of it. */
function detailOf({ data }: Picture): number {
  let sum = 0
  for (let i = 3; i < data.length; i += 3) sum += Math.abs(data[i]! - data[i - 3]!)
  return sum / (data.length / 3)
}

// The commands are the real ones; only what looks at faces is made up.
vi.mock('../../src/detect/open.ts', () => ({ openExaminer: () => Promise.resolve(stubExaminer(detailOf)) }))

// What wears frames has its test in eval.test.ts.
vi.mock('../../src/detect/wear.ts', async (load) => ({ ...(await load<object>()), PICTURE_WEAR: {} }))

const folder = scratchFolder('detect-command')
const at = (...names: string[]) => join(folder, ...names)
const dfk = (...args: string[]) => dfkHere(folder, args)

beforeAll(async () => {
  for (const name of ['set/Real', 'set/FAKE', 'set/swapped', 'clips/real']) mkdirSync(at(name), { recursive: true })
  for (const name of ['one.png', 'set/Real/a.png', 'set/FAKE/b.png', 'set/swapped/c.png']) await writePicture(at(name), grain(1))
  await writeClip(
    at('clips/real/a.mp4'),
    Array.from({ length: 3 }, (_, i) => grain(10 + i)),
  )
  writeFileSync(at('set/notes.txt'), 'x')
  writeFileSync(at('list.csv'), 'file,label\none.png,real\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('what a command writes', () => {
  it('replaces neither what it reads nor what else it writes', async () => {
    writeFileSync(at('ca.pem'), 'BEGIN CERTIFICATE')
    symlinkSync(at('one.png'), at('link.html'))
    linkSync(at('one.png'), at('hard.html'))
    symlinkSync(folder, at('here'))
    const before = ['one.png', 'list.csv', 'ca.pem'].map((name) => readFileSync(at(name)))
    const cases: [string[], RegExp][] = [
      [['detect', at('one.png'), '--csv', at('t.csv'), '--report', at('t.csv')], /--csv: expected another file than that of --report/],
      [['detect', at('one.png'), '--csv', at('T.CSV'), '--report', at('here', 't.csv')], /--csv: expected another file/],
      [['detect', at('one.png'), '--report', at('link.html')], /--report: .*one of the input files/],
      [['detect', at('one.png'), '--report', at('hard.html')], /--report: .*one of the input files/],
      [['detect', at('one.png'), '--csv', at('here', 'one.png')], /--csv: .*one of the input files/],
      [['detect', at('one.png'), '--anchors', at('ca.pem'), '--csv', at('ca.pem')], /--csv: .*one of the input files/],
      [['eval', at('list.csv'), '--readings', at('list.csv')], /--readings: .*one of the input files/],
      [['eval', at('list.csv'), '--readings', at('one.png')], /--readings: .*one of the input files/],
    ]
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await dfk(...args)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(message)
      expect(stderr).toMatch(/^dfk: .*\n.+\n$/)
    }
    expect(['one.png', 'list.csv', 'ca.pem'].map((name) => readFileSync(at(name)))).toEqual(before)
    // What an earlier call wrote is replaced.
    writeFileSync(at('t.csv'), 'old')
    expect((await dfk('detect', at('one.png'), '--csv', at('t.csv'), '--report', at('t.html'))).code).toBe(0)
    expect(readFileSync(at('t.csv'), 'utf8')).toContain('one.png')
  })
})

describe.skipIf(!hasOpenssl)('dfk detect --anchors', () => {
  const stateBy = async (...args: string[]) => {
    const { code, stdout } = await dfk('detect', at('stamped.png'), '--json', '--quiet', ...args)
    expect(code).toBe(0)
    return JSON.parse(stdout).provenance.c2pa.state
  }

  it('trusts a manifest only where its authority is among the anchors', async () => {
    const { root } = makeStudio(at('studio'))
    await writePicture(at('stamped.png'), grain(1))
    await stampOutput({
      ...{ file: at('stamped.png'), parent: at('one.png'), outputId: newOutputId(), title: 'stamped', consent: [], home: folder },
      ...{ model: { name: 'test', sha256: 'b'.repeat(64) }, watermark: true },
    })
    const own = readFileSync(at('.dfk', 'c2pa-ca.pem'), 'utf8')
    writeFileSync(at('others.pem'), root)
    writeFileSync(at('both.pem'), root + own)
    expect(await stateBy()).toBe('valid')
    expect(await stateBy('--anchors', at('others.pem'))).toBe('valid')
    expect(await stateBy('--anchors', at('both.pem'))).toBe('trusted')
  })

  it('refuses what holds no certificates', async () => {
    for (const name of ['list.csv', 'missing.pem']) {
      const { code, stderr } = await dfk('detect', at('one.png'), '--anchors', at(name))
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^dfk: --anchors: expected certificates .*\n.+\n$/)])
    }
  })
})

describe('dfk eval', () => {
  it('takes folder names as it takes labels, and says what it left out', async () => {
    const { code, stdout, stderr } = await dfk('eval', at('set'), '--dry-run', '--json')
    expect([code, JSON.parse(stdout).files]).toEqual([0, 2])
    expect(stderr.trimEnd().split('\n')).toEqual([
      `warning: left out: 1 file in neither a folder named real nor one named fake, such as ${at('set/swapped/c.png')}`,
      `warning: left out: 1 file whose ending is of no video or image that is read, such as ${at('set/notes.txt')}`,
    ])
  })

  it('answers what it cannot read labels from with one line', async () => {
    writeFileSync(at('short.csv'), 'label,file\nfake\n')
    for (const name of ['one.png', 'short.csv']) {
      const { code, stderr } = await dfk('eval', at(name))
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^dfk: expected .*\n.+\n$/)])
    }
  })

  it('judges clips also as x264 encodes them again', async () => {
    const readings = at('readings.jsonl')
    const { code, stdout } = await dfk('eval', at('clips'), '--wear', '--json', '--quiet', '--readings', readings)
    expect(code).toBe(0)
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const wears = rows.filter(({ level }) => level === 'file').map(({ wear, real, fake }) => [wear, real, fake])
    expect(wears).toEqual(['none', 'CRF 23', 'CRF 35'].map((wear) => [wear, 1, 0]))
    const logits = new Map<string, number>()
    for (const line of readFileSync(readings, 'utf8').trim().split('\n')) {
      const { wear, logits: ofFrames } = JSON.parse(line)
      logits.set(wear, ofFrames.reduce((sum: number, logit: number) => sum + logit, 0) / ofFrames.length)
    }
    // Grain is what an encoder drops: it was the frames encoded again that were looked at.
    expect(logits.get('CRF 23')! / logits.get('none')!).toBeLessThan(0.98)
    expect(logits.get('CRF 35')! / logits.get('CRF 23')!).toBeLessThan(0.9)
  })
})
