/** Every how many-th frame to decode so that at most `wanted`, and no less than half as many, come out of `total`. */
export function samplingStep(total: number, wanted: number): number {
  return Math.max(1, Math.ceil(total / wanted))
}

/** Up to `count` of the numbers 0 … `total` − 1, evenly spread, the first included. */
export function spread(total: number, count: number): Set<number> {
  return new Set(Array.from({ length: Math.min(total, count) }, (_, i) => Math.floor((i * total) / Math.min(total, count))))
}
