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

const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value))

/** Resizes a picture (RGB or grey) to `width` × `height`: bilinear when it grows, a triangle filter over the covered area when it shrinks. */
export function resizePicture<P extends Picture | GrayPicture>(picture: P, width: number, height: number): P {
  const { width: w, height: h, data } = picture
  if (w === width && h === height) return picture
  const channels = data.length / (w * h)
  const across = tapsFor(w, width)
  const down = tapsFor(h, height)
  const middle = new Float32Array(width * h * channels)
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * channels
      for (let k = 0; k < across.count; k++) {
        const weight = across.weights[x * across.count + k]!
        if (weight === 0) continue
        const from = (y * w + clamp(across.first[x]! + k, w - 1)) * channels
        for (let c = 0; c < channels; c++) middle[to + c]! += weight * data[from + c]!
      }
    }
  }
  const out = new Uint8Array(width * height * channels)
  const row = new Float32Array(width * channels)
  for (let y = 0; y < height; y++) {
    row.fill(0.5)
    for (let k = 0; k < down.count; k++) {
      const weight = down.weights[y * down.count + k]!
      if (weight === 0) continue
      const from = clamp(down.first[y]! + k, h - 1) * width * channels
      for (let i = 0; i < row.length; i++) row[i]! += weight * middle[from + i]!
    }
    out.set(row, y * row.length)
  }
  return { width, height, data: out } as unknown as P
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
