// Where the footage differs from the target's own face, for src/swap/occlusion.ts. Double precision, as in JavaScript.
import { at, put, soften } from './real'

/**
 * Gain and shift of one channel that bring `own` to `seen` [s, s, 3], by least squares that heed outliers little (Cauchy weights, half at `robust`), `fits` times; the
 * differences that remain go to `out`.
 */
function unexplained(seen: usize, own: usize, inside: usize, count: i32, channel: i32, robust: f64, fits: i32, out: usize): void {
  let gain: f64 = 1
  let shift: f64 = 0
  for (let round = 0; round < fits; round++) {
    let total: f64 = 1e-6
    let x: f64 = 0
    let y: f64 = 0
    let xx: f64 = 0
    let xy: f64 = 0
    for (let i = 0, p = channel; i < count; i++, p += 3) {
      if (at(inside, i) < 0.5) continue
      const a = at(own, p)
      const b = at(seen, p)
      const off = (b - gain * a - shift) / robust
      const w = 1 / (1 + off * off)
      total += w
      x += w * a
      y += w * b
      xx += w * a * a
      xy += w * a * b
    }
    const mean = x / total
    const spread = xx / total - mean * mean
    // Held near 1: a face half covered must not be explained by a strange light.
    gain = max<f64>(0.7, min<f64>(1.4, (xy / total - mean * (y / total) + 0.002) / (spread + 0.002)))
    shift = y / total - (gain * x) / total
  }
  for (let i = 0, p = channel; i < count; i++, p += 3) put(out, i, at(seen, p) - gain * at(own, p) - shift)
}

/** How far `seen` is from `own` in colour, smoothed, over `slack`; [s, s] in `out`. `work`: two planes. */
export function difference(
  seen: usize,
  own: usize,
  inside: usize,
  slack: usize,
  size: i32,
  robust: f64,
  fits: i32,
  radius: i32,
  work: usize,
  out: usize,
): void {
  const count = size * size
  memory.fill(out, 0, 4 * count)
  for (let channel = 0; channel < 3; channel++) {
    unexplained(seen, own, inside, count, channel, robust, fits, work)
    soften(work, work + 4 * count, size, radius)
    for (let i = 0; i < count; i++) put(out, i, at(out, i) + at(work, i) * at(work, i))
  }
  for (let i = 0; i < count; i++) put(out, i, sqrt<f64>(at(out, i)) / at(slack, i))
}
