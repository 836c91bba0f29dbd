// Colours between sRGB and L*a*b*, as src/picture/lab.ts has them, and their moments, as src/swap/moments.ts has. Double precision, as in JavaScript.
import { at } from './real'

const EPSILON: f64 = 216.0 / 24389.0
const KAPPA: f64 = 24389.0 / 27.0
/** Steps of the tables between sRGB and light. */
const STEPS = 4096

// @ts-ignore: decorator
@inline
function linear(table: usize, value: f64): f64 {
  return at(table, <i32>floor(max<f64>(0, min<f64>(STEPS, value * STEPS)) + 0.5))
}

// @ts-ignore: decorator
@inline
function curve(t: f64): f64 {
  return t > EPSILON ? Math.cbrt(t) : (KAPPA * t + 16) / 116
}

// @ts-ignore: decorator
@inline
function gamma(table: usize, value: f64): f64 {
  return at(table, <i32>floor(sqrt<f64>(max<f64>(0, min<f64>(1, value))) * STEPS + 0.5))
}

// @ts-ignore: decorator
@inline
function uncurve(t: f64): f64 {
  const cube = t * t * t
  return cube > EPSILON ? cube : (116 * t - 16) / KAPPA
}

/** sRGB in 0–1 → L*a*b*, `count` pixels, in place. `table`: light of 4097 steps of sRGB. */
export function toLab(rgb: usize, count: i32, table: usize): void {
  for (let i = 0; i < count; i++, rgb += 12) {
    const r = linear(table, at(rgb, 0))
    const g = linear(table, at(rgb, 1))
    const b = linear(table, at(rgb, 2))
    const x = curve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047)
    const y = curve(0.2126729 * r + 0.7151522 * g + 0.072175 * b)
    const z = curve((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883)
    store<f32>(rgb, <f32>(116 * y - 16))
    store<f32>(rgb, <f32>(500 * (x - y)), 4)
    store<f32>(rgb, <f32>(200 * (y - z)), 8)
  }
}

/** L*a*b* → sRGB, in place. `table`: sRGB of 4097 steps of the square root of light. */
export function fromLab(lab: usize, count: i32, table: usize): void {
  for (let i = 0; i < count; i++, lab += 12) {
    const fy = (at(lab, 0) + 16) / 116
    const x = 0.95047 * uncurve(fy + at(lab, 1) / 500)
    const y = uncurve(fy)
    const z = 1.08883 * uncurve(fy - at(lab, 2) / 200)
    store<f32>(lab, <f32>gamma(table, 3.2404542 * x - 1.5371385 * y - 0.4985314 * z))
    store<f32>(lab, <f32>gamma(table, -0.969266 * x + 1.8760108 * y + 0.041556 * z), 4)
    store<f32>(lab, <f32>gamma(table, 0.0556434 * x - 0.2040259 * y + 1.0572252 * z), 8)
  }
}

/** Weighted sums over triples, ten real numbers: the weights, the three, and their products aa, ab, ac, bb, bc, cc. */
export function sums(data: usize, weights: usize, count: i32, out: usize): void {
  let total: f64 = 0
  let x: f64 = 0
  let y: f64 = 0
  let z: f64 = 0
  let xx: f64 = 0
  let xy: f64 = 0
  let xz: f64 = 0
  let yy: f64 = 0
  let yz: f64 = 0
  let zz: f64 = 0
  for (let i = 0; i < count; i++, data += 12) {
    const w = at(weights, i)
    const a = at(data, 0)
    const b = at(data, 1)
    const c = at(data, 2)
    total += w
    x += w * a
    y += w * b
    z += w * c
    xx += w * a * a
    xy += w * a * b
    xz += w * a * c
    yy += w * b * b
    yz += w * b * c
    zz += w * c * c
  }
  store<f64>(out, total)
  store<f64>(out, x, 8)
  store<f64>(out, y, 16)
  store<f64>(out, z, 24)
  store<f64>(out, xx, 32)
  store<f64>(out, xy, 40)
  store<f64>(out, xz, 48)
  store<f64>(out, yy, 56)
  store<f64>(out, yz, 64)
  store<f64>(out, zz, 72)
}

/** Turns triples about one mean by a matrix (nine real numbers, row by row) and sets them on another; means of three, in place. */
export function turn(data: usize, count: i32, matrix: usize, from: usize, to: usize): void {
  for (let i = 0; i < count; i++, data += 12) {
    const x = at(data, 0) - at(from, 0)
    const y = at(data, 1) - at(from, 1)
    const z = at(data, 2) - at(from, 2)
    store<f32>(data, <f32>(at(to, 0) + load<f64>(matrix) * x + load<f64>(matrix, 8) * y + load<f64>(matrix, 16) * z))
    store<f32>(data, <f32>(at(to, 1) + load<f64>(matrix, 24) * x + load<f64>(matrix, 32) * y + load<f64>(matrix, 40) * z), 4)
    store<f32>(data, <f32>(at(to, 2) + load<f64>(matrix, 48) * x + load<f64>(matrix, 56) * y + load<f64>(matrix, 64) * z), 8)
  }
}
