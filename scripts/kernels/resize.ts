// What src/picture/resize.ts and src/picture/enlarge.ts sample anew: rows first, then whole rows of the result.
import { pixel } from './warp'

// @ts-ignore: decorator
@inline
function weighed(sum: v128, value: v128, weight: f32): v128 {
  return f32x4.add(sum, f32x4.mul(value, f32x4.splat(weight)))
}

/**
 * Resizes bytes of `w` × `h` by taps: for each sample the first input and the weights of `acrossCount` or `downCount` inputs. `middle`: 4 · (width · h · channels)
 * bytes of scratch.
 */
export function resize(
  from: usize,
  w: i32,
  h: i32,
  channels: i32,
  width: i32,
  height: i32,
  acrossFirst: usize,
  acrossWeights: usize,
  acrossCount: i32,
  downFirst: usize,
  downWeights: usize,
  downCount: i32,
  middle: usize,
  out: usize,
): void {
  let to = middle
  for (let y = 0; y < h; y++) {
    const row = from + y * w * channels
    for (let x = 0; x < width; x++, to += 4 * channels) {
      const first = load<i32>(acrossFirst + 4 * x)
      const weights = acrossWeights + 4 * x * acrossCount
      let sum = f32x4.splat(0)
      for (let k = 0; k < acrossCount; k++) {
        const at = row + channels * max(0, min(w - 1, first + k))
        sum = weighed(sum, channels == 1 ? pixel(at, 1) : pixel(at, 3), load<f32>(weights + 4 * k))
      }
      v128.store(to, sum)
    }
  }
  const samples = width * channels
  for (let y = 0; y < height; y++, out += samples) {
    const first = load<i32>(downFirst + 4 * y)
    const weights = downWeights + 4 * y * downCount
    for (let i = 0; i < samples; i += 4) {
      let sum = f32x4.splat(0.5)
      for (let k = 0; k < downCount; k++) {
        const row = middle + 4 * max(0, min(h - 1, first + k)) * samples
        sum = weighed(sum, v128.load(row + 4 * i), load<f32>(weights + 4 * k))
      }
      const whole = i32x4.trunc_sat_f32x4_s(sum)
      const pairs = i16x8.narrow_i32x4_u(whole, whole)
      v128.store32_lane(out + i, i8x16.narrow_i16x8_u(pairs, pairs), 0)
    }
  }
}

/** Enlarges a square by a whole factor. `weights`: four for each of `factor` phases, of inputs from `first` on. `middle`: room for `sizePx` rows of the result. */
export function enlarge(from: usize, sizePx: i32, channels: i32, factor: i32, first: usize, weights: usize, middle: usize, out: usize): void {
  const last = sizePx - 1
  const pixelBytes = 4 * channels
  const row = pixelBytes * sizePx
  let to = middle
  for (let y = 0; y < sizePx; y++) {
    const line = from + y * row
    for (let x = 0; x < sizePx; x++) {
      for (let p = 0; p < factor; p++, to += pixelBytes) {
        const start = x + load<i32>(first + 4 * p)
        const weight = weights + 16 * p
        let sum = f32x4.splat(0)
        for (let k = 0; k < 4; k++) {
          sum = weighed(sum, v128.load(line + pixelBytes * max(0, min(last, start + k))), load<f32>(weight + 4 * k))
        }
        v128.store(to, sum)
      }
    }
  }
  const wide = row * factor
  for (let y = 0; y < sizePx; y++) {
    for (let p = 0; p < factor; p++, out += wide) {
      const start = y + load<i32>(first + 4 * p)
      const a = middle + wide * max(0, min(last, start))
      const b = middle + wide * max(0, min(last, start + 1))
      const c = middle + wide * max(0, min(last, start + 2))
      const d = middle + wide * max(0, min(last, start + 3))
      for (let i = 0; i < wide; i += 16) {
        let sum = f32x4.mul(v128.load(a + i), v128.load32_splat(weights + 16 * p))
        sum = f32x4.add(sum, f32x4.mul(v128.load(b + i), v128.load32_splat(weights + 16 * p, 4)))
        sum = f32x4.add(sum, f32x4.mul(v128.load(c + i), v128.load32_splat(weights + 16 * p, 8)))
        sum = f32x4.add(sum, f32x4.mul(v128.load(d + i), v128.load32_splat(weights + 16 * p, 12)))
        v128.store(out + i, sum)
      }
    }
  }
}
