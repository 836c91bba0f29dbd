import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, findFfmpeg, hashFootage, probeMedia, readPicture, writePicture } from '../../src/media/index.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { readProvenance } from '../../src/provenance/index.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { writeClip } from '../support/clips.ts'
import { sampleVideo, scratchFolder, sharedData } from '../support/data.ts'
import { dfkHere } from '../support/here.ts'
import { dfkSwap } from './run.ts'
import { makeRun, recordFor, saveRecord } from './support.ts'

// Each call in this process opens a device; the networks of all of them are compiled once.
vi.mock('../../src/tensor/index.ts', async (load) => {
  const { keepingNetworks } = await import('../support/networks.ts')
  const whole = await load<typeof import('../../src/tensor/index.ts')>()
  const device = keepingNetworks(await whole.openDevice('cpu', { sharesCores: true }))
  return { ...whole, openDevice: () => Promise.resolve(device) }
})

const home = scratchFolder('swap')
const file = (name: string) => join(home, name)

const { start, swap } = dfkSwap(home)
const here = (...args: string[]) => dfkHere(home, ['swap', '--quiet', '--json', ...args])

async function framesOf(path: string): Promise<{ times: number[]; pictures: Picture[] }> {
  const found: { times: number[]; pictures: Picture[] } = { times: [], pictures: [] }
  for await (const { timeS, picture } of decodeFrames(path)) {
    found.times.push(timeS)
    found.pictures.push(picture)
  }
  return found
}

/** Mean absolute difference of two pictures inside a box, 0–255. */
function difference(a: Picture, b: Picture, x0: number, y0: number, x1: number, y1: number): number {
  let sum = 0
  for (let y = y0; y < y1; y += 1)
    for (let i = (y * a.width + x0) * 3; i < (y * a.width + x1) * 3; i += 1) sum += Math.abs(a.data[i]! - b.data[i]!)
  return sum / ((x1 - x0) * (y1 - y0) * 3)
}

const leftovers = () => readdirSync(home).filter((name) => name.startsWith('.') && /part|rendering/.test(name))

let bob: readonly number[]

/** Descriptor of the clip's man, mean of a few frames, and a clip in which he comes after a second without a face, with sound. */
beforeAll(async () => {
  const analyser = await openFaceAnalyser(await openDevice('cpu'))
  const sum = new Array<number>(128).fill(0)
  for await (const { picture } of decodeFrames(sampleVideo('cap13_edit2.mp4'), { every: 100, maxFrames: 4 })) {
    const [face] = await analyser.find(picture, { max: 1 })
    const descriptor = await analyser.descriptor(picture, face!.landmarks)
    for (const [i, value] of descriptor.entries()) sum[i]! += value / 4
  }
  await analyser.dispose()
  bob = sum
  await makeRun(home, 'tiny', recordFor('bob', bob))
  const wall = createPicture(400, 300)
  wall.data.fill(120)
  await writeClip(
    file('silent.mp4'),
    (async function* () {
      for (let index = 0; index < 10; index += 1) yield wall
      for await (const { picture } of decodeFrames(sampleVideo('cap13_edit2.mp4'), { maxFrames: 30 })) yield picture
    })(),
  )
  const { path } = await findFfmpeg()
  const sound = ['-f', 'lavfi', '-i', 'sine=d=1.6', '-map', '0:v', '-map', '1:a', '-c:v', 'copy', '-c:a', 'aac']
  execFileSync(path, ['-v', 'error', '-y', '-i', file('silent.mp4'), ...sound, file('clip.mp4')])
  const [frame] = (await framesOf(file('clip.mp4'))).pictures.slice(-1)
  await writePicture(file('frame.png'), frame!)
  writeFileSync(file('empty.mp4'), '')
  writeFileSync(file('text.mp4'), 'no video\n'.repeat(50))
  const whole = readFileSync(file('clip.mp4'))
  writeFileSync(file('cut.mp4'), whole.subarray(0, whole.length / 2))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

function soundOf(path: string, ffmpeg: string): string {
  return execFileSync(ffmpeg, ['-v', 'error', '-i', path, '-map', '0:a:0', '-c', 'copy', '-f', 'hash', '-'], { encoding: 'utf8' })
}

describe('dfk swap', () => {
  it('renders a clip: same frames, times and sound; frames without a face pass through; the output says what it is', async () => {
    const { code, json, stderr } = await swap(file('clip.mp4'), '--run', 'tiny', '-o', file('out.mp4'))
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(json).toEqual([expect.objectContaining({ output: file('out.mp4'), frames: 40, swapped: 30 })])
    expect(json[0]!.manifest).toMatchObject({ embedded: true, state: 'valid' })
    const [source, made] = [await probeMedia(file('clip.mp4')), await probeMedia(file('out.mp4'))]
    expect([made.frames, made.width, made.height]).toEqual([source.frames, source.width, source.height])
    expect(made.durationS).toBeCloseTo(source.durationS, 2)
    const ffmpeg = (await findFfmpeg()).path
    expect(soundOf(file('out.mp4'), ffmpeg)).toBe(soundOf(file('clip.mp4'), ffmpeg))
    const [before, after] = [await framesOf(file('clip.mp4')), await framesOf(file('out.mp4'))]
    expect(after.times).toEqual(before.times)
    expect(difference(before.pictures[4]!, after.pictures[4]!, 0, 0, 400, 300)).toBeLessThan(1)
    expect(difference(before.pictures[25]!, after.pictures[25]!, 180, 150, 220, 200)).toBeGreaterThan(8)
    expect(difference(before.pictures[25]!, after.pictures[25]!, 0, 0, 400, 70)).toBeLessThan(4)
    const found = await readProvenance(file('out.mp4'))
    expect(found.c2pa?.state).toBe('valid')
    expect(found.declaresSynthetic).toBe(true)
    expect(found.c2pa?.consent.map(({ role }) => role)).toEqual(['source', 'target'])
    expect(found.c2pa?.footage).toEqual({ name: 'clip.mp4', sha256: (await hashFootage(file('clip.mp4'))).sha256 })
    expect(leftovers()).toEqual([])
  })

  it('renders an image, and a folder with one that has no face in it', async () => {
    mkdirSync(file('set'))
    await writePicture(file('set/a.png'), await readPicture(file('frame.png')))
    await writePicture(file('set/b.jpg'), await readPicture(file('frame.png')))
    await writePicture(file('set/c.png'), createPicture(200, 200))
    const { code, json, stderr } = await swap(file('set'), '--run', 'tiny', '-o', file('set-out'), '--face', 'largest', '--label')
    expect(code).toBe(0)
    expect(json.map(({ output, swapped }) => [output, swapped])).toEqual([
      [file('set-out/a.png'), 1],
      [file('set-out/b.jpg'), 1],
    ])
    expect(stderr).toMatch(/warning: left out: expected a face in .*c\.png/)
    const [before, after] = [await readPicture(file('frame.png')), await readPicture(file('set-out/a.png'))]
    expect(difference(before, after, 180, 150, 220, 200)).toBeGreaterThan(8)
    expect((await readProvenance(file('set-out/b.jpg'))).declaresSynthetic).toBe(true)
  })

  it('leaves out what is broken in a folder, does the rest, and says how many at the end', async () => {
    mkdirSync(file('mixed/inner'), { recursive: true })
    const jpeg = readFileSync(file('set/b.jpg'))
    writeFileSync(file('mixed/cut.jpg'), jpeg.subarray(0, 200))
    copyFileSync(file('empty.mp4'), file('mixed/empty.mp4'))
    copyFileSync(file('text.mp4'), file('mixed/inner/text.mp4'))
    copyFileSync(file('frame.png'), file('mixed/inner/whole.png'))
    const wanted = /left out 3 of its files/
    const dry = await swap(file('mixed'), '--run', 'tiny', '-o', file('mixed-out'), '--dry-run')
    expect([dry.code, dry.json.map(({ output }) => output)]).toEqual([1, [file('mixed-out/inner/whole.png')]])
    expect(dry.stderr).toMatch(wanted)
    const { code, json, stderr } = await swap(file('mixed'), '--run', 'tiny', '-o', file('mixed-out'))
    expect(code).toBe(1)
    expect(json.map(({ output }) => output)).toEqual([file('mixed-out/inner/whole.png')])
    expect(stderr).toMatch(wanted)
    expect(stderr).toMatch(/hint: the warnings say why; rendered: 1\n/)
    for (const name of ['cut.jpg', 'empty.mp4', 'text.mp4']) expect(stderr).toMatch(new RegExp(`warning: left out: .*${name}`))
  })

  it('leaves nothing when it is interrupted', async () => {
    const { child, ended } = start(sampleVideo('cap13_edit2.mp4'), '--run', 'tiny', '-o', file('stopped.mp4'))
    await expect.poll(() => leftovers().length, { timeout: 60_000, interval: 50 }).toBeGreaterThan(0)
    child.kill('SIGINT')
    const { code, stderr } = await ended
    expect(code).toBe(130)
    expect(stderr).toContain('interrupted')
    expect(readdirSync(home).filter((name) => name.includes('stopped'))).toEqual([])
  })

  it('goes on where it was killed, and the picture is that of a render which nobody disturbed', async () => {
    const folder = file('.killed.mp4.rendering')
    const again = [sampleVideo('cap13_edit2.mp4'), '--run', 'tiny', '--segment', '50', '--range', '-4.4']
    const { child, ended } = start(...again, '-o', file('killed.mp4'))
    await expect.poll(() => existsSync(join(folder, '000000.nut.json')), { timeout: 60_000, interval: 20 }).toBe(true)
    child.kill('SIGKILL')
    await ended
    expect(existsSync(file('killed.mp4'))).toBe(false)
    // The undisturbed one gets the same id, which is in every frame's watermark.
    mkdirSync(file('.whole.mp4.rendering'))
    copyFileSync(join(folder, 'job.json'), join(file('.whole.mp4.rendering'), 'job.json'))
    const resumed = await swap(...again, '-o', file('killed.mp4'))
    const whole = await swap(...again, '-o', file('whole.mp4'))
    expect([resumed.code, whole.code]).toEqual([0, 0])
    // Of which part of the footage it is, is for whoever compares the two.
    expect((await readProvenance(file('whole.mp4'))).c2pa?.footage).toMatchObject({
      name: 'cap13_edit2.mp4',
      range: { fromS: 0, toS: 4.4 },
    })
    expect(resumed.json[0]!.frames).toBe(110)
    // It may have finished another segment before it died.
    expect([50, 100]).toContain(resumed.json[0]!.earlier)
    expect(whole.json[0]!.earlier).toBeUndefined()
    const [a, b] = [await hashFootage(file('killed.mp4')), await hashFootage(file('whole.mp4'))]
    expect(a.videoSha256).toBe(b.videoSha256)
    expect(leftovers()).toEqual([])
  })

  it('says what it would do', async () => {
    const { code, stdout } = await here(file('clip.mp4'), '--run', 'tiny', '-o', file('dry.mp4'), '--dry-run')
    expect(code).toBe(0)
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([expect.objectContaining({ output: file('dry.mp4'), run: 'tiny', frames: 40, encoder: 'libx264' })])
    expect(readdirSync(home)).not.toContain('dry.mp4')
  })

  it('says which flags a preview does not need', async () => {
    const asked = ['swap', file('clip.mp4'), '--run', 'tiny', '-o', file('dry.png'), '--preview', '2', '--dry-run']
    const { code, stderr } = await dfkHere(home, [...asked, '--crf', '20', '--encoder', 'libx265', '--encoder-preset', 'veryfast'])
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^a preview is one PNG file: --encoder, --crf are for the render$/m)])
    expect((await dfkHere(home, asked)).stderr).not.toContain('a preview is')
  })
})

describe('a dry run refuses what rendering would refuse', () => {
  it.each([
    ['layers over something else', ['clip.mp4', '-o', 'dry.mp4', '--layers', 'checkpoints'], 2, /--layers: expected a new or empty folder/],
    ['a range behind the end', ['clip.mp4', '-o', 'dry.mp4', '--range', '9-'], 1, /ends at 1\.60 s/],
    ['an encoder for another container', ['clip.mp4', '-o', 'dry.mp4', '--encoder', 'libvpx-vp9', '--layers', 'new'], 0, /^$/],
    [
      'an encoder that its container does not hold',
      ['clip.mp4', '-o', 'dry.mp4', '--encoder', 'ffv1'],
      1,
      /mp4 does not hold what it writes/,
    ],
    ['a preview of a picture', ['frame.png', '-o', 'dry.png', '--preview', '3'], 2, /expected a clip but .*frame\.png is an image/],
    [
      'a shot behind the end',
      ['clip.mp4', '-o', 'dry.mp4', '--shots', 'late.json'],
      2,
      /expected some of the clip's 40 but found 41 to 50/,
    ],
  ] as const)('%s', async (_, args, expected, message) => {
    writeFileSync(file('late.json'), JSON.stringify([{ frames: [1, 50] }, { frames: [41, 50], on: false }]))
    const paths = args.map((word) => (/\.(mp4|png|json)$|^checkpoints$|^new$/.test(word) ? file(word) : word))
    const { code, stderr } = await here(...paths, '--run', 'tiny', '--dry-run')
    expect(stderr).toMatch(message)
    expect(code).toBe(expected)
    expect(readdirSync(home).filter((name) => /dry|new/.test(name))).toEqual([])
  })
})

describe('what bad input gets', () => {
  const cases: [string, string[], number, RegExp][] = [
    ['a missing clip', ['absent.mp4', '-o', 'bad.mp4'], 1, /found no such file/],
    ['an empty clip', ['empty.mp4', '-o', 'bad.mp4'], 1, /is empty/],
    ['a truncated clip', ['cut.mp4', '-o', 'bad.mp4'], 1, /truncated/],
    ['a text', ['text.mp4', '-o', 'bad.mp4'], 1, /neither, or is damaged/],
    ['its own input as output', ['clip.mp4', '-o', 'clip.mp4'], 2, /never writes over its input|another file/],
    ['an image name for a clip', ['clip.mp4', '-o', 'bad.png'], 2, /expected a video name/],
    ['a checkpoint that is not there', ['clip.mp4', '-o', 'bad.mp4', '--checkpoint', '7'], 1, /checkpoint of tiny at step 7 but found 1/],
    ['a folder that is not there', ['clip.mp4', '-o', 'nowhere/bad.mp4'], 1, /expected the folder/],
    [
      'no queue to be left alone',
      ['clip.mp4', '-o', 'bad.mp4', '--detach'],
      2,
      /^dfk: --detach: expected --queue .*\n {2}hint: add --queue/,
    ],
    [
      'a name of no queue',
      ['clip.mp4', '-o', 'bad.mp4', '--queue-name', 'other'],
      2,
      /^dfk: --queue-name: expected --queue .*\n {2}hint: add --queue/,
    ],
    [
      'a format of no layers',
      ['clip.mp4', '-o', 'bad.mp4', '--layers-format', 'prores'],
      2,
      /^dfk: --layers-format: expected --layers .*\n {2}hint/,
    ],
    [
      'alpha of no layers',
      ['clip.mp4', '-o', 'bad.mp4', '--layers-alpha', 'straight'],
      2,
      /^dfk: --layers-alpha: expected --layers .*\n {2}hint/,
    ],
    [
      'shots of a part',
      ['clip.mp4', '--list-shots', 'bad.json', '--range', '0-1'],
      2,
      /^dfk: --range: expected the whole clip with --list-shots.*\n {2}hint/,
    ],
    [
      'a quality of an encoder that has none',
      ['clip.mp4', '-o', 'bad.mkv', '--encoder', 'lossless', '--crf', '12'],
      2,
      /^dfk: --crf: expected an encoder with a quality .* found lossless, which keeps everything\n {2}hint/,
    ],
    [
      'shots that switch all off',
      ['clip.mp4', '-o', 'bad.mp4', '--shots', 'off.json'],
      2,
      /^dfk: --shots: .* the 40 frames of .*clip.mp4 but it switches all of them off\n {2}hint: .*\n$/,
    ],
    [
      'shots that switch all off, before anything is rendered',
      ['clip.mp4', '-o', 'bad.mp4', '--shots', 'off.json', '--dry-run'],
      2,
      /the 40 frames .* switches all of them off/,
    ],
    [
      'shots that switch off what is rendered',
      ['clip.mp4', '-o', 'bad.mp4', '--shots', 'late.json', '--range', '0.8-1.2'],
      2,
      /the 10 frames .* switches all of them off/,
    ],
    [
      'shots of which nothing shows, in a preview',
      ['clip.mp4', '-o', 'bad.png', '--shots', 'faint.json', '--preview', '2'],
      2,
      /the 40 frames .* switches all/,
    ],
    ['shots of which nothing shows', ['clip.mp4', '-o', 'bad.mp4', '--shots', 'faint.json'], 2, /switches all of them off/],
    [
      'shots that switch off a picture',
      ['frame.png', '-o', 'bad.png', '--shots', 'off.json'],
      2,
      /faces to be asked for in .*frame.png but/,
    ],
    ['a picture of which nothing shows', ['frame.png', '-o', 'bad.png', '--shots', 'faint.json'], 2, /switches all of them off/],
    ['a record that is not there', ['clip.mp4', '-o', 'bad.mp4', '--consent', 'absent.json'], 3, /expected a consent record/],
    ['another run than there is', ['clip.mp4', '-o', 'bad.mp4', '--run', 'nobody'], 1, /expected a training run/],
    ['a run of another framing', ['clip.mp4', '-o', 'bad.mp4', '--run', 'framed'], 1, /framed as/],
    ['a run without a checkpoint', ['clip.mp4', '-o', 'bad.mp4', '--run', 'bare'], 1, /checkpoint/],
    ['a run whose weights have other sizes', ['clip.mp4', '-o', 'bad.mp4', '--run', 'sizes'], 1, /expected .* of shape/],
    ['an exchanged record', ['clip.mp4', '-o', 'bad.mp4', '--run', 'exchanged'], 3, /target\) was made under.*found another/],
    ['an expired record', ['clip.mp4', '-o', 'bad.mp4', '--run', 'expired'], 3, /expected/],
    ['a record that does not grant it', ['clip.mp4', '-o', 'bad.mp4', '--run', 'ungranted'], 3, /generate/],
    ['somebody without a record', ['frame.png', '-o', 'bad.png', '--run', 'stranger', '--face', 'largest'], 3, /matches none/],
    [
      'somebody who is not the target',
      ['frame.png', '-o', 'bad.png', '--run', 'stranger'],
      3,
      /none of the faces found is theirs.*\[biometric\]/,
    ],
  ]

  beforeAll(async () => {
    writeFileSync(file('off.json'), '[{"frames":[1,40],"on":false}]')
    writeFileSync(file('late.json'), '[{"frames":[18,40],"on":false}]')
    writeFileSync(file('faint.json'), '[{"frames":[1,40],"strength":0}]')
    const record = recordFor('bob', bob)
    await makeRun(home, 'framed', record, { config: { framing: 'other/9' } })
    await makeRun(home, 'bare', record)
    rmSync(file('checkpoints/bare/step-000001'), { recursive: true })
    await makeRun(home, 'sizes', record)
    const config = JSON.parse(readFileSync(file('checkpoints/sizes/config.json'), 'utf8'))
    config.generator.code = 24
    writeFileSync(file('checkpoints/sizes/config.json'), JSON.stringify(config))
    await makeRun(home, 'exchanged', record)
    saveRecord(file('checkpoints/exchanged/consent'), 'target.json', recordFor('mallory', bob))
    await makeRun(home, 'expired', recordFor('bob', bob, { until: '2021-01-01' }))
    await makeRun(home, 'ungranted', recordFor('bob', bob, { grants: ['collect', 'train'] }))
    await makeRun(
      home,
      'stranger',
      recordFor(
        'carol',
        bob.map((value) => value + 0.08),
      ),
    )
  })

  it.each(cases)('%s', async (_, args, expected, message) => {
    const paths = args.map((word) => (/\.(mp4|png|json)$/.test(word) ? file(word) : word))
    const run = args.includes('--run') ? [] : ['--run', 'tiny']
    const { code, stderr, stdout } = await here(...paths, ...run)
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/ at .*\.(ts|js):/)
    expect(code).toBe(expected)
    expect(stdout).toBe('')
    expect(readdirSync(home).filter((name) => name.startsWith('bad') || name.startsWith('.bad'))).toEqual([])
  })

  const crowd = sharedData('stills/solvay1927.jpg')
  it.skipIf(crowd === undefined)('an image of 29 people', async () => {
    const { code, stderr } = await here(crowd!, '--run', 'tiny', '-o', file('bad.png'))
    expect(code).toBe(3)
    expect(stderr).toMatch(/none of the faces found is theirs/)
    const all = await here(crowd!, '--run', 'tiny', '-o', file('bad.png'), '--face', 'all')
    expect(all.code).toBe(3)
  })

  const still = sharedData('stills/coffee.png')
  it.skipIf(still === undefined)('a picture of a cup', async () => {
    const { code, stderr } = await here(still!, '--run', 'tiny', '-o', file('bad.png'))
    expect([code, stderr.includes('but found none')]).toEqual([1, true])
  })
})
