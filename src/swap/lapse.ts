/** A gap this long, or time that runs backwards, makes all that was remembered stale. */
const STALE_S = 1

/** Frames, by number, from one look to the next, where not every frame is looked at. */
const EVERY = 2

/** Tells how much a new measurement counts against those remembered, by the time between frames alone, whatever the frame rate. */
export class Lapse {
  #lastS = Number.NaN

  /** Whether something was measured within the last second before `timeS`. */
  isFresh(timeS: number): boolean {
    const elapsedS = timeS - this.#lastS
    return elapsedS >= 0 && elapsedS <= STALE_S
  }

  /** Whether a frame, by its number and time, is to be looked at: every other one, and all while nothing is known. */
  isDue(index: number, timeS: number): boolean {
    return index % EVERY === 0 || !this.isFresh(timeS)
  }

  /** Takes note of a measurement at `timeS`. */
  mark(timeS: number): void {
    this.#lastS = timeS
  }

  /** Share of the measurement at `timeS`, 0–1, where memory fades to 1/e in `memoryS`; 1 for the first one. */
  share(timeS: number, memoryS: number): number {
    const elapsedS = timeS - this.#lastS
    const share = this.isFresh(timeS) ? 1 - Math.exp(-Math.max(0.001, elapsedS) / memoryS) : 1
    this.mark(timeS)
    return share
  }
}

/** Moves `old` towards `now` by `share`, in place; the first time a copy of `now`. */
export function remember(old: Float32Array | undefined, now: Float32Array, share: number): Float32Array {
  if (old === undefined || share >= 1 || old.length !== now.length) return now.slice()
  for (let i = 0; i < old.length; i += 1) old[i]! += share * (now[i]! - old[i]!)
  return old
}
