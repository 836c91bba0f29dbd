import { decodeFrames, type MediaInfo } from '../media/index.ts'
import type { Picture } from '../picture/picture.ts'

/** The same frame of both clips. */
export interface FramePair {
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

/** Decodes two clips in lock step, one frame of each at a time, until the shorter one ends; returns how they ended. */
export async function* inLockstep(
  swap: MediaInfo,
  target: MediaInfo,
  signal: AbortSignal | undefined,
): AsyncGenerator<FramePair, LockstepEnd> {
  const swaps = decodeFrames(swap, { signal })
  const targets = decodeFrames(target, { signal })
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
