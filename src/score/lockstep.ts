import { decodeFrames, type Frame, indexForSeeking, type MediaInfo, sampleFrames } from '../media/index.ts'
import type { Picture } from '../picture/picture.ts'
import { beginOf, endOf, type Part } from './part.ts'

/** The same frame of both clips. */
export interface FramePair {
  /** Number of the frame in the target clip, from 0. */
  readonly index: number
  /** As in the target clip, seconds. */
  readonly timeS: number
  readonly swap: Picture
  readonly target: Picture
}

/** What came at the end: both clips together, or one before the other. */
export interface LockstepEnd {
  readonly frames: number
  readonly first: 'both' | 'swap' | 'target'
}

/** Decodes a part of a clip, where its index says how from the key frame before it. */
async function* decodePart(clip: MediaInfo, part: Part, signal: AbortSignal | undefined): AsyncGenerator<Frame, void, undefined> {
  const [beginS, endS] = [beginOf(part), endOf(part)]
  const index = await indexForSeeking(clip, signal)
  const from = index === undefined ? 0 : index.timesS.findIndex((timeS) => timeS >= beginS)
  if (from < 0) return
  const frames =
    index === undefined
      ? decodeFrames(clip, { signal })
      : sampleFrames(clip, { from, every: 1, count: index.timesS.length - from, burst: 1 }, { index, signal })
  for await (const frame of frames) {
    if (frame.timeS >= endS) return
    if (frame.timeS >= beginS) yield frame
  }
}

/** Decodes two clips in lock step, one frame of each at a time, until the shorter one ends; returns how they ended. `part`: of the target, default all of it. */
export async function* inLockstep(
  swap: MediaInfo,
  target: MediaInfo,
  part: Part | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<FramePair, LockstepEnd> {
  const swaps = decodeFrames(swap, { signal })
  const targets = part === undefined ? decodeFrames(target, { signal }) : decodePart(target, part, signal)
  let frames = 0
  try {
    for (;;) {
      const [a, b] = await Promise.all([swaps.next(), targets.next()])
      if (a.done || b.done) return { frames, first: a.done && b.done ? 'both' : a.done ? 'swap' : 'target' }
      yield { index: b.value.index, timeS: b.value.timeS, swap: a.value.picture, target: b.value.picture }
      frames += 1
    }
  } finally {
    // Leaving early must stop both decoders; what they say about being stopped is of no interest.
    await Promise.allSettled([swaps.return(undefined), targets.return(undefined)])
  }
}
