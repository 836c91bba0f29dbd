// What src/picture/plane.ts does to planes of real numbers. Sums run in double precision: where nothing is left, nothing remains.

/** Mean over 2·radius + 1 samples of each line, the end samples repeated. */
function blurLines(from: usize, to: usize, width: i32, height: i32, radius: i32): void {
  const share: f64 = 1.0 / <f64>(2 * radius + 1)
  const last = width - 1
  for (let y = 0; y < height; y++, from += 4 * width, to += 4 * width) {
    let sum: f64 = 0
    for (let i = -radius; i <= radius; i++) sum += <f64>load<f32>(from + 4 * max(0, min(last, i)))
    for (let i = 0; i < width; i++) {
      store<f32>(to + 4 * i, <f32>(sum * share))
      sum += <f64>load<f32>(from + 4 * min(last, i + radius + 1)) - <f64>load<f32>(from + 4 * max(0, i - radius))
    }
  }
}

/** The same down the columns, four at a time. */
function blurColumns(from: usize, to: usize, width: i32, height: i32, radius: i32): void {
  const share = f64x2.splat(1.0 / <f64>(2 * radius + 1))
  const last = height - 1
  const row = 4 * width
  for (let x = 0; x < width; x += 4, from += 16, to += 16) {
    let low = f64x2.splat(0)
    let high = f64x2.splat(0)
    for (let i = -radius; i <= radius; i++) {
      const at = from + row * max(0, min(last, i))
      low = f64x2.add(low, f64x2.promote_low_f32x4(v128.load(at)))
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.load(at, 8)))
    }
    for (let i = 0; i < height; i++) {
      const left = f32x4.demote_f64x2_zero(f64x2.mul(low, share))
      const right = f32x4.demote_f64x2_zero(f64x2.mul(high, share))
      const at = to + row * i
      // The last columns may be fewer than four, and what follows them is the next line's.
      if (x + 4 <= width) v128.store(at, v128.shuffle<f32>(left, right, 0, 1, 4, 5))
      else storeSome(at, v128.shuffle<f32>(left, right, 0, 1, 4, 5), width - x)
      const enters = from + row * min(last, i + radius + 1)
      const leaves = from + row * max(0, i - radius)
      low = f64x2.add(low, f64x2.sub(f64x2.promote_low_f32x4(v128.load(enters)), f64x2.promote_low_f32x4(v128.load(leaves))))
      high = f64x2.add(high, f64x2.sub(f64x2.promote_low_f32x4(v128.load(enters, 8)), f64x2.promote_low_f32x4(v128.load(leaves, 8))))
    }
  }
}

function storeSome(at: usize, values: v128, count: i32): void {
  store<f32>(at, f32x4.extract_lane(values, 0))
  if (count > 1) store<f32>(at, f32x4.extract_lane(values, 1), 4)
  if (count > 2) store<f32>(at, f32x4.extract_lane(values, 2), 8)
}

/** Three box passes each way, in place; `other`: as much room again. */
export function blur(plane: usize, other: usize, width: i32, height: i32, radius: i32): void {
  for (let pass = 0; pass < 3; pass++) {
    blurLines(plane, other, width, height, radius)
    blurColumns(other, plane, width, height, radius)
  }
}

// @ts-ignore: decorator
@inline
function chosen(a: v128, b: v128, c: v128, greatest: bool): v128 {
  return greatest ? f32x4.pmax(f32x4.pmax(a, b), c) : f32x4.pmin(f32x4.pmin(a, b), c)
}

/**
 * Least (or greatest) of 3 × 3 samples, `passes` times, in place. Both planes lie in a frame of 0: their lines are `stride` bytes apart, the first and the last
 * are 0, and so is what precedes and follows the `width` samples of each.
 */
// @ts-ignore: decorator
@inline
function spreadOf(plane: usize, other: usize, stride: i32, width: i32, height: i32, passes: i32, greatest: bool): void {
  const order = i32x4(0, 1, 2, 3)
  for (let pass = 0; pass < passes; pass++) {
    for (let y = 1; y <= height; y++) {
      for (let x = 0; x < width; x += 4) {
        const at = plane + y * stride + 16 + 4 * x
        const inside = i32x4.lt_s(i32x4.add(order, i32x4.splat(x)), i32x4.splat(width))
        const value = chosen(v128.load(at - 4), v128.load(at), v128.load(at, 4), greatest)
        v128.store(other + y * stride + 16 + 4 * x, v128.and(inside, value))
      }
    }
    for (let y = 1; y <= height; y++) {
      for (let x = 0; x < width; x += 4) {
        const at = other + y * stride + 16 + 4 * x
        v128.store(plane + y * stride + 16 + 4 * x, chosen(v128.load(at - stride), v128.load(at), v128.load(at + stride), greatest))
      }
    }
  }
}

/** Least of 3 × 3 samples, `passes` times; with negative `passes` the greatest. Both planes have a frame of zeros, see `spreadOf`. */
export function erode(plane: usize, other: usize, stride: i32, width: i32, height: i32, passes: i32): void {
  if (passes > 0) spreadOf(plane, other, stride, width, height, passes, false)
  else spreadOf(plane, other, stride, width, height, -passes, true)
}
