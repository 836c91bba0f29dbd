// What src/picture/warp.ts draws through an affine map: the channels of a pixel lie in one vector.

import { fixed, rest } from './fixed'

/** A pixel's channels as real numbers; what follows the last is some number. */
// @ts-ignore: decorator
@inline
export function pixel(at: usize, channels: i32): v128 {
  if (channels == 1) return f32x4.splat(<f32>load<u8>(at))
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at))))
}

// @ts-ignore: decorator
@inline
export function between(from: v128, to: v128, share: v128): v128 {
  return f32x4.add(from, f32x4.mul(share, f32x4.sub(to, from)))
}

/** A pixel, or black where it lies outside and edges are not extended. */
function edgePixel(from: usize, x: i32, y: i32, w: i32, h: i32, channels: i32, replicate: i32): v128 {
  if (!replicate && (x < 0 || y < 0 || x >= w || y >= h)) return f32x4.splat(0)
  x = max(0, min(w - 1, x))
  y = max(0, min(h - 1, y))
  return pixel(from + channels * (y * w + x), channels)
}

// @ts-ignore: decorator
@inline
function warpOf(
  from: usize,
  w: i32,
  h: i32,
  channels: i32,
  a: f64,
  b: f64,
  tx: f64,
  c: f64,
  d: f64,
  ty: f64,
  n: i32,
  width: i32,
  height: i32,
  replicate: i32,
  out: usize,
): void {
  const share = f32x4.splat(<f32>1 / <f32>(n * n))
  const stride = channels * w
  // Steps from pixel to pixel of the result, and from point to point within one.
  const acrossX = fixed(a)
  const acrossY = fixed(c)
  const pointX = fixed(a / n)
  const pointY = fixed(c / n)
  const downX = fixed(b / n)
  const downY = fixed(d / n)
  const half = 0.5 / <f64>n
  for (let j = 0; j < height; j++) {
    let startX = fixed(a * half + b * (<f64>j + half) + tx - 0.5)
    let startY = fixed(c * half + d * (<f64>j + half) + ty - 0.5)
    for (let i = 0; i < width; i++, out += channels, startX += acrossX, startY += acrossY) {
      let sum = f32x4.splat(0)
      let lineX = startX
      let lineY = startY
      for (let sy = 0; sy < n; sy++, lineX += downX, lineY += downY) {
        let atX = lineX
        let atY = lineY
        for (let sx = 0; sx < n; sx++, atX += pointX, atY += pointY) {
          const x = <i32>(atX >> 32)
          const y = <i32>(atY >> 32)
          const right = f32x4.splat(rest(atX))
          const down = f32x4.splat(rest(atY))
          if (x >= 0 && y >= 0 && x + 1 < w && y + 1 < h) {
            const p = from + channels * (y * w + x)
            const above = between(pixel(p, channels), pixel(p + channels, channels), right)
            const under = between(pixel(p + stride, channels), pixel(p + stride + channels, channels), right)
            sum = f32x4.add(sum, between(above, under, down))
          } else if (replicate || (x >= -1 && y >= -1 && x < w && y < h)) {
            const above = between(edgePixel(from, x, y, w, h, channels, replicate), edgePixel(from, x + 1, y, w, h, channels, replicate), right)
            const under = between(edgePixel(from, x, y + 1, w, h, channels, replicate), edgePixel(from, x + 1, y + 1, w, h, channels, replicate), right)
            sum = f32x4.add(sum, between(above, under, down))
          }
        }
      }
      const whole = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(sum, share), f32x4.splat(0.5)))
      const pairs = i16x8.narrow_i32x4_u(whole, whole)
      v128.store32_lane(out, i8x16.narrow_i16x8_u(pairs, pairs), 0)
    }
  }
}

/** Draws a picture of `w` × `h` at `from` into one of `width` × `height`. `a` … `ty`: from its pixels back to the source's; `n` × `n` samples a pixel. */
export function warp(
  from: usize,
  w: i32,
  h: i32,
  channels: i32,
  a: f64,
  b: f64,
  tx: f64,
  c: f64,
  d: f64,
  ty: f64,
  n: i32,
  width: i32,
  height: i32,
  replicate: i32,
  out: usize,
): void {
  // The loop is compiled for each count of channels.
  if (channels == 1) warpOf(from, w, h, 1, a, b, tx, c, d, ty, n, width, height, replicate, out)
  else warpOf(from, w, h, 3, a, b, tx, c, d, ty, n, width, height, replicate, out)
}

/** Bytes as real numbers, divided by `divisor`; as many as a multiple of four. */
export function toReal(from: usize, count: i32, divisor: f32, out: usize): void {
  const by = f32x4.splat(divisor)
  for (let i = 0; i < count; i += 4) {
    const pairs = i16x8.extend_low_i8x16_u(v128.load32_zero(from + i))
    v128.store(out + 4 * i, f32x4.div(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(pairs)), by))
  }
}
