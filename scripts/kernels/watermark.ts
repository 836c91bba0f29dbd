// What src/provenance/watermark does to each frame: how strong the mark may be, cell by cell, and its pattern added to luma.
import { load4, store4 } from './samples'

// @ts-ignore: decorator
@inline
function total(sums: v128): f32 {
  return f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1) + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
}

const RAMP = memory.data<f32>([0, 1, 2, 3])

/** Standard deviation of `side` × `side` samples, a multiple of 4, from the plane that fits them best; their mean is added to `means`. */
// @ts-ignore: decorator
@inline
function unevenness(at: usize, stride: usize, wide: i32, scale: v128, side: i32, means: usize): f32 {
  // Beside the first sample, so that little is lost of small differences.
  const first = f32x4.mul(f32x4.splat(wide ? <f32>load<u16>(at) : <f32>load<u8>(at)), scale)
  const middle: f32 = 0.5 * <f32>(side - 1)
  let sums = f32x4.splat(0)
  let squares = f32x4.splat(0)
  let across = f32x4.splat(0)
  let down = f32x4.splat(0)
  for (let y = 0; y < side; y++, at += stride) {
    let place = f32x4.sub(v128.load(RAMP), f32x4.splat(middle))
    let row = f32x4.splat(0)
    for (let x = 0; x < side; x += 4) {
      const value = f32x4.sub(f32x4.mul(load4(at + (x << wide), wide), scale), first)
      row = f32x4.add(row, value)
      squares = f32x4.add(squares, f32x4.mul(value, value))
      across = f32x4.add(across, f32x4.mul(value, place))
      place = f32x4.add(place, f32x4.splat(4))
    }
    sums = f32x4.add(sums, row)
    down = f32x4.add(down, f32x4.mul(row, f32x4.splat(<f32>y - middle)))
  }
  const count = <f32>(side * side)
  const mean = total(sums) / count
  store<f32>(means, load<f32>(means) + mean + f32x4.extract_lane(first, 0))
  const a = total(across)
  const d = total(down)
  const ramp: f32 = (count * (count - 1)) / 12
  return sqrt(max<f32>(0, (total(squares) - (a * a + d * d) / ramp) / count - mean * mean))
}

const means = memory.data(4)

/**
 * How strong the mark may be in each cell of `cell` × `cell` samples: `least` where it is flat, more by `slope` for each step by which the evener of its quarters
 * deviate from planes, at most `most`; and less in the dark. `scale`: steps of 255 a code; `black`: code of black in such steps.
 */
export function strengths(
  plane: usize,
  stride: usize,
  wide: i32,
  scale: f32,
  black: f32,
  columns: i32,
  rows: i32,
  cell: i32,
  least: f32,
  slope: f32,
  most: f32,
  out: usize,
): void {
  const scales = f32x4.splat(scale)
  const side = cell >> 1
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, out += 4) {
      const at = plane + row * cell * stride + ((column * cell) << wide)
      const below = at + side * stride
      store<f32>(means, 0)
      const a = unevenness(at, stride, wide, scales, side, means)
      const b = unevenness(at + (side << wide), stride, wide, scales, side, means)
      const c = unevenness(below, stride, wide, scales, side, means)
      const d = unevenness(below + (side << wide), stride, wide, scales, side, means)
      // Of the evener two, so that a flat place beside an edge counts as flat.
      const evenest = min(min(a, b), min(c, d))
      const next = min(min(max(a, b), max(c, d)), max(min(a, b), min(c, d)))
      const light: f32 = 0.25 * load<f32>(means) - black
      const dim: f32 = min<f32>(1, 0.4 + max<f32>(0, light) / 80)
      store<f32>(out, dim * min<f32>(most, least + 0.5 * slope * (evenest + next)))
    }
  }
}

/** One row of the grid, drawn out to a line of `width` numbers, linear between the cells' middles. */
// @ts-ignore: decorator
@inline
function drawOut(grid: usize, columns: i32, cell: i32, width: i32, line: usize): void {
  for (let x = 0; x < width; x++, line += 4) {
    const place: f32 = max<f32>(0, min<f32>(<f32>(columns - 1), (<f32>x + 0.5) / <f32>cell - 0.5))
    const left = <i32>place
    const a = load<f32>(grid + 4 * left)
    const b = load<f32>(grid + 4 * min(columns - 1, left + 1))
    store<f32>(line, a + (place - <f32>left) * (b - a))
  }
}

/**
 * Adds `pattern` (a byte with sign for each sample) times the strengths to a plane. `unit`: codes that a step of the pattern is worth at strength 1; `most`: greatest
 * code; `above`, `below`: 4 · width bytes of scratch each.
 */
export function addPattern(
  plane: usize,
  stride: usize,
  wide: i32,
  width: i32,
  height: i32,
  pattern: usize,
  grid: usize,
  columns: i32,
  rows: i32,
  cell: i32,
  unit: f32,
  most: f32,
  above: usize,
  below: usize,
): void {
  const units = f32x4.splat(unit)
  const limit = f32x4.splat(most)
  const half = f32x4.splat(0.5)
  let drawn = -1
  for (let y = 0; y < height; y++, plane += stride) {
    const place: f32 = max<f32>(0, min<f32>(<f32>(rows - 1), (<f32>y + 0.5) / <f32>cell - 0.5))
    const row = <i32>place
    if (row != drawn) {
      drawOut(grid + 4 * row * columns, columns, cell, width, above)
      drawOut(grid + 4 * min(rows - 1, row + 1) * columns, columns, cell, width, below)
      drawn = row
    }
    const share = place - <f32>row
    const shares = f32x4.splat(share)
    let x = 0
    for (; x + 4 <= width; x += 4, pattern += 4) {
      const a = v128.load(above + 4 * x)
      const strength = f32x4.add(a, f32x4.mul(shares, f32x4.sub(v128.load(below + 4 * x), a)))
      const wave = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(pattern))))
      const at = plane + (x << wide)
      const changed = f32x4.add(load4(at, wide), f32x4.add(f32x4.mul(f32x4.mul(strength, wave), units), half))
      store4(at, f32x4.pmin(limit, f32x4.pmax(f32x4.splat(0), changed)), wide)
    }
    for (; x < width; x++, pattern++) {
      const a = load<f32>(above + 4 * x)
      const strength = a + share * (load<f32>(below + 4 * x) - a)
      const at = plane + (x << wide)
      const old = wide ? <f32>load<u16>(at) : <f32>load<u8>(at)
      const whole = <i32>min<f32>(most, max<f32>(0, old + (strength * <f32>load<i8>(pattern) * unit + 0.5)))
      if (wide) store<u16>(at, <u16>whole)
      else store<u8>(at, <u8>whole)
    }
  }
}
