import { affineScale, invertAffine } from './affine.ts'
import type { Affine, GrayPicture, Picture } from './picture.ts'

export { affineScale, applyAffine, applyAffineToPoints, composeAffine, IDENTITY, invertAffine } from './affine.ts'

/** What lies outside of the source: black, or the nearest edge pixel. */
export type Border = 'black' | 'replicate'

const MOST_SUBSAMPLES = 12

function channelsOf({ width, height, data }: Picture | GrayPicture): 1 | 3 {
  if (data.length === width * height) return 1
  if (data.length === width * height * 3) return 3
  throw new RangeError(`expected ${width}×${height} pixels of 1 or 3 bytes but found ${data.length} bytes`)
}

/**
 * Draws `picture` through `matrix` (source → destination, continuous coordinates with pixel centres at .5) into a new
 * picture of `width` × `height`. Bilinear; where the map shrinks, averages n × n bilinear samples a pixel, n ≈ 1/scale, so that nothing aliases.
 */
export function warpAffine<P extends Picture | GrayPicture>(
  picture: P,
  matrix: Affine,
  width: number,
  height: number,
  border: Border = 'black',
): P {
  const channels = channelsOf(picture)
  const inverse = invertAffine(matrix)
  const n = Math.min(MOST_SUBSAMPLES, Math.max(1, Math.round(1 / affineScale(matrix))))
  const sums = new Float32Array(width * height * channels)
  for (let sy = 0; sy < n; sy++) {
    for (let sx = 0; sx < n; sx++) {
      accumulate(picture, channels, inverse, (sx + 0.5) / n, (sy + 0.5) / n, width, height, border === 'replicate', sums)
    }
  }
  const data = new Uint8Array(sums.length)
  const share = 1 / (n * n)
  for (let i = 0; i < sums.length; i++) data[i] = sums[i]! * share + 0.5
  return { width, height, data } as unknown as P
}

function accumulate(
  { width: w, height: h, data }: Picture | GrayPicture,
  channels: 1 | 3,
  m: Affine,
  ox: number,
  oy: number,
  width: number,
  height: number,
  replicate: boolean,
  sums: Float32Array,
): void {
  let at = 0
  for (let j = 0; j < height; j++) {
    const rowX = m.b * (j + oy) + m.tx - 0.5
    const rowY = m.d * (j + oy) + m.ty - 0.5
    for (let i = 0; i < width; i++, at += channels) {
      const x = m.a * (i + ox) + rowX
      const y = m.c * (i + ox) + rowY
      const x0 = Math.floor(x)
      const y0 = Math.floor(y)
      const inside = x0 >= 0 && y0 >= 0 && x0 + 1 < w && y0 + 1 < h
      if (!inside && !replicate && (x0 < -1 || y0 < -1 || x0 >= w || y0 >= h)) continue
      const fx = x - x0
      const fy = y - y0
      let w00 = (1 - fx) * (1 - fy)
      let w10 = fx * (1 - fy)
      let w01 = (1 - fx) * fy
      let w11 = fx * fy
      let xa = x0
      let xb = x0 + 1
      let ya = y0
      let yb = y0 + 1
      if (!inside) {
        if (!replicate) {
          if (xa < 0) w00 = w01 = 0
          if (xb >= w) w10 = w11 = 0
          if (ya < 0) w00 = w10 = 0
          if (yb >= h) w01 = w11 = 0
        }
        xa = xa < 0 ? 0 : xa >= w ? w - 1 : xa
        xb = xb < 0 ? 0 : xb >= w ? w - 1 : xb
        ya = ya < 0 ? 0 : ya >= h ? h - 1 : ya
        yb = yb < 0 ? 0 : yb >= h ? h - 1 : yb
      }
      const p00 = (ya * w + xa) * channels
      const p10 = (ya * w + xb) * channels
      const p01 = (yb * w + xa) * channels
      const p11 = (yb * w + xb) * channels
      for (let k = 0; k < channels; k++) {
        sums[at + k]! += w00 * data[p00 + k]! + w10 * data[p10 + k]! + w01 * data[p01 + k]! + w11 * data[p11 + k]!
      }
    }
  }
}
