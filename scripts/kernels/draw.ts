// What src/picture/yuvDraw.ts lays over planar pictures, four pixels at a time. A line of luma gets its colours at once; what its pixels ask of chroma is
// kept in three lines (how much shows, and that times each colour) until both lines of a chroma sample are there.
import { load4, moved, store4 } from './samples'

/** Samples before a line's first and after its last. */
const BEFORE: usize = 4
const AROUND: usize = 24

// Set for a call: colours to codes, and the box that is drawn on.
let kr: f32 = 0
let kg: f32 = 0
let kb: f32 = 0
let black: f32 = 0
let luma: f32 = 0
let middle: f32 = 0
let blueScale: f32 = 0
let redScale: f32 = 0
let most: f32 = 0
let wide: i32 = 0
let pictureWidth: i32 = 0
let pictureHeight: i32 = 0
let chromaX: i32 = 0
let chromaY: i32 = 0
export let boxX: i32 = 0
export let boxY: i32 = 0
export let boxWidth: i32 = 0
export let boxHeight: i32 = 0
let lumaAt: usize = 0
let blueAt: usize = 0
let redAt: usize = 0
let shown: usize = 0
let blues: usize = 0
let reds: usize = 0

/** What the colours of a picture mean: weights of red, green and blue; codes of black, of white's distance, of no colour; codes a step of blueness and redness; greatest code. */
export function setCodes(r: f32, g: f32, b: f32, zero: f32, span: f32, grey: f32, blue: f32, red: f32, top: f32, bytes: i32): void {
  kr = r
  kg = g
  kb = b
  black = zero
  luma = span
  middle = grey
  blueScale = blue
  redScale = red
  most = top
  wide = bytes
}

/** The picture and the box that is drawn on. Of luma, whole lines from the box's first on; of chroma, from that line's on. `work`: 12 · (width + 24) bytes, all 0. */
export function setPlanes(
  width: i32,
  height: i32,
  acrossX: i32,
  downY: i32,
  x: i32,
  y: i32,
  w: i32,
  h: i32,
  lumaPlane: usize,
  bluePlane: usize,
  redPlane: usize,
  work: usize,
): void {
  pictureWidth = width
  pictureHeight = height
  chromaX = acrossX
  chromaY = downY
  boxX = x
  boxY = y
  boxWidth = w
  boxHeight = h
  lumaAt = lumaPlane
  blueAt = bluePlane
  redAt = redPlane
  const line = 4 * (<usize>w + AROUND)
  shown = work + 4 * BEFORE
  blues = shown + line
  reds = blues + line
}

// @ts-ignore: decorator
@inline
function times(value: v128, factor: f32): v128 {
  return f32x4.mul(value, f32x4.splat(factor))
}

/** Four pixels' colours laid over luma; what they ask of chroma is added to the lines, or begins them. */
// @ts-ignore: decorator
@inline
function lay4(i: usize, amounts: v128, rgb: usize, line: usize, first: bool): void {
  const p = v128.load(rgb)
  const q = v128.load(rgb, 12)
  const r = v128.load(rgb, 24)
  const s = v128.load(rgb, 36)
  const pq = v128.shuffle<f32>(p, q, 0, 4, 1, 5)
  const rs = v128.shuffle<f32>(r, s, 0, 4, 1, 5)
  const red = v128.shuffle<f32>(pq, rs, 0, 1, 4, 5)
  const green = v128.shuffle<f32>(pq, rs, 2, 3, 6, 7)
  const blue = v128.shuffle<f32>(v128.shuffle<f32>(p, q, 2, 6, 2, 6), v128.shuffle<f32>(r, s, 2, 6, 2, 6), 0, 1, 4, 5)
  const light = f32x4.add(f32x4.add(times(red, kr), times(green, kg)), times(blue, kb))
  // Where nothing shows the colour may be any number, or none.
  const shows = f32x4.gt(amounts, f32x4.splat(0))
  const wanted = v128.and(shows, f32x4.add(f32x4.splat(black), times(light, luma)))
  const at = line + (i << wide)
  store4(at, moved(load4(at, wide), wanted, amounts, f32x4.splat(most)), wide)
  let u = v128.and(shows, f32x4.mul(amounts, f32x4.add(f32x4.splat(middle), times(f32x4.sub(blue, light), blueScale))))
  let v = v128.and(shows, f32x4.mul(amounts, f32x4.add(f32x4.splat(middle), times(f32x4.sub(red, light), redScale))))
  let a = amounts
  if (!first) {
    a = f32x4.add(a, v128.load(shown + 4 * i))
    u = f32x4.add(u, v128.load(blues + 4 * i))
    v = f32x4.add(v, v128.load(reds + 4 * i))
  }
  v128.store(shown + 4 * i, a)
  v128.store(blues + 4 * i, u)
  v128.store(reds + 4 * i, v)
}

/** A line of the box: `amounts` [width], `rgb` [width, 3]. */
export function layLine(row: i32, amounts: usize, rgb: usize): void {
  const line = lumaAt + ((<usize>row * pictureWidth + boxX) << wide)
  const y = boxY + row
  const first = chromaY == 0 || (y & 1) == 0 || row == 0
  const zero = f32x4.splat(0)
  const order = i32x4(0, 1, 2, 3)
  for (let i = 0; i < boxWidth; i += 4) {
    const inside = i32x4.lt_s(i32x4.add(order, i32x4.splat(i)), i32x4.splat(boxWidth))
    const amount = v128.and(inside, v128.load(amounts + 4 * i))
    if (v128.any_true(amount)) lay4(i, amount, rgb + 12 * i, line, first)
    else if (first) {
      v128.store(shown + 4 * i, zero)
      v128.store(blues + 4 * i, zero)
      v128.store(reds + 4 * i, zero)
    }
  }
  if (chromaY == 0 || (y & 1) == 1 || row == boxHeight - 1) layChroma(y)
}

/** What lies beyond the picture's sides is as its sides. */
// @ts-ignore: decorator
@inline
function extend(line: usize): void {
  if (boxX == 0) store<f32>(line - 4, load<f32>(line))
  if (boxX + boxWidth == pictureWidth) store<f32>(line + 4 * boxWidth, load<f32>(line + 4 * boxWidth - 4))
}

/** Sum of a line around four chroma samples, the first of which lies at luma's sample `at`. */
// @ts-ignore: decorator
@inline
function around(at: usize): v128 {
  if (chromaX == 0) return v128.load(at)
  const low = v128.load(at - 4)
  const high = v128.load(at + 12)
  const left = v128.shuffle<f32>(low, high, 0, 2, 4, 6)
  const here = v128.shuffle<f32>(low, high, 1, 3, 5, 7)
  const right = v128.shuffle<f32>(v128.load(at + 4), v128.load(at + 20), 0, 2, 4, 6)
  return f32x4.add(times(here, 0.5), times(f32x4.add(left, right), 0.25))
}

/** The chroma samples of luma's line `y`, which ends what they stand for: each is what the luma pixels around it ask for. */
function layChroma(y: i32): void {
  const chromaWidth = (pictureWidth + chromaX) >> chromaX
  const row = <usize>((y >> chromaY) - (boxY >> chromaY)) * chromaWidth
  const right = min(chromaWidth - 1, (boxX + boxWidth) >> chromaX)
  extend(shown)
  extend(blues)
  extend(reds)
  // A line that the picture has no second for counts twice.
  const twice: f32 = chromaY == 1 && (y & 1) == 0 && y == pictureHeight - 1 ? 2 : 1
  const share: f32 = chromaY == 1 ? 0.5 : 1
  const order = i32x4(0, 1, 2, 3)
  for (let x = boxX >> chromaX; x <= right; x += 4) {
    const inside = i32x4.le_s(i32x4.add(order, i32x4.splat(x)), i32x4.splat(right))
    const at = 4 * ((x << chromaX) - boxX)
    const shows = v128.and(inside, around(shown + at))
    if (!v128.any_true(shows)) continue
    const some = f32x4.gt(shows, f32x4.splat(0))
    const amount = times(shows, share * twice)
    const limit = f32x4.splat(most)
    const place = (row + x) << wide
    const u = load4(blueAt + place, wide)
    const v = load4(redAt + place, wide)
    store4(blueAt + place, moved(u, v128.and(some, f32x4.div(around(blues + at), shows)), amount, limit), wide)
    store4(redAt + place, moved(v, v128.and(some, f32x4.div(around(reds + at), shows)), amount, limit), wide)
  }
}

/** Lays a box of colours over the picture: `amounts` [height, width], `rgb` [height, width, 3]. */
export function drawLayer(amounts: usize, rgb: usize): void {
  for (let row = 0; row < boxHeight; row++) {
    layLine(row, amounts + 4 * <usize>row * boxWidth, rgb + 12 * <usize>row * boxWidth)
  }
}
