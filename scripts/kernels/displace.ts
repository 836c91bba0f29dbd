// What src/picture/displace.ts moves: a cubic between pixels, at places that a field of displacements says.

// @ts-ignore: decorator
@inline
function cell(field: usize, cells: i32, column: i32, row: i32): v128 {
  const last = cells - 1
  return v128.load64_zero(field + 8 * (max(0, min(last, row)) * cells + max(0, min(last, column))))
}

// @ts-ignore: decorator
@inline
function mixed(a: v128, b: v128, share: f32): v128 {
  return f32x4.add(f32x4.mul(a, f32x4.splat(1 - share)), f32x4.mul(b, f32x4.splat(share)))
}

/** Weights of a Catmull-Rom cubic for a point `t` of the way from the second to the third of four samples. */
// @ts-ignore: decorator
@inline
function cubic(t: f32): v128 {
  const square = t * t
  const cube = square * t
  return f32x4(square - cube * 0.5 - t * 0.5, cube * 1.5 - square * 2.5 + 1, square * 2 - cube * 1.5 + t * 0.5, (cube - square) * 0.5)
}

// @ts-ignore: decorator
@inline
function across(line: usize, left: i32, last: i32, pixelBytes: i32, weights: v128): v128 {
  let sum = f32x4.mul(v128.load(line + pixelBytes * max(0, min(last, left - 1))), f32x4.splat(f32x4.extract_lane(weights, 0)))
  sum = f32x4.add(sum, f32x4.mul(v128.load(line + pixelBytes * max(0, min(last, left))), f32x4.splat(f32x4.extract_lane(weights, 1))))
  sum = f32x4.add(sum, f32x4.mul(v128.load(line + pixelBytes * max(0, min(last, left + 1))), f32x4.splat(f32x4.extract_lane(weights, 2))))
  return f32x4.add(sum, f32x4.mul(v128.load(line + pixelBytes * max(0, min(last, left + 2))), f32x4.splat(f32x4.extract_lane(weights, 3))))
}

/**
 * Each pixel of a square of interleaved samples (up to 4 channels), made `factor` times larger, shows what lay a displacement before it; `field`: [cells, cells, 2], in parts of the
 * side. The cubic swings over, as that of `enlarge` does.
 */
export function displace(from: usize, sizePx: i32, channels: i32, factor: i32, field: usize, cells: i32, out: usize): void {
  const last = sizePx - 1
  const pixelBytes = 4 * channels
  const row = pixelBytes * sizePx
  const size = <f32>sizePx
  const step: f32 = <f32>1 / <f32>factor
  const side = sizePx * factor
  const fine = <f32>cells / <f32>side
  for (let y = 0; y < side; y++) {
    const v = (<f32>y + 0.5) * fine - 0.5
    const top = <i32>floor(v)
    const fy = v - <f32>top
    for (let x = 0; x < side; x++, out += pixelBytes) {
      const u = (<f32>x + 0.5) * fine - 0.5
      const left = <i32>floor(u)
      const fx = u - <f32>left
      const above = mixed(cell(field, cells, left, top), cell(field, cells, left + 1, top), fx)
      const below = mixed(cell(field, cells, left, top + 1), cell(field, cells, left + 1, top + 1), fx)
      const by = mixed(above, below, fy)
      const fromX = (<f32>x + 0.5) * step - 0.5 - f32x4.extract_lane(by, 0) * size
      const fromY = (<f32>y + 0.5) * step - 0.5 - f32x4.extract_lane(by, 1) * size
      const firstX = <i32>floor(fromX)
      const firstY = <i32>floor(fromY)
      const wide = cubic(fromX - <f32>firstX)
      const high = cubic(fromY - <f32>firstY)
      let sum = f32x4.mul(across(from + row * max(0, min(last, firstY - 1)), firstX, last, pixelBytes, wide), f32x4.splat(f32x4.extract_lane(high, 0)))
      sum = f32x4.add(sum, f32x4.mul(across(from + row * max(0, min(last, firstY)), firstX, last, pixelBytes, wide), f32x4.splat(f32x4.extract_lane(high, 1))))
      sum = f32x4.add(sum, f32x4.mul(across(from + row * max(0, min(last, firstY + 1)), firstX, last, pixelBytes, wide), f32x4.splat(f32x4.extract_lane(high, 2))))
      sum = f32x4.add(sum, f32x4.mul(across(from + row * max(0, min(last, firstY + 2)), firstX, last, pixelBytes, wide), f32x4.splat(f32x4.extract_lane(high, 3))))
      v128.store(out, sum)
    }
  }
}
