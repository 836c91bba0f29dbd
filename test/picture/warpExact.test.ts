import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { affineScale, applyAffine, invertAffine } from '../../src/picture/affine.ts'
import type { Affine, GrayPicture, Picture } from '../../src/picture/picture.ts'
import { type Border, warpAffine } from '../../src/picture/warp.ts'
import { randomFrom } from './trial.ts'

/** A channel of the picture at whole coordinates; beyond its edges black, or as they are. */
function sample({ width, height, data }: Picture | GrayPicture, x: number, y: number, k: number, border: Border): number {
  const [column, row] = [Math.max(0, Math.min(width - 1, x)), Math.max(0, Math.min(height - 1, y))]
  if (border === 'black' && (column !== x || row !== y)) return 0
  return data[(row * width + column) * (data.length / (width * height)) + k]!
}

/** The definition: linear between the four samples around a point. */
function sampleAt(picture: Picture | GrayPicture, x: number, y: number, k: number, border: Border): number {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)]
  const [across, down] = [x - 0.5 - left, y - 0.5 - top]
  const line = (row: number) => (1 - across) * sample(picture, left, row, k, border) + across * sample(picture, left + 1, row, k, border)
  return (1 - down) * line(top) + down * line(top + 1)
}

/** The mean of n × n points of a pixel. */
function pixelAt(picture: Picture | GrayPicture, back: Affine, n: number, i: number, j: number, k: number, border: Border): number {
  let sum = 0
  for (let point = 0; point < n * n; point++) {
    const { x, y } = applyAffine(back, i + ((point % n) + 0.5) / n, j + (Math.floor(point / n) + 0.5) / n)
    sum += sampleAt(picture, x, y, k, border)
  }
  return sum / (n * n)
}

describe('a picture drawn through an affine map', () => {
  it('has in each pixel the mean of what lies there, beyond its edges too', () => {
    const trials = fc.record({
      seed: fc.nat(1e6),
      channels: fc.constantFrom(1, 3),
      border: fc.constantFrom('black' as const, 'replicate' as const),
    })
    fc.assert(
      fc.property(trials, ({ seed, channels, border }) => {
        const random = randomFrom(seed)
        const whole = (most: number) => 1 + Math.floor(most * random())
        const [w, h, width, height] = [whole(40), whole(40), whole(30), whole(30)]
        const picture = { width: w, height: h, data: Uint8Array.from({ length: w * h * channels }, () => 256 * random()) }
        const [scale, angle] = [0.3 + 2 * random(), 2 * Math.PI * random()]
        const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)]
        const matrix = {
          a: cos,
          b: -sin,
          tx: width / 2 - (cos * w - sin * h) / 2,
          c: sin,
          d: cos,
          ty: height / 2 - (sin * w + cos * h) / 2,
        }
        const { data } = warpAffine(picture, matrix, width, height, border)
        const n = Math.max(1, Math.round(1 / affineScale(matrix)))
        for (const [at, value] of data.entries()) {
          const pixel = Math.floor(at / channels)
          const wanted = pixelAt(picture, invertAffine(matrix), n, pixel % width, Math.floor(pixel / width), at % channels, border)
          if (Math.abs(value - wanted) > 0.502) expect([pixel, value]).toBe(wanted)
        }
      }),
      { numRuns: 60, seed: 1 },
    )
  })
})
