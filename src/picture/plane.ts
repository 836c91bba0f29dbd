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

/** Least value of a square neighbourhood of 2·radius + 1 (negative radius: the greatest, which widens a mask). Outside counts as 0 when eroding. */
export function erodePlane(plane: Plane, radius: number): Plane {
  if (radius === 0) return plane
  const { width, height } = plane
  const pick = radius > 0 ? Math.min : Math.max
  const reach = Math.abs(radius)
  const along = new Float32Array(plane.data.length)
  const data = new Float32Array(plane.data.length)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let value = plane.data[y * width + x]!
      for (let i = x - reach; i <= x + reach; i += 1) value = pick(value, i < 0 || i >= width ? 0 : plane.data[y * width + i]!)
      along[y * width + x] = value
    }
  }
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let value = along[y * width + x]!
      for (let i = y - reach; i <= y + reach; i += 1) value = pick(value, i < 0 || i >= height ? 0 : along[i * width + x]!)
      data[y * width + x] = value
    }
  }
  return { width, height, data }
}
