import { DfkError, InterruptedError } from '../work/errors.ts'
import { decodeFrames, type Frame } from './decode.ts'
import { indexPackets } from './packets.ts'
import type { MediaInfo } from './probe.ts'

/** Which frames of a clip to decode: `count` of them, every nth from `from` on, each with those behind it, `burst` in a row. */
export interface Stretch {
  readonly from: number
  readonly every: number
  readonly count: number
  readonly burst: number
}

/** Starting ffmpeg and opening the file takes as long as decoding about so many frames (720p, two cores). */
const START_FRAMES = 75

/** When each frame is shown, and the numbers of those at which decoding can begin. */
export interface SeekIndex {
  /** Seconds from the start of the file, ascending. */
  readonly timesS: Float64Array
  /** Ascending. */
  readonly keys: Uint32Array
}

/** An index for seeking; undefined where packets have no times of their own or times jump back, so that only decoding tells which frame is which. */
export async function indexForSeeking(info: MediaInfo, signal?: AbortSignal): Promise<SeekIndex | undefined> {
  const { timeBase, pts, keys, untimed, jumps } = await indexPackets(info, signal)
  if (untimed > 0 || jumps > 0 || pts.length === 0 || keys.length === 0) return undefined
  const originS = info.details?.originS ?? 0
  return { timesS: pts.map((ticks) => (ticks * timeBase.num) / timeBase.den - originS), keys }
}

/** Whether a stretch is so long that jumping from sample to sample beats decoding all of it, whatever the index says. */
export function mayPayToSeek({ every, burst }: Stretch): boolean {
  return every > START_FRAMES + burst
}

/** Whether jumping from sample to sample decodes less than going through. */
export function paysToSeek({ from, every, count, burst }: Stretch, { keys }: SeekIndex): boolean {
  let cost = 0
  let key = 0
  for (let i = 0; i < count; i += 1) {
    const frame = from + i * every
    while (key + 1 < keys.length && keys[key + 1]! <= frame) key += 1
    cost += START_FRAMES + frame - keys[key]! + burst
  }
  return cost < from + count * every
}

/**
 * Decodes a stretch by one process for each sample, or for all where they lie close together. Ends early where the file does not give the frame that its index
 * promised, or cannot be decoded from there.
 */
async function* bySeeking(info: MediaInfo, stretch: Stretch, { timesS }: SeekIndex, signal?: AbortSignal): AsyncGenerator<Frame> {
  const { from, every, count, burst } = stretch
  const together = every <= START_FRAMES ? count : 1
  const halfFrameS = info.fps.den / info.fps.num / 2
  try {
    for (let i = 0; i < count; i += together) {
      const first = from + i * every
      const seekS = timesS[first]
      if (seekS === undefined) return
      let came = false
      for await (const frame of decodeFrames(info, { from: first, seekS, every, burst, maxFrames: together * burst, signal })) {
        if (!came && Math.abs(frame.timeS - seekS) > halfFrameS) return
        came = true
        yield frame
      }
    }
  } catch (error) {
    // What is wrong is for the decoding from the start to say, if it meets it too.
    if (error instanceof InterruptedError || !(error instanceof DfkError)) throw error
  }
}

/**
 * Decodes some frames of a clip, in order. With an index, by seeking; where the file does not seek to what its index says, the rest is decoded from the start.
 * Throws what decodeFrames throws.
 */
export async function* sampleFrames(
  info: MediaInfo,
  stretch: Stretch,
  options: {
    readonly index?: SeekIndex | undefined
    readonly onCut?: (() => void) | undefined
    readonly signal?: AbortSignal | undefined
  } = {},
): AsyncGenerator<Frame, void, undefined> {
  const { from, every, count, burst } = stretch
  const { index, onCut, signal } = options
  const last = from + (count - 1) * every
  let next = from
  if (index !== undefined) {
    for await (const frame of bySeeking(info, stretch, index, signal)) {
      next = frame.index + 1
      yield frame
    }
    if (next > last) return
  }
  for await (const frame of decodeFrames(info, { from, every, burst, onCut, signal })) {
    if (frame.index >= next) yield frame
    if (frame.index >= last + burst - 1) return
  }
}
