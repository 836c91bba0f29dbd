import type { GrayPicture } from './picture.ts'

/** One channel of real numbers, row-major; masks hold 0–1. */
export interface Plane {
  readonly width: number
  readonly height: number
  readonly data: Float32Array
}

/** A gray picture as 0–1. */
export function planeOf(picture: GrayPicture): Plane {
  const data = new Float32Array(picture.data.length)
  for (let i = 0; i < data.length; i += 1) data[i] = picture.data[i]! / 255
  return { width: picture.width, height: picture.height, data }
}

/** Mean over 2·radius + 1 samples along one axis, the edge sample repeated outside. */
function boxPass(
  from: Float32Array,
  to: Float32Array,
  length: number,
  lines: number,
  step: number,
  lineStep: number,
  radius: number,
): void {
  const share = 1 / (2 * radius + 1)
  const last = length - 1
  for (let line = 0; line < lines; line += 1) {
    const base = line * lineStep
    let sum = 0
    for (let i = -radius; i <= radius; i += 1) sum += from[base + Math.max(0, Math.min(last, i)) * step]!
    for (let i = 0; i < length; i += 1) {
      to[base + i * step] = sum * share
      const enters = i + radius < last ? i + radius + 1 : last
      const leaves = i > radius ? i - radius : 0
      sum += from[base + enters * step]! - from[base + leaves * step]!
    }
  }
}

/** Gaussian blur by three box passes each way; `sigma` in pixels. Edges are extended, so that a flat plane stays flat. */
export function blurPlane(plane: Plane, sigma: number): Plane {
  const radius = Math.round(Math.sqrt(sigma * sigma + 1 / 4) - 1 / 2)
  if (radius < 1) return plane
  const { width, height } = plane
  const data = plane.data.slice()
  const other = new Float32Array(data.length)
  for (let pass = 0; pass < 3; pass += 1) {
    boxPass(data, other, width, height, 1, width, radius)
    boxPass(other, data, height, width, width, 1, radius)
  }
  return { width, height, data }
}

/** Least of each sample and its two neighbours along one axis; outside lies 0. */
function leastPass(from: Float32Array, to: Float32Array, length: number, lines: number, step: number, lineStep: number): void {
  for (let line = 0; line < lines; line += 1) {
    let before = 0
    let value = from[line * lineStep]!
    for (let i = 0, at = line * lineStep; i < length; i += 1, at += step) {
      const after = i + 1 < length ? from[at + step]! : 0
      to[at] = Math.min(before, value, after)
      before = value
      value = after
    }
  }
}

/** Least value of a square neighbourhood of 2·radius + 1 (negative radius: the greatest, which widens a mask). Outside counts as 0; for planes of 0 and more. */
export function erodePlane(plane: Plane, radius: number): Plane {
  if (radius === 0) return plane
  const { width, height } = plane
  const data = radius > 0 ? plane.data.slice() : plane.data.map((value) => -value)
  const other = new Float32Array(data.length)
  for (let pass = 0; pass < Math.abs(radius); pass += 1) {
    leastPass(data, other, width, height, 1, width)
    leastPass(other, data, height, width, width, 1)
  }
  return { width, height, data: radius > 0 ? data : data.map((value) => -value) }
}
