import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { findFfmpeg } from '../../src/media/binaries.ts'
import { containerOf } from '../../src/media/containers.ts'
import { type JoinJob, type JoinReport, joinSegments } from '../../src/media/join.ts'
import { probeMedia } from '../../src/media/probe.ts'
import { scratchFolder } from '../support/data.ts'
import { differences, isSameSound, lookOver, type Seen } from './compare.ts'
import { INPUTS, makeInput } from './inputs-table.ts'

const folder = scratchFolder('join')
const file = (name: string) => join(folder, name)
const require = createRequire(import.meta.url)
const { path: oldFfmpeg } = require('@ffmpeg-installer/ffmpeg') as { path: string }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function joined(name: string, segments: readonly string[], more: Partial<JoinJob>): Promise<{ output: string; report: JoinReport }> {
  const output = file(name)
  const report = await joinSegments({
    ...{
      segments,
      output,
      container: containerOf(output),
      startS: 0,
      timeBase: { num: 1, den: 12_800 },
      codec: 'other' as const,
      tags: {},
    },
    lastFrameS: 0.04,
    ...more,
  })
  return { output, report }
}

async function rendered(name: string): Promise<{ path: string; before: Seen; segments: string[] }> {
  const { path: ffmpeg } = await findFfmpeg()
  const path = makeInput(ffmpeg, folder, INPUTS.find((input) => input.name === name)!)!
  const before = await lookOver(path)
  return { path, before, segments: segmentsOf(ffmpeg, `again-${name}`, path, before) }
}

describe('a join', () => {
  it('goes through the ffmpeg of 2018 as well, B-frames and uneven times included', async () => {
    const { before, segments } = await rendered('uneven.mp4')
    process.env['FFMPEG_PATH'] = oldFfmpeg
    const { output } = await joined('old.mp4', segments, {
      original: before.info,
      timeBase: before.info.timeBase,
      startS: before.times[0]!,
    })
    delete process.env['FFMPEG_PATH']
    const after = await lookOver(output)
    expect(after.times.map((time) => Math.round(time * 90_000))).toEqual(before.times.map((time) => Math.round(time * 90_000)))
  })

  it("names what it leaves out or converts, and does without the shoot's place", async () => {
    const { before, segments } = await rendered('tracks.mkv')
    expect(before.info.details?.tags).toHaveProperty('LOCATION')
    const { output, report } = await joined('web.mp4', segments, { original: before.info })
    expect(report.warnings).toEqual(['subtitle stream 3 (subrip, deu) is converted by mov_text: mp4 cannot hold it as it is'])
    const { tags } = (await probeMedia(output)).details!
    expect(tags).toHaveProperty('title', 'A film')
    expect(Object.keys(tags).filter((name) => /location|creation/i.test(name))).toEqual([])
  })

  it('keeps the part of the sound and the time code that belong to a range', async () => {
    const { before, segments } = await rendered('half.mov')
    const { output } = await joined('part.mov', segments.slice(1), {
      original: before.info,
      range: { startS: 0.16, endS: 0.4 },
      framesBefore: 4,
    })
    const after = await lookOver(output)
    expect(after.times.length).toBe(6)
    expect(after.info.details?.timecode).toBe('01:02:03:08')
    const film = await rendered('film.mp4')
    const startS = film.before.times[8]!
    const { output: part } = await joined('part.mp4', film.segments.slice(1), {
      original: film.before.info,
      range: { startS, endS: 24 * (1001 / 24_000) },
      timeBase: film.before.info.timeBase,
    })
    const seen = await lookOver(part)
    expect(seen.times.length).toBe(16)
    expect(seen.types).toBe('video,audio')
    expect(seen.info.details!.streams.map((stream) => Math.abs(stream.startS) < 0.022)).toEqual([true, true])
  })

  it('writes over what a kill left of an earlier try', async () => {
    const { segments, before } = await rendered('pal.mp4')
    writeFileSync(file('again.mp4'), 'half of a file')
    const { output } = await joined('again.mp4', segments, { original: before.info })
    expect((await lookOver(output)).times).toEqual(
      (await lookOver((await joined('anew.mp4', segments, { original: before.info })).output)).times,
    )
  })

  it('refuses segments that do not fit each other, and leaves nothing', async () => {
    const { segments } = await rendered('pal.mp4')
    const other = await rendered('film.mp4')
    const { path: ffmpeg } = await findFfmpeg()
    const strange = file('strange.nut')
    execFileSync(ffmpeg, ['-v', 'error', '-y', '-i', other.path, '-an', '-c:v', 'ffv1', strange])
    await expect(joined('bad.mp4', [segments[0]!, strange], {})).rejects.toThrow(/segments of one encoder/)
    writeFileSync(strange, readFileSync(segments[0]!).subarray(30))
    await expect(joined('bad.mp4', [strange], {})).rejects.toThrow(/damaged/)
    await expect(joined('bad.mp4', [], {})).rejects.toThrow(/frames/)
    expect(existsSync(file('bad.mp4'))).toBe(false)
  })

  it('takes segments of one encoder with other threads', async () => {
    const { path } = await rendered('pal.mp4')
    const { path: ffmpeg } = await findFfmpeg()
    const segments = [1, 2].map((threads) => {
      const output = file(`threads-${threads}.nut`)
      const args = ['-c:v', 'libx264', '-preset', 'ultrafast', '-threads', String(threads), '-avoid_negative_ts', 'disabled', output]
      execFileSync(ffmpeg, ['-v', 'error', '-y', '-i', path, ...(threads === 2 ? ['-output_ts_offset', '1'] : []), ...args])
      return output
    })
    expect(readFileSync(segments[0]!).includes('threads=1')).toBe(true)
    const { report } = await joined('threads.mp4', segments, {})
    expect(report.frames).toBe(50)
  })
})
afterEach(() => {
  delete process.env['FFMPEG_PATH']
})

const CODECS: Record<string, string[]> = {
  h264: ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2'],
  hevc: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none'],
  vp9: ['-c:v', 'libvpx-vp9', '-cpu-used', '8', '-b:v', '100k'],
  prores: ['-c:v', 'prores_ks'],
  ffv1: ['-c:v', 'ffv1'],
}

/** Renders a clip in three parts, as separate processes would. */
function segmentsOf(ffmpeg: string, name: string, path: string, { info, times }: Seen): string[] {
  const cuts = [0, Math.ceil(times.length / 3), Math.ceil((2 * times.length) / 3), times.length]
  const codec = CODECS[info.codec] ?? CODECS['h264']!
  const { num, den } = info.timeBase
  return cuts.slice(1).flatMap((end, part) => {
    const start = cuts[part]!
    if (start === end) return []
    const output = file(`${name}-${part}.nut`)
    const pick = ['-map', '0:V:0', '-vf', `select='between(n,${start},${end - 1})'`, '-vsync', '0', '-enc_time_base', `${num}:${den}`]
    const { matrix, primaries, transfer, range } = info.colour
    const tags = Object.entries({ colorspace: matrix, color_primaries: primaries, color_trc: transfer, color_range: range })
    const colour = tags.flatMap(([name, value]) => (value === undefined ? [] : [`-${name}`, value]))
    const fields = info.details?.fieldOrder === 'tt' ? ['-x264-params', 'tff=1', '-flags', '+ilme+ildct'] : []
    const args = [...pick, '-map_chapters', '-1', ...codec, ...colour, ...fields, '-threads', '1', '-avoid_negative_ts', 'disabled', output]
    execFileSync(ffmpeg, ['-v', 'error', '-nostdin', '-y', '-i', path, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    return [output]
  })
}

/** Each codec's packets, fields, several tracks and a container of another kind; all of the table goes through a render in test/swap/pass.test.ts. */
const JOINED = ['uneven.mp4', 'pq.mp4', 'web.webm', 'odd.mkv', 'pcm.mov', 'fields.mp4', 'tracks.mkv', 'old.avi', 'edited.mp4'].map(
  (name) => INPUTS.find((input) => input.name === name)!,
)

describe('segments joined', () => {
  it.for(JOINED)('$name keeps frames, times, streams and tags', async (input, { skip }) => {
    const { name } = input
    const { path: ffmpeg } = await findFfmpeg()
    const path = makeInput(ffmpeg, folder, input)
    if (path === undefined) return skip(`no ${input.shared} here`)
    const before = await lookOver(path)
    const { info, times } = before
    const output = file(`out-${name.replace('.', '-')}.${input.output ?? extname(name).slice(1)}`)
    const lastFrameS = info.startS + info.durationS - times.at(-1)!
    const { frames } = await joinSegments({
      segments: segmentsOf(ffmpeg, name, path, before),
      output,
      original: info,
      container: containerOf(output),
      startS: times[0]!,
      timeBase: info.timeBase,
      codec: info.codec === 'hevc' ? 'hevc' : 'other',
      tags: info.colour,
      fieldOrder: info.details?.fieldOrder,
      lastFrameS: lastFrameS > 0 ? lastFrameS : info.fps.den / info.fps.num,
    })
    const after = await lookOver(output)
    expect(frames).toBe(times.length)
    expect(after.types).toBe(input.streams)
    expect(differences(before, after, input.slackS)).toEqual([])
    if (name !== 'pcm.mov') for (const order of info.audio.keys()) expect(await isSameSound(path, output, order)).toBe(true)
  })
})
