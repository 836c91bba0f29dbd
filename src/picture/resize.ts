import { get, kernels, put, room } from './kernels/index.ts'
import type { Box, GrayPicture, Picture } from './picture.ts'

interface Taps {
  readonly first: Int32Array
  readonly weights: Float32Array
  readonly count: number
}

/** For each output sample, the first input sample and the weights of `count` inputs: a triangle as wide as the step, never under one sample. */
function tapsFor(from: number, to: number): Taps {
  const step = from / to
  const radius = Math.max(1, step)
  const count = Math.ceil(radius * 2) + 1
  const first = new Int32Array(to)
  const weights = new Float32Array(to * count)
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * step - 0.5
    const start = Math.ceil(centre - radius)
    first[i] = start
    let total = 0
    for (let k = 0; k < count; k++) {
      const weight = Math.max(0, 1 - Math.abs(start + k - centre) / radius)
      weights[i * count + k] = weight
      total += weight
    }
    for (let k = 0; k < count; k++) weights[i * count + k]! /= total
  }
  return { first, weights, count }
}

/** Resizes a picture (RGB or grey) to `width` × `height`: bilinear when it grows, a triangle filter over the covered area when it shrinks. */
export function resizePicture<P extends Picture | GrayPicture>(picture: P, width: number, height: number): P {
  const { width: w, height: h, data } = picture
  if (w === width && h === height) return picture
  const channels = data.length / (w * h)
  const across = tapsFor(w, width)
  const down = tapsFor(h, height)
  const { resize } = kernels()
  const from = put(data)
  const taps = [put(across.first), put(across.weights), across.count, put(down.first), put(down.weights), down.count] as const
  const [middle, out] = [room(width * h * channels * 4), room(width * height * channels)]
  resize(from, w, h, channels, width, height, ...taps, middle, out)
  return { width, height, data: get(out, new Uint8Array(width * height * channels)) } as unknown as P
}

/** Cuts out the part of a picture inside a box of whole pixels, which must lie within the picture. */
export function cropPicture<P extends Picture | GrayPicture>(picture: P, { x, y, width, height }: Box): P {
  if (x < 0 || y < 0 || width < 1 || height < 1 || x + width > picture.width || y + height > picture.height) {
    throw new RangeError(`expected a box inside ${picture.width}×${picture.height} but found ${x},${y} ${width}×${height}`)
  }
  const channels = picture.data.length / (picture.width * picture.height)
  const data = new Uint8Array(width * height * channels)
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * picture.width + x) * channels
    data.set(picture.data.subarray(from, from + width * channels), row * width * channels)
  }
  return { width, height, data } as unknown as P
}

/** Luma of each pixel (BT.601 weights). */
export function toGray(picture: Picture): GrayPicture {
  const data = new Uint8Array(picture.width * picture.height)
  for (let i = 0, p = 0; i < data.length; i++, p += 3) {
    data[i] = 0.299 * picture.data[p]! + 0.587 * picture.data[p + 1]! + 0.114 * picture.data[p + 2]! + 0.5
  }
  return { width: picture.width, height: picture.height, data }
}
