// How a patch, turned and scaled, is seen from a picture's pixels, and laid over a planar one by ./draw.
import { boxHeight, boxWidth, boxX, boxY, layLine } from './draw'
import { fixed, rest } from './fixed'
import { between } from './warp'

/** Less of a patch than this changes no byte by more than a rounding. */
const LEAST_SHOWN: f32 = 1.0 / 512.0

/** The cell of `length` samples that a coordinate is in: one of the last at most. */
// @ts-ignore: decorator
@inline
function cellOf(at: i64, length: i32): i32 {
  return max(0, min(length - 2, <i32>(at >> 32)))
}

/** How far it is in that cell; at its ends where it lies beyond the samples' centres. */
// @ts-ignore: decorator
@inline
function shareOf(at: i64, length: i32): f32 {
  const whole = <i32>(at >> 32)
  return whole < 0 ? 0 : whole > length - 2 ? 1 : rest(at)
}

/** A line of a patch: how much of it shows at each of `width` pixels from `left` on, and its colours there. */
// @ts-ignore: decorator
@inline
function sampleLine(rgb: usize, size: i32, mask: usize, side: i32, a: f64, u0: f64, c: f64, v0: f64, left: i32, width: i32, amounts: usize, out: usize): void {
  memory.fill(amounts, 0, 4 * width)
  const maskScale = <f64>side / <f64>size
  const first = <f64>left + 0.5
  const stepX = fixed(a)
  const stepY = fixed(c)
  const maskStepX = fixed(a * maskScale)
  const maskStepY = fixed(c * maskScale)
  let atX = fixed(a * first + u0)
  let atY = fixed(c * first + v0)
  let maskX = fixed((a * first + u0) * maskScale - 0.5)
  let maskY = fixed((c * first + v0) * maskScale - 0.5)
  const half = fixed(0.5)
  for (let i = 0; i < width; i++, atX += stepX, atY += stepY, maskX += maskStepX, maskY += maskStepY) {
    // Whether it is inside is not left to the sums' last bits: patches are laid over RGB pictures by the same rule.
    const u = a * (<f64>(left + i) + 0.5) + u0
    const v = c * (<f64>(left + i) + 0.5) + v0
    if (u < 0 || v < 0 || u >= size || v >= size) continue
    const m = mask + 4 * (cellOf(maskY, side) * side + cellOf(maskX, side))
    const n = m + 4 * side
    const across = shareOf(maskX, side)
    const top = load<f32>(m) + across * (load<f32>(m, 4) - load<f32>(m))
    const bottom = load<f32>(n) + across * (load<f32>(n, 4) - load<f32>(n))
    const amount = top + shareOf(maskY, side) * (bottom - top)
    if (amount < LEAST_SHOWN) continue
    store<f32>(amounts + 4 * i, amount)
    const x = atX - half
    const y = atY - half
    const p = rgb + 12 * (cellOf(y, size) * size + cellOf(x, size))
    const q = p + 12 * size
    const right = f32x4.splat(shareOf(x, size))
    const above = between(v128.load(p), v128.load(p, 12), right)
    const below = between(v128.load(q), v128.load(q, 12), right)
    v128.store(out + 12 * i, between(above, below, f32x4.splat(shareOf(y, size))))
  }
}

/** Samples a patch for a box of pixels: `amounts` [height, width], `out` [height, width, 3], meaningless where nothing shows. `a` … `ty`: from pixels to the patch. */
export function samplePatch(
  rgb: usize,
  size: i32,
  mask: usize,
  side: i32,
  a: f64,
  b: f64,
  tx: f64,
  c: f64,
  d: f64,
  ty: f64,
  x: i32,
  y: i32,
  width: i32,
  height: i32,
  amounts: usize,
  out: usize,
): void {
  for (let row = 0; row < height; row++, amounts += 4 * width, out += 12 * width) {
    const at = <f64>(y + row) + 0.5
    sampleLine(rgb, size, mask, side, a, b * at + tx, c, d * at + ty, x, width, amounts, out)
  }
}

/** Draws a patch on the box that was set, line by line. `line`: 16 · (width + 1) bytes of scratch. */
export function drawPatch(rgb: usize, size: i32, mask: usize, side: i32, a: f64, b: f64, tx: f64, c: f64, d: f64, ty: f64, line: usize): void {
  const out = line + 4 * <usize>boxWidth + 16
  for (let row = 0; row < boxHeight; row++) {
    const at = <f64>(boxY + row) + 0.5
    sampleLine(rgb, size, mask, side, a, b * at + tx, c, d * at + ty, boxX, boxWidth, line, out)
    layLine(row, line, out)
  }
}
