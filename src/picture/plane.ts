import { emptyRoom, get, getLines, kernels, put, putLines, room } from './kernels/index.ts'
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

/** Radius of the three boxes that come to a Gaussian of `sigma`; 0: too small for any. */
export function blurRadius(sigma: number): number {
  return Math.round(Math.sqrt(sigma * sigma + 1 / 4) - 1 / 2)
}

/** Gaussian blur by three box passes each way; `sigma` in pixels. Edges are extended, so that a flat plane stays flat. */
export function blurPlane(plane: Plane, sigma: number): Plane {
  const radius = blurRadius(sigma)
  if (radius < 1) return plane
  const { width, height, data } = plane
  const { blur } = kernels()
  const [from, other] = [put(data), room(data.byteLength)]
  blur(from, other, width, height, radius)
  return { width, height, data: get(from, new Float32Array(data.length)) }
}

/** Least value of a square neighbourhood of 2·radius + 1 (negative radius: the greatest, which widens a mask). Outside counts as 0; for planes of 0 and more. */
export function erodePlane(plane: Plane, radius: number): Plane {
  if (radius === 0) return plane
  const { width, height, data } = plane
  // Lines and columns of 0 around both planes, whole vectors wide.
  const stride = 4 * (Math.ceil(width / 4) * 4 + 8)
  const { erode } = kernels()
  const [framed, other] = [emptyRoom(stride * (height + 2)), emptyRoom(stride * (height + 2))]
  putLines(framed + stride + 16, stride, data, width)
  erode(framed, other, stride, width, height, radius)
  return { width, height, data: getLines(framed + stride + 16, stride, new Float32Array(data.length), width) }
}

/** A square plane at another size [s, s], sampled where that one's pixels lie. */
export function sampledPlane(plane: Plane, sizePx: number): Float32Array {
  const step = plane.width / sizePx
  const out = new Float32Array(sizePx * sizePx)
  for (let y = 0, i = 0; y < sizePx; y += 1) {
    const row = Math.min(plane.height - 1, Math.floor((y + 0.5) * step)) * plane.width
    for (let x = 0; x < sizePx; x += 1, i += 1) out[i] = plane.data[row + Math.min(plane.width - 1, Math.floor((x + 0.5) * step))]!
  }
  return out
}
