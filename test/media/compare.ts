import { execFileSync } from 'node:child_process'
import { fileUrl } from '../../src/media/arguments.ts'
import { findFfmpeg, findFfprobe } from '../../src/media/binaries.ts'
import { indexPackets } from '../../src/media/packets.ts'
import { type MediaInfo, probeMedia } from '../../src/media/probe.ts'

/** What a clip shows and when, told from its start. */
export interface Seen {
  readonly info: MediaInfo
  /** Times of the shown frames in seconds from the start of the earliest stream. */
  readonly times: readonly number[]
  /** Types of all streams, in order. */
  readonly types: string
}

/** Times that a decoder gives the frames, for files that do not say them all. */
async function decodedTimes(path: string): Promise<number[]> {
  const { path: ffprobe } = await findFfprobe()
  const args = [
    '-v',
    'error',
    '-select_streams',
    'V:0',
    '-show_entries',
    'frame=best_effort_timestamp_time',
    '-of',
    'compact',
    fileUrl(path),
  ]
  const said = execFileSync(ffprobe, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return Array.from(said.matchAll(/best_effort_timestamp_time=([\d.-]+)/g), (match) => Number(match[1]))
}

/** Looks a clip over without decoding it. */
export async function lookOver(path: string): Promise<Seen> {
  const info = await probeMedia(path)
  const { pts, timeBase, untimed } = await indexPackets(info)
  const origin = info.details!.originS
  const times =
    untimed > 0
      ? (await decodedTimes(path)).map((timeS) => timeS - origin)
      : Array.from(pts, (tick) => (tick * timeBase.num) / timeBase.den - origin)
  return { info, times, types: info.details!.streams.map(({ type }) => type).join(',') }
}

async function soundHash(path: string, order: number, codec: 'copy' | 'pcm_s16le'): Promise<string> {
  const { path: ffmpeg } = await findFfmpeg()
  const args = ['-v', 'error', '-nostdin', '-i', fileUrl(path), '-map', `0:a:${order}`, '-c:a', codec, '-f', 'md5', '-']
  return execFileSync(ffmpeg, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}

/** Whether a sound track is the same, packet by packet or, where the container wraps packets otherwise, sample by sample. */
export async function isSameSound(before: string, after: string, order: number): Promise<boolean> {
  for (const codec of ['copy', 'pcm_s16le'] as const)
    if ((await soundHash(before, order, codec)) === (await soundHash(after, order, codec))) return true
  return false
}

function tick({ info }: Seen): number {
  return info.timeBase.num / info.timeBase.den
}

/** Differences between a clip and its copy that a viewer or an editor could notice, a line each; empty where there are none. */
export function differences(before: Seen, after: Seen, slackS = 0): string[] {
  const found: string[] = []
  const expectEqual = (what: string, a: unknown, b: unknown) => {
    if (JSON.stringify(a) !== JSON.stringify(b)) found.push(`${what}: ${JSON.stringify(a)} became ${JSON.stringify(b)}`)
  }
  const tolerance = 1.001 * Math.max(tick(before), tick(after)) + 2e-6
  expectEqual('frames', before.times.length, after.times.length)
  const sync = (seen: Seen) =>
    seen.times[0]! -
    (seen.info.details!.streams.find(({ type }) => type === 'audio')?.startS ?? seen.info.details!.originS) +
    seen.info.details!.originS
  const worst = Math.max(
    ...before.times.map((time, order) => Math.abs(time - before.times[0]! - (after.times[order] ?? 1e9) + after.times[0]!)),
  )
  if (worst > tolerance) found.push(`times differ by up to ${worst} s`)
  // A container without edit lists shows the sound that a decoder needs to begin, so the file begins by that much earlier.
  if (Math.abs(sync(before) - sync(after)) > tolerance + 0.03)
    found.push(`sync: picture starts ${sync(before)} s after the sound, then ${sync(after)} s`)
  const [a, b] = [before.info, after.info]
  const end = ({ info, times }: Seen) => Math.max(info.startS, 0) + info.durationS - times[0]!
  if (a.durationS > 0 && Math.abs(end(before) - end(after)) > tolerance + 0.0015 + slackS)
    found.push(`length: ${end(before)} became ${end(after)}`)
  expectEqual('size as displayed', [a.width, a.height], [b.width, b.height])
  // What says no range is standard range, which H.264 does not spell out.
  expectEqual('colour', { range: 'tv', ...a.colour }, { range: 'tv', ...b.colour })
  expectEqual('fields', a.details!.fieldOrder, b.details!.fieldOrder)
  // What says no place is taken for `left`.
  expectEqual('chroma', a.details!.chromaLocation ?? 'left', b.details!.chromaLocation ?? 'left')
  expectEqual('chapters', a.details!.chapters, b.details!.chapters)
  expectEqual('time code', a.details!.timecode, b.details!.timecode)
  // MP4 marks the first stream of a kind as the default, whether anyone said so or not.
  const isMarked = (seen: Seen, type: string) =>
    seen.info.details!.streams.some((stream) => stream.type === type && stream.disposition.includes('default'))
  const named = (seen: Seen, type: string) =>
    seen.info
      .details!.streams.filter((stream) => stream.type === type)
      .map(({ language, title, disposition }) => ({
        language,
        title,
        disposition: disposition.filter((name) => name !== 'default' || isMarked(before, type)),
      }))
  for (const type of ['audio', 'subtitle']) expectEqual(`${type} streams`, named(before, type), named(after, type))
  return found
}
