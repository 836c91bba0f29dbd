// What src/swap does to the aligned face before it is drawn, at the generator's size: its edge, its border's colours, its detail. What is saved is the planes in between.
import { erode } from './plane'
import { at, put, soften } from './real'

/**
 * Least of 3 × 3 samples of a plane, `passes` times (negative: the greatest), in place; outside of it all is 0. `work`: twice 4 · (size + 11) · (size + 2) bytes.
 */
function spread(plane: usize, size: i32, passes: i32, work: usize): void {
  if (passes == 0) return
  const stride = 4 * (((size + 3) >> 2) * 4 + 8)
  const framed = stride * (size + 2)
  memory.fill(work, 0, 2 * framed)
  for (let y = 0; y < size; y++) memory.copy(work + (y + 1) * stride + 16, plane + 4 * y * size, 4 * size)
  erode(work, work + framed, stride, size, size, passes)
  for (let y = 0; y < size; y++) memory.copy(plane + 4 * y * size, work + (y + 1) * stride + 16, 4 * size)
}

/** Holds numbers within 0–1. */
export function clamp(data: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) v128.store(data + 4 * i, f32x4.pmin(f32x4.pmax(v128.load(data + 4 * i), f32x4.splat(0)), f32x4.splat(1)))
}

/**
 * `shapeMask` of src/swap/mask.ts but for its ramp to the rim, in place: inside of `hull`, widened by `slack`, and off the rim; then drawn in by `passes` and blurred. `work`: as for `spread`.
 */
export function shape(mask: usize, hull: usize, size: i32, slack: i32, rim: i32, passes: i32, radius: i32, work: usize): void {
  spread(hull, size, -slack, work)
  for (let y = 0; y < size; y++) {
    const off = y < rim || y >= size - rim
    for (let x = 0; x < size; x++) {
      const i = y * size + x
      put(mask, i, off || x < rim || x >= size - rim ? 0 : min(at(mask, i), at(hull, i)))
    }
  }
  spread(mask, size, passes, work)
  soften(mask, work, size, radius)
}

/** `bleedOutwards` of src/swap/seam.ts, in place. `work`: five planes and what `spread` needs. */
export function bleed(rgb: usize, mask: usize, size: i32, radius: i32, work: usize): void {
  const count = size * size
  const plane = 4 * count
  const sure = work
  const weight = sure + plane
  const near = weight + plane
  const other = near + 3 * plane
  memory.copy(sure, mask, plane)
  spread(sure, size, 1, other)
  for (let i = 0; i < count; i++) put(sure, i, at(sure, i) * at(sure, i))
  memory.copy(weight, sure, plane)
  soften(weight, other, size, radius)
  for (let channel = 0; channel < 3; channel++) {
    const to = near + channel * plane
    for (let i = 0; i < count; i++) put(to, i, at(sure, i) * at(rgb, 3 * i + channel))
    soften(to, other, size, radius)
  }
  for (let i = 0; i < count; i++) {
    const w = at(weight, i)
    if (w < 0.01) continue
    const p = 3 * i
    const r = at(near, i) / w - at(rgb, p)
    const g = at(near + plane, i) / w - at(rgb, p + 1)
    const b = at(near + 2 * plane, i) / w - at(rgb, p + 2)
    const light = 0.2126 * r + 0.7152 * g + 0.0722 * b
    const colour = 1 - at(sure, i)
    const shade = (1 - at(mask, i) * at(mask, i)) * light
    put(rgb, p, at(rgb, p) + (colour * (r - light) + shade))
    put(rgb, p + 1, at(rgb, p + 1) + (colour * (g - light) + shade))
    put(rgb, p + 2, at(rgb, p + 2) + (colour * (b - light) + shade))
  }
}

/** `matchBorder` of src/swap/seam.ts, in place. `most`: by how much a border may shift the face. `work`: four planes. */
export function border(rgb: usize, target: usize, inside: usize, visible: usize, size: i32, radius: i32, most: f64, work: usize): void {
  const count = size * size
  const plane = 4 * count
  const band = work
  const weight = band + plane
  const spread = weight + plane
  const other = spread + plane
  // Heaviest where the mask is half: there footage and rendering show equally.
  for (let i = 0; i < count; i++) put(band, i, 4 * at(inside, i) * (1 - at(inside, i)) * at(visible, i))
  memory.copy(weight, band, plane)
  soften(weight, other, size, radius)
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < count; i++) {
      const shift = at(target, 3 * i + channel) - at(rgb, 3 * i + channel)
      put(spread, i, at(band, i) * max(-most, min(most, shift)))
    }
    soften(spread, other, size, radius)
    for (let i = 0; i < count; i++) {
      const w = at(weight, i)
      // Far from the border the weight fades, and the shift with it.
      if (w > 1e-4) put(rgb, 3 * i + channel, at(rgb, 3 * i + channel) + (at(spread, i) / w) * min(1, w / 0.12))
    }
  }
}

/** Luma (BT.709 weights) of interleaved RGB. */
function lumaOf(rgb: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) put(out, i, 0.2126 * at(rgb, 3 * i) + 0.7152 * at(rgb, 3 * i + 1) + 0.0722 * at(rgb, 3 * i + 2))
}

/** `crispness` of src/swap/detail.ts: energy of the finest band over the contrast of the features. `work`: four planes. */
export function crispness(rgb: usize, weights: usize, size: i32, fineRadius: i32, coarseRadius: i32, work: usize): f64 {
  const count = size * size
  const plane = 4 * count
  const luma = work
  const near = luma + plane
  const far = near + plane
  const other = far + plane
  lumaOf(rgb, count, luma)
  memory.copy(near, luma, plane)
  soften(near, other, size, fineRadius)
  memory.copy(far, luma, plane)
  soften(far, other, size, coarseRadius)
  let fine: f64 = 0
  let all: f64 = 1e-6
  for (let i = 0; i < count; i++) {
    const w = at(weights, i) * at(weights, i)
    const band = <f64>(<f32>(at(luma, i) - at(near, i)))
    const contrast = at(luma, i) - at(far, i)
    fine += w * band * band
    all += w * (contrast * contrast)
  }
  return fine / all
}

/** Strengthens the finest band of each colour by `more` times, in place. `work`: two planes. */
export function sharpen(rgb: usize, size: i32, radius: i32, more: f64, work: usize): void {
  const count = size * size
  const plane = 4 * count
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < count; i++) put(work, i, at(rgb, 3 * i + channel))
    soften(work, work + plane, size, radius)
    for (let i = 0; i < count; i++) {
      const value = at(rgb, 3 * i + channel)
      put(rgb, 3 * i + channel, value + more * <f64>(<f32>(value - at(work, i))))
    }
  }
}
