import { fileUrl } from './arguments.ts'
import { findFfprobe } from './binaries.ts'
import { readFailure } from './failures.ts'
import { LOCAL_ONLY } from './limits.ts'
import type { MediaInfo, Rational } from './probe.ts'
import { readLines } from './process.ts'

/** When the frames of a clip are shown, and where decoding can begin, told from the packets alone. */
export interface PacketIndex {
  readonly timeBase: Rational
  /** Times of the shown frames in ticks of `timeBase` on the file's own clock, ascending. [frames] */
  readonly pts: Float64Array
  /** Which of those are key frames, ascending. */
  readonly keys: Uint32Array
  /** Packets without a time of their own, as in MPEG program streams: `pts` is an estimate there, and only decoding tells the times. */
  readonly untimed: number
  /** Times that decoding times go back by a second or more, as where recordings were strung together: only decoding tells the times then. */
  readonly jumps: number
}

/** Numbers that arrive one by one, eight bytes each. */
class Growing {
  #data = new Float64Array(4096)
  length = 0

  push(value: number): void {
    if (this.length === this.#data.length) {
      const larger = new Float64Array(2 * this.length)
      larger.set(this.#data)
      this.#data = larger
    }
    this.#data[this.length] = value
    this.length += 1
  }

  get last(): number {
    return this.length === 0 ? 0 : this.#data[this.length - 1]!
  }

  get values(): Float64Array {
    return this.#data.subarray(0, this.length)
  }
}

/** Arguments that make ffprobe list time and flags of every packet of the picture, a line each. */
function packetArguments(path: string, stream: number): string[] {
  const only = ['-select_streams', String(stream), '-show_entries', 'packet=pts,dts,flags']
  return ['-v', 'error', ...LOCAL_ONLY, '-of', 'compact=p=1:nk=0', ...only, fileUrl(path)]
}

/** Collects ffprobe's packet lines; `finish` sorts them by time. Sixteen bytes a packet, whatever the length of the clip. */
export class PacketCollector {
  readonly #pts = new Growing()
  readonly #keys = new Growing()
  #untimed = 0
  #jumps = 0
  #lastS = Number.NEGATIVE_INFINITY
  readonly #timeBase: Rational

  constructor(timeBase: Rational) {
    this.#timeBase = timeBase
  }

  /** Takes in one line of ffprobe's output. */
  read(line: string): void {
    if (!line.startsWith('packet|')) return
    const flags = /flags=([^|]*)/.exec(line)?.[1] ?? ''
    // Packets that an edit list hides are decoded but not shown.
    if (flags.includes('D')) return
    this.#follow(/dts=(-?\d+)/.exec(line)?.[1])
    const own = /pts=(-?\d+)/.exec(line)?.[1]
    if (own === undefined) this.#untimed += 1
    const pts = own ?? /dts=(-?\d+)/.exec(line)?.[1] ?? this.#pts.last
    this.#pts.push(Number(pts))
    if (flags.includes('K')) this.#keys.push(Number(pts))
  }

  #follow(dts: string | undefined): void {
    if (dts === undefined) return
    const timeS = (Number(dts) * this.#timeBase.num) / this.#timeBase.den
    if (timeS < this.#lastS - 1) this.#jumps += 1
    this.#lastS = timeS
  }

  /** The index of all packets that were read. */
  finish(): PacketIndex {
    const pts = this.#pts.values.slice().sort()
    const times = this.#keys.values.slice().sort()
    const keys = new Uint32Array(times.length)
    let at = 0
    for (const [order, time] of times.entries()) {
      while (pts[at]! < time) at += 1
      keys[order] = at
    }
    return { timeBase: this.#timeBase, pts, keys, untimed: this.#untimed, jumps: this.#jumps }
  }
}

/** Reads the index of a clip in one pass that decodes nothing. Throws DfkError where the file cannot be read, InterruptedError when `signal` aborts. */
export async function indexPackets(info: MediaInfo, signal?: AbortSignal): Promise<PacketIndex> {
  const { path: ffprobe } = await findFfprobe()
  const collector = new PacketCollector(info.timeBase)
  try {
    await readLines(ffprobe, packetArguments(info.path, info.details?.picture ?? 0), (line) => collector.read(line), signal)
  } catch (failure) {
    throw readFailure(info.path, failure)
  }
  return collector.finish()
}
