// What src/picture/yuvRgb.ts converts: a line of luma and two of chroma become real numbers first, then four pixels at a time colours.
import { load4 } from './samples'

/** A line of samples as real numbers. */
// @ts-ignore: decorator
@inline
function copyLine(from: usize, count: i32, wide: i32, to: usize): void {
  for (let i = 0; i < count; i += 4) v128.store(to + 4 * i, load4(from + (i << wide), wide))
}

/** Means of `across` × `down` samples. `sums`: 2 bytes of scratch a sample. */
function meanLine(from: usize, stride: usize, across: i32, down: i32, count: i32, wide: i32, sums: usize, to: usize): void {
  if (across == 1 && down == 1) return copyLine(from, count, wide, to)
  const samples = count * across
  for (let i = 0; i < samples; i += 8) {
    let sum = i16x8.splat(0)
    for (let row = 0; row < down; row++) {
      const at = from + <usize>row * stride + (i << wide)
      sum = i16x8.add(sum, wide ? v128.load(at) : v128.load8x8_u(at))
    }
    v128.store(sums + 2 * i, sum)
  }
  const share: f32 = <f32>1 / <f32>(across * down)
  if (across == 2) {
    for (let i = 0; i < count; i += 4) {
      const pairs = f32x4.convert_i32x4_s(i32x4.extadd_pairwise_i16x8_u(v128.load(sums + 4 * i)))
      v128.store(to + 4 * i, f32x4.mul(pairs, f32x4.splat(share)))
    }
    return
  }
  for (let i = 0; i < count; i++) {
    let sum: u32 = 0
    for (let k = 0; k < across; k++, sums += 2) sum += <u32>load<u16>(sums)
    store<f32>(to + 4 * i, <f32>sum * share)
  }
}

/** Chroma between its samples at luma's columns from `x` on: of two lines of which `b` has that `share`, from sample `x >> chromaX` on; `last`: the last sample from there. */
function chromaLine(a: usize, b: usize, share: f32, x: i32, chromaX: i32, last: i32, count: i32, wide: i32, here: usize, to: usize): void {
  const samples = min(last + 1, ((x + count) >> chromaX) - (x >> chromaX) + 1)
  const out = chromaX ? here : to
  const shares = f32x4.splat(share)
  for (let i = 0; i < samples; i += 4) {
    const above = load4(a + (i << wide), wide)
    const below = load4(b + (i << wide), wide)
    v128.store(out + 4 * i, f32x4.add(above, f32x4.mul(shares, f32x4.sub(below, above))))
  }
  if (!chromaX) return
  // What lies beyond the picture's side is as its side.
  if (samples == last + 1) store<f32>(here + 4 * samples, load<f32>(here + 4 * last))
  // The first sample of each pair is sited where the chroma is; before an odd first column lies one that nobody asks for.
  const start = to - 4 * (x & 1)
  for (let i = 0; i < samples; i += 4) {
    const value = v128.load(here + 4 * i)
    const next = v128.load(here + 4 * i, 4)
    const middle = f32x4.mul(f32x4.add(value, next), f32x4.splat(0.5))
    v128.store(start + 8 * i, v128.shuffle<f32>(value, middle, 0, 4, 1, 5))
    v128.store(start + 8 * i, v128.shuffle<f32>(value, middle, 2, 6, 3, 7), 16)
  }
}

/** Rounds four numbers, to 0–`most`. */
// @ts-ignore: decorator
@inline
function rounded(values: v128, most: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.pmin(most, f32x4.pmax(f32x4.splat(0), f32x4.add(values, f32x4.splat(0.5)))))
}

let black: f32 = 0
let light: f32 = 0
let middle: f32 = 0
let red: f32 = 0
let greenU: f32 = 0
let greenV: f32 = 0
let blue: f32 = 0

/** What codes mean: code of black, steps of light a code; code of no colour, steps of red, green and blue a code of redness or blueness. */
export function setColours(zero: f32, span: f32, grey: f32, toRed: f32, blueToGreen: f32, redToGreen: f32, toBlue: f32): void {
  black = zero
  light = span
  middle = grey
  red = toRed
  greenU = blueToGreen
  greenV = redToGreen
  blue = toBlue
}

/** A line of colours, bytes interleaved; by way of `table` [1024] where there is one. */
function writeLine(ys: usize, us: usize, vs: usize, count: i32, table: usize, out: usize): void {
  const most = f32x4.splat(table ? 1023 : 255)
  for (let i = 0; i < count; i += 4) {
    const shine = f32x4.mul(f32x4.sub(v128.load(ys + 4 * i), f32x4.splat(black)), f32x4.splat(light))
    const u = f32x4.sub(v128.load(us + 4 * i), f32x4.splat(middle))
    const v = f32x4.sub(v128.load(vs + 4 * i), f32x4.splat(middle))
    const r = rounded(f32x4.add(shine, f32x4.mul(f32x4.splat(red), v)), most)
    const g = rounded(f32x4.sub(f32x4.sub(shine, f32x4.mul(f32x4.splat(greenU), u)), f32x4.mul(f32x4.splat(greenV), v)), most)
    const b = rounded(f32x4.add(shine, f32x4.mul(f32x4.splat(blue), u)), most)
    const rg = i16x8.narrow_i32x4_u(r, g)
    const bb = i16x8.narrow_i32x4_u(b, b)
    const at = out + 3 * i
    if (!table) {
      const bytes = i8x16.narrow_i16x8_u(rg, bb)
      v128.store(at, v128.shuffle<i8>(bytes, bytes, 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 12, 13, 14, 15))
      continue
    }
    const left = v128.shuffle<i16>(rg, bb, 0, 4, 8, 1, 5, 9, 2, 6)
    const right = v128.shuffle<i16>(rg, bb, 10, 3, 7, 11, 11, 11, 11, 11)
    v128.store(codes, left)
    v128.store(codes, right, 16)
    for (let k: usize = 0; k < 12; k++) store<u8>(at + k, load<u8>(table + load<u16>(codes + 2 * k)))
  }
}

const codes = memory.data(32)

/**
 * A part of a picture as bytes of red, green and blue, with a pixel for `step` × `step`. `luma`: its first sample, in whole lines of `stride` bytes, of which
 * `lines` are left in the picture; `blues`, `reds`: line `chromaTop` of chroma, of `chromaWidth` × `chromaHeight` samples. `work`: 32 · (width · step + 32) bytes.
 */
export function rgbPart(
  luma: usize,
  stride: usize,
  lines: i32,
  blues: usize,
  reds: usize,
  chromaTop: i32,
  chromaWidth: i32,
  chromaHeight: i32,
  chromaX: i32,
  chromaY: i32,
  x: i32,
  y: i32,
  step: i32,
  width: i32,
  height: i32,
  wide: i32,
  table: usize,
  work: usize,
  out: usize,
): void {
  const line = 4 * <usize>(width + 32)
  const ys = work + 64
  const us = ys + line
  const vs = us + line
  const spare = vs + line
  const chromaStride = <usize>chromaWidth << wide
  const first = <usize>(x >> chromaX) << wide
  for (let row = 0; row < height; row++) {
    const top = y + row * step
    meanLine(luma + <usize>(row * step) * stride + (x << wide), stride, step, min(step, lines - row * step), width, wide, spare, ys)
    if (step > 1) {
      const down = step >> chromaY
      const from = top >> chromaY
      const at = <usize>(from - chromaTop) * chromaStride + first
      const rows = min(down, chromaHeight - from)
      meanLine(blues + at, chromaStride, step >> chromaX, rows, width, wide, spare, us)
      meanLine(reds + at, chromaStride, step >> chromaX, rows, width, wide, spare, vs)
    } else {
      // Chroma is sited between two lines of luma: a quarter of the way to the one, three to the other.
      const above = chromaY ? (top - 1) >> 1 : top
      const share: f32 = chromaY ? (top & 1 ? 0.25 : 0.75) : 0
      const a = <usize>(max(0, above) - chromaTop) * chromaStride + first
      const b = <usize>(min(chromaHeight - 1, above + 1) - chromaTop) * chromaStride + first
      const last = chromaWidth - 1 - (x >> chromaX)
      chromaLine(blues + a, blues + b, share, x, chromaX, last, width, wide, spare, us)
      chromaLine(reds + a, reds + b, share, x, chromaX, last, width, wide, spare, vs)
    }
    writeLine(ys, us, vs, width, table, out + 3 * <usize>row * width)
  }
}
