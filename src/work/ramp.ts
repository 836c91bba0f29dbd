/** 0 up to `from`, 1 from `to` on (either may be the larger), a smooth step (3t² − 2t³) between them. */
export function ramp(value: number, [from, to]: readonly [number, number]): number {
  const t = Math.max(0, Math.min(1, (value - from) / (to - from)))
  return t * t * (3 - 2 * t)
}
