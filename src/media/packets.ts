import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { checkInterrupted } from '../work/errors.ts'
import { fileUrl } from './arguments.ts'
import { findFfprobe } from './binaries.ts'
import { readFailure } from './failures.ts'
import { type MediaInfo, parseRational, type Rational } from './probe.ts'

// A stand-in for the packet index that is on its way; same shape, whoever merges takes the other one.

/** When the frames of a clip are shown, and where decoding can begin, told from the packets alone. */
export interface PacketIndex {
  readonly timeBase: Rational
  /** Times of the shown frames in ticks of `timeBase` on the file's own clock, ascending. [frames] */
  readonly pts: Float64Array
  /** Which of those are key frames, ascending. */
  readonly keys: Uint32Array
  /** Packets without a time of their own. */
  readonly untimed: number
}

/** Reads the index of a clip in one pass that decodes nothing. Throws DfkError where the file cannot be read, InterruptedError when `signal` aborts. */
export async function indexPackets(info: MediaInfo, signal?: AbortSignal): Promise<PacketIndex> {
  const { path: ffprobe } = await findFfprobe()
  const show = ['-select_streams', 'V:0', '-show_entries', 'stream=time_base:packet=pts,flags', '-of', 'compact=p=1:nk=0']
  const args = ['-v', 'error', '-protocol_whitelist', 'file,pipe', ...show, fileUrl(info.path)]
  const { stdout } = await promisify(execFile)(ffprobe, args, { signal, maxBuffer: 2 ** 30 }).catch((failure: unknown) => {
    checkInterrupted(signal)
    throw readFailure(info.path, failure)
  })
  const found: { pts: number; key: boolean }[] = []
  let untimed = 0
  for (const line of stdout.split('\n')) {
    const flags = /flags=([^|]*)/.exec(line)?.[1] ?? ''
    if (!line.startsWith('packet|') || flags.includes('D')) continue
    const pts = /pts=(-?\d+)/.exec(line)?.[1]
    if (pts === undefined) untimed += 1
    else found.push({ pts: Number(pts), key: flags.includes('K') })
  }
  found.sort((a, b) => a.pts - b.pts)
  const timeBase = parseRational(/time_base=([^|\s]+)/.exec(stdout)?.[1]) ?? { num: 1, den: 90_000 }
  const keys = Uint32Array.from(found.flatMap(({ key }, index) => (key ? [index] : [])))
  return { timeBase, pts: Float64Array.from(found, ({ pts }) => pts), keys, untimed }
}
