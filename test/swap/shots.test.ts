import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { FaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, readPicture } from '../../src/media/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { listShots } from '../../src/swap/listShots.ts'
import { WHOLE_CLIP } from '../../src/swap/range.ts'
import { type FrameOptions, optionsAt, type Shot } from '../../src/swap/shots.ts'
import { needsDetection, parseShots, spanOf } from '../../src/swap/shotsFile.ts'
import { ShotTracker } from '../../src/swap/shotTracker.ts'
import { swapFile } from '../../src/swap/swap.ts'
import { viewOf } from '../../src/swap/view.ts'
import { UsageError } from '../../src/work/errors.ts'
import { scratchFolder } from '../support/data.ts'
import { makeClip, openMan, PLAIN_LOOK, WALL } from './man.ts'

const settings = z.object({ face: z.enum(['target', 'largest']).default('target'), maskErode: z.number().min(-10).max(20).default(3) })
const read = (value: unknown) => parseShots('/somewhere/shots.json', JSON.stringify(value), settings)

const plain: FrameOptions = {
  ...{ on: true, choice: 'target', threshold: 0.5, strength: 1, label: undefined },
  look: { ...PLAIN_LOOK, colour: 'rct' },
}

const LENGTH = { frames: 100, endS: 4 }

describe('a shots file', () => {
  it('says what differs, and nothing of what it leaves away', () => {
    const [entry] = read([{ frames: [11, 20], maskErode: 5 }])
    expect(entry).toEqual({ shot: undefined, frames: [11, 20], times: undefined, on: true, strength: 1, settings: { maskErode: 5 } })
    expect(spanOf('shots.json', 0, entry!, [], LENGTH)).toEqual({ first: 10, last: 19 })
  })

  it('names shots by number, of the clip or of its own frames', () => {
    const entries = read([{ shot: 2, on: false }, { shot: 9, frames: [1, 4] }, { times: '0:01-0:02.5' }])
    expect(entries.map((entry) => needsDetection([entry]))).toEqual([true, false, false])
    const detected = [
      { first: 0, last: 6, fromS: 0 },
      { first: 7, last: 30, fromS: 0.28 },
    ]
    expect(spanOf('shots.json', 0, entries[0]!, detected, LENGTH)).toEqual({ first: 7, last: 30 })
    expect(spanOf('shots.json', 1, entries[1]!, detected, LENGTH)).toEqual({ first: 0, last: 3 })
    expect(spanOf('shots.json', 2, entries[2]!, detected, LENGTH)).toEqual({ fromS: 1, toS: 2.5 })
    expect(() => spanOf('shots.json', 0, read([{ frames: [101, 200] }])[0]!, [], LENGTH)).toThrow(
      /entry 1: "frames": .*clip's 100 but found 101 to 200/,
    )
    expect(spanOf('shots.json', 0, read([{ frames: [100, 200] }])[0]!, [], LENGTH)).toEqual({ first: 99, last: 199 })
    expect(() => spanOf('shots.json', 1, read([{ times: '0:04-' }])[0]!, [], LENGTH)).toThrow(
      /entry 2: "times": .*ends at 4.00 s, but found 0:04-/,
    )
    expect(() => spanOf('shots.json', 0, read([{ shot: 3 }])[0]!, detected, LENGTH)).toThrow(/entry 1: "shot": .*2 shots but found 3/)
  })

  it.each([
    ['a value out of range', [{ frames: [1, 2] }, { frames: [3, 4], maskErode: 99 }], /shots\.json, entry 2: "maskErode": .*20.*found: 99/],
    ['a word where a number belongs', [{ shot: 1, maskErode: 'auto' }], /entry 1: "maskErode": expected a number \(found: "auto"\)/],
    ['frames that are no pair', [{ frames: 7 }], /entry 1: "frames": expected a pair \(found: 7\)/],
    ['a word that is none of the choices', [{ shot: 1, face: 'bob' }], /entry 1: "face": .*target.*found: "bob"/],
    ['a field that there is not', [{ shot: 1, maskErod: 2 }], /entry 1: .*maskErod/],
    ['frames the wrong way round', [{ frames: [9, 3] }], /entry 1: "frames": .*first frame/],
    ['frame 0', [{ frames: [0, 3] }], /entry 1: "frames.0": .*found: 0/],
    ['times the wrong way round', [{ times: '20-10' }], /entry 1: "times": .*later.*found: "20-10"/],
    ['no frames at all', [{ maskErode: 2 }], /entry 1: expected "frames", "times" or "shot"/],
    ['frames twice', [{ frames: [1, 2], times: '1-2' }], /entry 1: expected .* one of them/],
    ['no array', { frames: [1, 2] }, /expected an array/],
  ])('is refused for %s', (_, value, message) => {
    expect(() => read(value)).toThrow(message)
    expect(() => read(value)).toThrow(UsageError)
  })
})

describe('options of a frame', () => {
  const { on: _, strength: __, ...base } = plain
  const shot = (first: number, last: number, changes: Partial<FrameOptions>): Shot => ({
    span: { first, last },
    options: { ...plain, ...changes },
  })

  it('are those of the last shot that covers it, else of the whole clip', () => {
    const clip = { ...base, shots: [shot(0, 9, { strength: 0.5 }), shot(5, 7, { on: false })] }
    const found = [0, 5, 7, 8, 10].map((index) => optionsAt(clip, { index, timeS: 0 }))
    expect(found.map(({ on, strength }) => [on, strength])).toEqual([
      [true, 0.5],
      [false, 1],
      [false, 1],
      [true, 0.5],
      [true, 1],
    ])
  })

  it('by time begin with it and end before its end', () => {
    const clip = { ...base, shots: [{ span: { fromS: 1, toS: 2 }, options: { ...plain, on: false } }] }
    expect([0.99, 1, 1.99, 2].map((timeS) => optionsAt(clip, { index: 0, timeS }).on)).toEqual([true, false, false, true])
  })

  it('bring a new tracker where other faces are asked for, and none where nothing is', async () => {
    const begun: string[] = []
    const asked: Partial<FrameOptions>[] = [{}, {}, { look: { ...plain.look, sharpen: 2 } }, { choice: 'largest' }, { on: false }, {}]
    const seen = (index: number) => ({ index, timeS: index, isCut: false, sightings: [], barred: [] })
    const analyser = {} as FaceAnalyser
    const tracker = new ShotTracker(
      analyser,
      ({ index }) => ({ ...plain, ...asked[index] }),
      ({ choice }) => {
        begun.push(choice)
        return { analyser, next: async (_, index) => seen(index), facesSeen: 2, nearest: begun.length === 1 ? 0.6 : 0.9 }
      },
    )
    const view = viewOf({ width: 1, height: 1, data: new Uint8Array(3) })
    const cuts: boolean[] = []
    for (const index of asked.keys()) cuts.push((await tracker.next(view, index, index)).isCut)
    expect(cuts).toEqual([true, false, false, true, true, true])
    expect(begun).toEqual(['target', 'largest', 'target'])
    expect([tracker.facesSeen, tracker.nearest]).toEqual([6, 0.6])
  })
})

describe('a clip', () => {
  const home = scratchFolder('shots')
  const file = (name: string) => join(home, name)
  const FRAMES = 22
  beforeAll(() => makeClip(home, file('clip.mp4'), FRAMES))
  afterAll(() => rmSync(home, { recursive: true, force: true }))

  it('is cut where the scene changes, into a file that can be read and a sheet to look at', async () => {
    const { sheet, shots } = await listShots(file('clip.mp4'), file('shots.json'), {})
    expect(shots).toBe(2)
    const entries = parseShots('shots.json', readFileSync(file('shots.json'), 'utf8'), settings)
    expect(entries.map(({ frames }) => frames)).toEqual([
      [1, WALL],
      [WALL + 1, FRAMES],
    ])
    const { width, height, data } = await readPicture(sheet)
    expect(width).toBeGreaterThan(2 * 240)
    // The wall is grey, the man is not.
    expect(data[(Math.floor(height / 2) * width + 120) * 3]).toBeCloseTo(120, -1)
  })

  it.each([
    ['a name that is no list', 'shots.mp4'],
    ['a folder that is not there', 'nowhere/shots.json'],
    ['a file of somebody else', 'other.json'],
    ['a sheet of somebody else', 'pictured.json'],
  ])('never takes the place of something else: %s', async (_, name) => {
    writeFileSync(file('other.json'), '{"mine":true}')
    writeFileSync(file('pictured.png'), 'mine')
    writeFileSync(file('shots.mp4'), 'mine')
    await expect(listShots(file('clip.mp4'), file(name), {})).rejects.toThrow(UsageError)
    expect(readFileSync(file('other.json'), 'utf8')).toBe('{"mine":true}')
    expect(readFileSync(file('pictured.png'), 'utf8')).toBe('mine')
    expect(readFileSync(file('shots.mp4'), 'utf8')).toBe('mine')
  })

  it('is rendered as its shots ask for', async () => {
    const { on: _, ...rest } = plain
    const options = { ...rest, look: PLAIN_LOOK }
    const shots: Shot[] = [
      { span: { first: 0, last: 11 }, options: { ...options, on: false } },
      { span: { first: 12, last: 16 }, options: { ...options, on: true, strength: 0.25 } },
      { span: { first: 20, last: 21 }, options: { ...options, on: true, strength: 0 } },
    ]
    const session = await openMan(home, file('clip.mp4'), { shots })
    const rendering = { encoder: 'libx264', quality: 0, preset: 'veryfast', range: WHOLE_CLIP, preview: undefined, segment: 500 } as const
    const result = await swapFile(session, { path: file('clip.mp4'), kind: 'video', output: file('out.mp4') }, rendering, {}).finally(() =>
      session.dispose(),
    )
    // Where nothing of a face shows, nobody was replaced.
    expect(result).toMatchObject({ frames: FRAMES, swapped: FRAMES - 12 - 2 })
    const pictures = async (path: string) => {
      const found: Picture[] = []
      for await (const { picture } of decodeFrames(path)) found.push(picture)
      return found
    }
    const [before, after] = [await pictures(file('clip.mp4')), await pictures(file('out.mp4'))]
    const change = before.map(({ data }, i) => {
      let sum = 0
      // The middle of the face.
      for (let y = 150; y < 200; y += 1)
        for (let x = 180 * 3; x < 220 * 3; x += 1) sum += Math.abs(data[y * 1200 + x]! - after[i]!.data[y * 1200 + x]!)
      return sum / (50 * 120)
    })
    expect(Math.max(...change.slice(0, 12))).toBeLessThan(0.5)
    const [faint, whole] = [change[14]!, change[18]!]
    expect(whole).toBeGreaterThan(8)
    expect(faint / whole).toBeGreaterThan(0.15)
    expect(faint / whole).toBeLessThan(0.4)
  })
})
