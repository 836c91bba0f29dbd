import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  containerOf,
  decodeFrames,
  findFfmpeg,
  frameFormat,
  hashFootage,
  type MediaInfo,
  openSegment,
  probeMedia,
  readClip,
} from '../../src/media/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { scratchFolder } from '../support/data.ts'
import { PICTURE_PLAN } from './plan.ts'

const folder = scratchFolder('media')
const require = createRequire(import.meta.url)
const { path: oldFfmpeg } = require('@ffmpeg-installer/ffmpeg') as { path: string }
const { path: npmFfprobe } = require('@ffprobe-installer/ffprobe') as { path: string }
const SINE = ['-f', 'lavfi', '-i', 'sine=d=1.4']

function file(name: string): string {
  return join(folder, name)
}

/** Makes test clips with the old build: what it writes, everything reads. */
function make(name: string, ...args: string[]): string {
  execFileSync(oldFfmpeg, ['-v', 'error', '-y', ...args, file(name)], { stdio: ['ignore', 'ignore', 'pipe'] })
  return file(name)
}

function pattern(size: string, rate: string, seconds: number): string[] {
  return ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:d=${seconds}`]
}

beforeAll(() => {
  make('plain.mp4', ...pattern('160x120', '25', 1), ...SINE, '-c:a', 'aac')
  make('ntsc.mkv', ...pattern('161x121', '30000/1001', 1), ...SINE, '-c:v', 'ffv1', '-pix_fmt', 'yuv420p', '-c:a', 'pcm_s16le')
  const drop = "select='not(eq(n,5)+eq(n,11))',setpts=PTS+0.0333/TB*gte(N\\,10)"
  make(
    'vfr.mp4',
    ...pattern('160x120', '25', 1),
    '-vf',
    drop,
    '-vsync',
    '0',
    '-enc_time_base',
    '1:90000',
    '-video_track_timescale',
    '90000',
  )
  make('turned.mp4', '-i', file('plain.mp4'), '-c', 'copy', '-metadata:s:v', 'rotate=90')
  make('late.mp4', '-itsoffset', '0.12', '-i', file('plain.mp4'), '-i', file('plain.mp4'), '-map', '0:v', '-map', '1:a', '-c', 'copy')
  make('one.mp4', ...pattern('160x120', '25', 1), '-vframes', '1')
  make('wide.avi', ...pattern('144x120', '25', 1), '-vf', 'setsar=16/15', '-c:v', 'mpeg4', '-vtag', 'xvid')
  make('hd.mp4', ...pattern('1280x720', '10', 0.5))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => {
  delete process.env['FFMPEG_PATH']
  delete process.env['FFPROBE_PATH']
})

async function framesOf(source: string | MediaInfo): Promise<{ times: number[]; pictures: Picture[] }> {
  const times: number[] = []
  const pictures: Picture[] = []
  for await (const frame of decodeFrames(source)) {
    times.push(frame.timeS)
    pictures.push(frame.picture)
  }
  return { times, pictures }
}

/** A segment of frames of 16 × 16 samples. */
async function openGrey(part: string) {
  const info = await probeMedia(file('plain.mp4'))
  const format = { ...frameFormat(info, 'yuv420p'), width: 16, height: 16 }
  return openSegment({ file: part, output: part, format, fps: info.fps, plan: PICTURE_PLAN })
}

function psnr(a: Picture, b: Picture): number {
  let sum = 0
  for (let i = 0; i < a.data.length; i += 1) sum += (a.data[i]! - b.data[i]!) ** 2
  return 10 * Math.log10((255 * 255 * a.data.length) / Math.max(sum, 1e-9))
}

describe('the ffmpeg of 2018 that npm has', () => {
  it.each([
    ['plain.mp4', 25],
    ['ntsc.mkv', 30],
    // The edit list of the build that made it hides the last frame.
    ['vfr.mp4', 22],
    ['turned.mp4', 25],
    ['late.mp4', 25],
    ['one.mp4', 1],
    ['wide.avi', 25],
    ['hd.mp4', 5],
  ])('reads %s as the one of the system does', async (name, frames) => {
    const source = await probeMedia(file(name))
    const before = await framesOf(source)
    expect(before.times.length).toBe(frames)
    Object.assign(process.env, { FFMPEG_PATH: oldFfmpeg, FFPROBE_PATH: npmFfprobe })
    const again = await probeMedia(file(name))
    expect([again.width, again.height, again.rotation]).toEqual([source.width, source.height, source.rotation])
    expect(again.durationS).toBeCloseTo(source.durationS, 2)
    expect(again.startS).toBeCloseTo(source.startS, 3)
    expect(again.audio.length).toBe(source.audio.length)
    const after = await framesOf(again)
    expect(after.times.length).toBe(before.times.length)
    expect(Math.max(...after.times.map((time, index) => Math.abs(time - before.times[index]!)))).toBeLessThan(5e-4)
    const worst = Math.min(...after.pictures.map((picture, index) => psnr(picture, before.pictures[index]!)))
    expect(worst).toBeGreaterThan(45)
  })
})

describe('decode', () => {
  it.skipIf(process.platform === 'win32')('starts ffmpeg once for a clip, and once to learn its version', async () => {
    const { path } = await findFfmpeg()
    writeFileSync(file('counting'), `#!/bin/sh\necho >> "${file('started')}"\nexec "${path}" "$@"\n`, { mode: 0o755 })
    process.env['FFMPEG_PATH'] = file('counting')
    expect((await framesOf(file('plain.mp4'))).times).toHaveLength(25)
    expect(readFileSync(file('started'), 'utf8')).toBe('\n\n')
  })

  it('gives every nth frame under its own number and time, and stops at the asked count', async () => {
    const frames = []
    for await (const { index, timeS } of decodeFrames(file('plain.mp4'), { every: 10, maxFrames: 2 })) frames.push([index, timeS])
    expect(frames).toEqual([
      [0, 0],
      [10, 0.4],
    ])
  })

  it('gives bursts of neighbours at every nth frame', async () => {
    const frames = []
    for await (const { index, timeS } of decodeFrames(file('plain.mp4'), { every: 10, burst: 2, maxFrames: 4 })) frames.push([index, timeS])
    expect(frames).toEqual([
      [0, 0],
      [1, 0.04],
      [10, 0.4],
      [11, 0.44],
    ])
  })

  it('brings HDR to what a screen shows', async () => {
    const tags = ['-colorspace', 'bt2020nc', '-color_primaries', 'bt2020', '-color_trc', 'smpte2084']
    const grey = ['-f', 'lavfi', '-i', 'color=c=0x949494:size=64x64:d=0.2', '-c:v', 'libx265', '-pix_fmt', 'yuv420p10le', '-x265-params']
    make('hdr.mp4', ...grey, 'log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc', ...tags, '-tag:v', 'hvc1')
    const { pictures } = await framesOf(file('hdr.mp4'))
    const [r, g, b] = pictures[0]!.data
    expect(Math.max(r!, g!, b!) - Math.min(r!, g!, b!)).toBeLessThanOrEqual(2)
    // 58 % of the PQ range is 203 cd/m², the white of a standard screen: bright, though rolled off.
    expect(r!).toBeGreaterThan(150)
    expect(r!).toBeLessThan(250)
  })

  it('stops ffmpeg when the loop is left or the signal aborts', async () => {
    for await (const frame of decodeFrames(file('hd.mp4'))) {
      expect(frame.index).toBe(0)
      break
    }
    const stop = new AbortController()
    const interrupted = (async () => {
      for await (const _ of decodeFrames(file('hd.mp4'), { signal: stop.signal })) stop.abort()
    })()
    await expect(interrupted).rejects.toThrow(/interrupted/)
  })

  it('shows colours as ffmpeg shows them', async () => {
    make('red.mp4', '-f', 'lavfi', '-i', 'color=c=0xC04030:size=64x64:d=0.2', '-pix_fmt', 'yuv420p')
    const { pictures } = await framesOf(file('red.mp4'))
    const [r, g, b] = pictures[0]!.data
    expect(Math.abs(r! - 0xc0)).toBeLessThanOrEqual(2)
    expect(Math.abs(g! - 0x40)).toBeLessThanOrEqual(2)
    expect(Math.abs(b! - 0x30)).toBeLessThanOrEqual(2)
  })
})

describe('a segment', () => {
  it('leaves nothing when it is stopped', async () => {
    const part = file('stopped.nut')
    const segment = await openGrey(part)
    for (let frame = 0; frame < 5; frame += 1) await segment.write(new Uint8Array(384).fill(90), frame / 25)
    await segment.abort()
    expect(readdirSync(folder).filter((entry) => entry.includes('stopped'))).toEqual([])
  })

  it('says what is wrong with a name or a folder', async () => {
    expect(() => containerOf('a.doc')).toThrow(/expected a video name ending in .mp4/)
    const segment = await openGrey(file('nowhere/a.nut'))
    const all = (async () => {
      await segment.write(new Uint8Array(384), 0)
      await segment.finish()
    })()
    await expect(all).rejects.toThrow(/expected to encode/)
  })
})

describe('hash', () => {
  it('is that of the picture alone, in any container, with either build', async () => {
    const silent = make('silent.mkv', '-i', file('plain.mp4'), '-an', '-c', 'copy')
    const [sound, none] = [await hashFootage(file('plain.mp4')), await hashFootage(silent)]
    expect(sound.videoSha256).toMatch(/^[0-9a-f]{64}$/)
    expect(none.videoSha256).toBe(sound.videoSha256)
    expect(none.sha256).not.toBe(sound.sha256)
    process.env['FFMPEG_PATH'] = oldFfmpeg
    expect((await findFfmpeg()).source).toBe('environment')
    expect((await hashFootage(file('plain.mp4'))).videoSha256).toBe(sound.videoSha256)
  })
})

it("chroma of one field is not mixed with the other's where interlaced footage gets more of it", async () => {
  const halves = "geq=lum=128:cb='if(mod(Y\\,2)\\,60\\,200)':cr=128,setfield=tff"
  const path = make(
    'chroma.mkv',
    '-f',
    'lavfi',
    '-i',
    'color=gray:s=64x64:d=0.04',
    '-vf',
    `format=yuv420p,${halves}`,
    '-c:v',
    'ffv1',
    '-level',
    '3',
  )
  for await (const { bytes } of readClip(await probeMedia(path), { pixels: 'yuv422p' })) {
    const column = Array.from({ length: 64 }, (_, y) => bytes[64 * 64 + 32 * y + 8]!)
    expect(column.slice(8, 12)).toEqual([200, 60, 200, 60])
  }
})
