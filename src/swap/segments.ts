import type { PacketIndex } from '../media/index.ts'

/** An index of a clip's packets as times from the start of its file, which begins at `originS`; undefined where packets have no times of their own or times jump back, so that only decoding tells. */
export function frameIndex({ timeBase, pts, keys, untimed, jumps }: PacketIndex, originS: number): FrameIndex | undefined {
  if (untimed > 0 || jumps > 0 || pts.length === 0) return undefined
  const timesS = pts.map((ticks) => (ticks * timeBase.num) / timeBase.den - originS)
  return { timesS, keysS: Float64Array.from(keys, (frame) => timesS[frame]!) }
}

/** Times of a clip's frames from an index of its packets, seconds from the start of its file, in the order in which they are shown. */
export interface FrameIndex {
  readonly timesS: Float64Array
  /** Those at which decoding can begin. */
  readonly keysS: Float64Array
}

/** Frames of a segment: a kill loses no more than these. */
const SEGMENT_FRAMES = 500
/** Frames before a segment on which its tracker and its colours settle. */
export const WARM_UP_FRAMES = 50
/** Frames of one clip never come nearer to each other. */
const LEAST_STEP_S = 1e-5

/** How many of the sorted `times` lie before `timeS`. */
function countBefore(times: Float64Array, timeS: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! < timeS) low = middle + 1
    else high = middle
  }
  return low
}

/** A clip cut into segments of equal numbers of frames: which frame belongs where, the same for whoever renders any of them. */
export class Segmentation {
  readonly #index: FrameIndex | undefined
  readonly #frames: number
  /** Number of the first frame of segment 0. */
  readonly first: number
  /** How many segments there are; undefined where nobody knows before the end. */
  readonly count: number | undefined
  /** How many frames all of them have; undefined likewise. */
  readonly frames: number | undefined

  /** `range`: what is rendered, seconds; without an `index` the clip is cut while it is read from its start. `frames`: of a segment. */
  constructor(index: FrameIndex | undefined, range: { readonly fromS: number; readonly toS: number }, frames: number = SEGMENT_FRAMES) {
    this.#index = index
    this.#frames = frames
    this.first = index === undefined ? 0 : countBefore(index.timesS, range.fromS - LEAST_STEP_S)
    const end = index === undefined ? undefined : countBefore(index.timesS, range.toS - LEAST_STEP_S)
    this.frames = end === undefined ? undefined : end - this.first
    this.count = end === undefined ? undefined : Math.max(1, Math.ceil((end - this.first) / frames))
  }

  /** Number in the clip of the frame shown at `timeS`, which was the `read`th that a reader without an index met (from 0). */
  numberOf(timeS: number, read: number): number {
    return this.#index === undefined ? read : countBefore(this.#index.timesS, timeS - LEAST_STEP_S)
  }

  /** Segment of a frame by its number; below 0 for frames before the range. */
  segmentOf(frame: number): number {
    const segment = Math.floor((frame - this.first) / this.#frames)
    return this.count === undefined ? segment : Math.min(segment, this.count - 1)
  }

  /** Number of the first frame of a segment. */
  begin(segment: number): number {
    return this.first + segment * this.#frames
  }

  /** Number of the first frame that the renderer of a segment has to see. */
  warmBegin(segment: number): number {
    return Math.max(0, this.begin(segment) - WARM_UP_FRAMES)
  }

  /** Where to seek so that `frame` and all after it decode whole: a key frame earlier than needed, for some frames lean on what was before it. Undefined: read from the start. */
  seekS(frame: number): number | undefined {
    if (this.#index === undefined) return undefined
    const timeS = this.#index.timesS[Math.min(frame, this.#index.timesS.length - 1)] ?? 0
    const keys = countBefore(this.#index.keysS, timeS + LEAST_STEP_S)
    return keys < 2 ? undefined : this.#index.keysS[keys - 2]!
  }
}
