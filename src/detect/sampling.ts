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
export function burstOf(every: number): number {
  return Math.min(every, BURST)
}
