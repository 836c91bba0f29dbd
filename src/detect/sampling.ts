import { indexForSeeking, type MediaInfo, mayPayToSeek, paysToSeek, type SeekIndex, type Stretch } from '../media/index.ts'

/** Every how many-th frame to decode so that at most `wanted`, and no less than half as many, come out of `total`. */
export function samplingStep(total: number, wanted: number): number {
  return Math.max(1, Math.ceil(total / wanted))
}

/** Up to `count` of the numbers 0 … `total` − 1, evenly spread, the first included. */
export function spread(total: number, count: number): Set<number> {
  return new Set(Array.from({ length: Math.min(total, count) }, (_, i) => Math.floor((i * total) / Math.min(total, count))))
}

/** Frames decoded in a row at each sampled time: with three, the witness of motion sees how a face speeds up and slows down. */
const BURST = 3

/** How many frames in a row to decode where each `every`th is sampled. */
function burstOf(every: number): number {
  return Math.min(every, BURST)
}

/** Which frames of a file to look at, and how to get at them. */
export interface Sampling {
  readonly stretch: Stretch
  /** To seek by; undefined where going through is cheaper or the only way. */
  readonly index: SeekIndex | undefined
}

/** About `wanted` frames evenly spread over a clip, each with the frames behind it that show motion. */
export async function sampleEvenly(info: MediaInfo, wanted: number, signal: AbortSignal | undefined): Promise<Sampling> {
  const every = info.kind === 'image' ? 1 : samplingStep(info.frames, wanted)
  // Decoding goes on for up to twice as many samples where the container counts too few frames.
  const stretch = { from: 0, every, count: 2 * wanted, burst: burstOf(every) }
  if (info.kind === 'image' || !mayPayToSeek(stretch)) return { stretch, index: undefined }
  const index = await indexForSeeking(info, signal)
  if (index === undefined) return { stretch, index }
  const seeking = { ...stretch, count: Math.ceil(index.timesS.length / every) }
  return paysToSeek(seeking, index) ? { stretch: seeking, index } : { stretch, index: undefined }
}
