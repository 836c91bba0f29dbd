import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Frame,
  findFfmpeg,
  indexForSeeking,
  mayPayToSeek,
  paysToSeek,
  probeMedia,
  type Stretch,
  sampleFrames,
} from '../../src/media/index.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'

const folder = scratchFolder('sample')
const file = (name: string) => join(folder, name)

async function gather(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const all: Frame[] = []
  for await (const frame of frames) all.push(frame)
  return all
}

async function collect(path: string, stretch: Stretch, how: 'seek' | 'through'): Promise<Frame[]> {
  const info = await probeMedia(path)
  const index = how === 'seek' ? await indexForSeeking(info) : undefined
  if (how === 'seek') expect(index).toBeDefined()
  return gather(sampleFrames(info, stretch, { index }))
}

/** Numbers and, to the millisecond, times. */
const places = (frames: readonly Frame[]) => frames.map(({ index, timeS }) => [index, Number(timeS.toFixed(3))])

beforeAll(async () => {
  const { path: ffmpeg } = await findFfmpeg()
  const make = (...args: string[]) => execFileSync(ffmpeg, ['-v', 'error', '-y', ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  make('-i', sampleVideo('cap13_edit2.mp4'), '-t', '8', '-an', '-c:v', 'libx264', '-g', '40', '-bf', '2', file('reordered.mkv'))
  make('-itsoffset', '1.3', '-i', file('reordered.mkv'), '-c', 'copy', '-copyts', file('late.mp4'))
  make('-i', file('reordered.mkv'), '-c', 'copy', '-f', 'mpegts', file('stream.ts'))
  make('-i', file('reordered.mkv'), '-c:v', 'mpeg1video', '-r', '25', file('old.mpg'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('sampling a clip', () => {
  it.each(['reordered.mkv', 'late.mp4', 'stream.ts'])('gives the same frames of %s whether it seeks or decodes all', async (name) => {
    for (const stretch of [
      { from: 0, every: 90, count: 2, burst: 3 },
      { from: 17, every: 4, count: 5, burst: 1 },
    ]) {
      const seeking = await collect(file(name), stretch, 'seek')
      const through = await collect(file(name), stretch, 'through')
      expect(seeking).toHaveLength(stretch.count * stretch.burst)
      expect(places(seeking)).toEqual(places(through))
      for (const [i, { picture }] of seeking.entries()) expect(Buffer.compare(picture.data, through[i]!.picture.data)).toBe(0)
    }
  })

  it('has no index where packets do not say when they are shown', async () => {
    expect(await indexForSeeking(await probeMedia(file('old.mpg')))).toBeUndefined()
  })

  it('decodes from the start what the file does not give at the time that its index says', async () => {
    const info = await probeMedia(file('reordered.mkv'))
    const index = (await indexForSeeking(info))!
    const stretch = { from: 0, every: 90, count: 2, burst: 1 }
    const lying = { ...index, timesS: index.timesS.map((timeS, frame) => (frame >= 90 ? timeS + 100 : timeS)) }
    const frames = await gather(sampleFrames(info, stretch, { index: lying }))
    expect(places(frames)).toEqual(places(await collect(file('reordered.mkv'), stretch, 'through')))
  })

  it('seeks in long clips with near key frames only', () => {
    const index = (frames: number, key: number) => ({
      timesS: new Float64Array(frames),
      keys: Uint32Array.from({ length: Math.ceil(frames / key) }, (_, i) => i * key),
    })
    const stretch = (frames: number) => ({ from: 0, every: Math.ceil(frames / 32), count: 32, burst: 3 })
    expect(mayPayToSeek(stretch(1500))).toBe(false)
    expect(mayPayToSeek(stretch(90_000))).toBe(true)
    expect(paysToSeek(stretch(90_000), index(90_000, 250))).toBe(true)
    expect(paysToSeek(stretch(90_000), index(90_000, 90_000))).toBe(false)
    expect(paysToSeek(stretch(3000), index(3000, 250))).toBe(false)
  })
})
