// The transform of src/provenance/watermark-transform.ts on luma planes: a vector holds four columns of a block, then four of its frequencies down.
import { transpose } from './transpose'

const DC: f32 = 0.3535533905932738
const A0: f32 = 0.4903926402016152
const A1: f32 = 0.4157348061512726
const A2: f32 = 0.2777851165098011
const A3: f32 = 0.0975451610080641
const B0: f32 = 0.4619397662556434
const B1: f32 = 0.1913417161825449
/** Coefficients of a block that carry the mark. */
const COUNT: usize = 10
/** Where a coefficient's vote saturates. */
const KNEE: f32 = 8

const block = memory.data(256)
const half = memory.data(128)
const turned = memory.data(128)
const spectrum = memory.data(64)
const share = memory.data(64)
const slope = memory.data(64)

// @ts-ignore: decorator
@inline
function times(value: v128, factor: f32): v128 {
  return f32x4.mul(value, f32x4.splat(factor))
}

/** First four DCT coefficients of eight vectors at `from`, `from + step` …. */
// @ts-ignore: decorator
@inline
function forward(from: usize, step: usize, to: usize, toStep: usize): void {
  const a = v128.load(from)
  const b = v128.load(from + step)
  const c = v128.load(from + 2 * step)
  const d = v128.load(from + 3 * step)
  const e = v128.load(from + 4 * step)
  const f = v128.load(from + 5 * step)
  const g = v128.load(from + 6 * step)
  const h = v128.load(from + 7 * step)
  const ah = f32x4.add(a, h)
  const bg = f32x4.add(b, g)
  const cf = f32x4.add(c, f)
  const de = f32x4.add(d, e)
  const p = f32x4.sub(a, h)
  const q = f32x4.sub(b, g)
  const r = f32x4.sub(c, f)
  const s = f32x4.sub(d, e)
  v128.store(to, times(f32x4.add(f32x4.add(ah, bg), f32x4.add(cf, de)), DC))
  v128.store(to + toStep, f32x4.add(f32x4.add(times(p, A0), times(q, A1)), f32x4.add(times(r, A2), times(s, A3))))
  v128.store(to + 2 * toStep, f32x4.add(times(f32x4.sub(ah, de), B0), times(f32x4.sub(bg, cf), B1)))
  v128.store(to + 3 * toStep, f32x4.sub(f32x4.sub(times(p, A1), times(q, A3)), f32x4.add(times(r, A0), times(s, A2))))
}

/** The eight vectors of four DCT coefficients. */
// @ts-ignore: decorator
@inline
function backward(from: usize, step: usize, to: usize, toStep: usize): void {
  const base = times(v128.load(from), DC)
  const p = v128.load(from + step)
  const q = v128.load(from + 2 * step)
  const r = v128.load(from + 3 * step)
  mirrored(f32x4.add(base, times(q, B0)), f32x4.add(times(p, A0), times(r, A1)), to, 7 * toStep)
  mirrored(f32x4.add(base, times(q, B1)), f32x4.sub(times(p, A1), times(r, A3)), to + toStep, 5 * toStep)
  mirrored(f32x4.sub(base, times(q, B1)), f32x4.sub(times(p, A2), times(r, A0)), to + 2 * toStep, 3 * toStep)
  mirrored(f32x4.sub(base, times(q, B0)), f32x4.sub(times(p, A3), times(r, A2)), to + 3 * toStep, toStep)
}

// @ts-ignore: decorator
@inline
function mirrored(even: v128, odd: v128, to: usize, apart: usize): void {
  v128.store(to, f32x4.add(even, odd))
  v128.store(to + apart, f32x4.sub(even, odd))
}

/** Each 2 × 2 samples of a block added up. */
// @ts-ignore: decorator
@inline
function lowPass(at: usize, stride: usize, wide: i32, scale: v128): void {
  for (let y: usize = 0; y < 8; y++, at += 2 * stride) {
    let left: v128
    let right: v128
    if (wide) {
      left = i32x4.add(i32x4.extadd_pairwise_i16x8_u(v128.load(at)), i32x4.extadd_pairwise_i16x8_u(v128.load(at + stride)))
      right = i32x4.add(i32x4.extadd_pairwise_i16x8_u(v128.load(at, 16)), i32x4.extadd_pairwise_i16x8_u(v128.load(at + stride, 16)))
    } else {
      const sums = i16x8.add(i16x8.extadd_pairwise_i8x16_u(v128.load(at)), i16x8.extadd_pairwise_i8x16_u(v128.load(at + stride)))
      left = i32x4.extend_low_i16x8_u(sums)
      right = i32x4.extend_high_i16x8_u(sums)
    }
    v128.store(block + y * 32, f32x4.mul(scale, f32x4.convert_i32x4_s(left)))
    v128.store(block + y * 32, f32x4.mul(scale, f32x4.convert_i32x4_s(right)), 16)
  }
}

/** The coefficients that carry the mark, block by block. `places`: where each lies in the spectrum, a byte each. */
export function analyse(plane: usize, stride: usize, wide: i32, scale: f32, columns: i32, rows: i32, places: usize, out: usize): void {
  const scales = f32x4.splat(scale)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      lowPass(plane + 16 * row * stride + ((16 * column) << wide), stride, wide, scales)
      forward(block, 32, half, 32)
      forward(block + 16, 32, half + 16, 32)
      transpose(half, 32, turned)
      transpose(half + 16, 32, turned + 64)
      forward(turned, 16, spectrum, 16)
      for (let i: usize = 0; i < COUNT; i++, out += 4) store<f32>(out, load<f32>(spectrum + 4 * <usize>load<u8>(places + i)))
    }
  }
}

/**
 * What the picture votes for each bit (added to `pull`), what a change of one adds to that (to `gain`), and the changes to make at strength 1.
 * `bit`, `chip`: the layout; `signs`: ±1 a bit.
 */
export function weigh(host: usize, blocks: i32, bit: usize, chip: usize, signs: usize, pull: usize, gain: usize, changes: usize): void {
  const knee = f32x4.splat(KNEE)
  for (let n = 0; n < blocks; n++) {
    let activity: f32 = 0
    for (let i: usize = 0; i < COUNT; i++) activity += abs(load<f32>(host + 4 * i))
    const mask = min<f32>(1.5, 0.5 + activity / 150)
    for (let i: usize = 0; i < 48; i += 16) {
      const value = v128.load(host + i)
      const size = f32x4.add(f32x4.abs(value), knee)
      v128.store(share + i, f32x4.div(value, size))
      v128.store(slope + i, f32x4.div(f32x4.splat(KNEE * mask), f32x4.mul(size, size)))
    }
    for (let i: usize = 0; i < COUNT; i++) {
      const carried = <usize>load<u8>(bit + i)
      const sign = <f32>(<i32>load<i8>(chip + i) * <i32>load<i8>(signs + carried))
      store<f32>(pull + 4 * carried, load<f32>(pull + 4 * carried) + sign * load<f32>(share + 4 * i))
      store<f32>(gain + 4 * carried, load<f32>(gain + 4 * carried) + load<f32>(slope + 4 * i))
      store<f32>(changes + 4 * i, mask * sign)
    }
    host += 4 * COUNT
    changes += 4 * COUNT
    bit += COUNT
    chip += COUNT
  }
}

// @ts-ignore: decorator
@inline
function raiseBytes(at: usize, left: v128, right: v128): void {
  const pixels = v128.load(at)
  const low = i16x8.add(i16x8.extend_low_i8x16_u(pixels), left)
  const high = i16x8.add(i16x8.extend_high_i8x16_u(pixels), right)
  v128.store(at, i8x16.narrow_i16x8_u(low, high))
}

// @ts-ignore: decorator
@inline
function raisePairs(at: usize, change: v128, most: v128): void {
  v128.store(at, i16x8.min_s(most, i16x8.max_s(i16x8.splat(0), i16x8.add(v128.load(at), change))))
}

/** Adds to each 2 × 2 samples of a block what `block` says. */
// @ts-ignore: decorator
@inline
function raise(at: usize, stride: usize, wide: i32, unit: v128, most: v128): void {
  const rounding = f32x4.splat(0.5)
  for (let y: usize = 0; y < 8; y++, at += 2 * stride) {
    const left = i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.add(f32x4.mul(v128.load(block + 32 * y), unit), rounding)))
    const right = i32x4.trunc_sat_f32x4_s(f32x4.floor(f32x4.add(f32x4.mul(v128.load(block + 32 * y, 16), unit), rounding)))
    const both = i16x8.narrow_i32x4_s(left, right)
    const near = v128.shuffle<i16>(both, both, 0, 0, 1, 1, 2, 2, 3, 3)
    const far = v128.shuffle<i16>(both, both, 4, 4, 5, 5, 6, 6, 7, 7)
    if (wide) {
      raisePairs(at, near, most)
      raisePairs(at + 16, far, most)
      raisePairs(at + stride, near, most)
      raisePairs(at + stride + 16, far, most)
    } else {
      raiseBytes(at, near, far)
      raiseBytes(at + stride, near, far)
    }
  }
}

/** Adds the changes, each times its bit's strength, to the plane. `unit`: codes for one of 255 steps; `most`: greatest code of wide samples. */
export function synthesise(
  plane: usize,
  stride: usize,
  wide: i32,
  unit: f32,
  most: i32,
  columns: i32,
  rows: i32,
  places: usize,
  bit: usize,
  strengths: usize,
  changes: usize,
): void {
  const units = f32x4.splat(unit)
  const limits = i16x8.splat(<i16>most)
  memory.fill(spectrum, 0, 64)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let i: usize = 0; i < COUNT; i++, bit++, changes += 4) {
        const strength = load<f32>(strengths + 4 * <usize>load<u8>(bit))
        store<f32>(spectrum + 4 * <usize>load<u8>(places + i), 0.5 * load<f32>(changes) * strength)
      }
      backward(spectrum, 16, turned, 16)
      transpose(turned, 16, block)
      transpose(turned + 64, 16, block + 64)
      for (let i: usize = 0; i < 4; i++) {
        v128.store(half + 32 * i, v128.load(block + 16 * i))
        v128.store(half + 32 * i, v128.load(block + 64 + 16 * i), 16)
      }
      backward(half, 32, block, 32)
      backward(half + 16, 32, block + 16, 32)
      raise(plane + 16 * row * stride + ((16 * column) << wide), stride, wide, units, limits)
    }
  }
}
