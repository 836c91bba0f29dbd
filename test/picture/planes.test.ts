import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enlargeSquare } from '../../src/picture/enlarge.ts'
import { blurPlane, erodePlane, type Plane } from '../../src/picture/plane.ts'
import { resizePicture } from '../../src/picture/resize.ts'
import { randomFrom } from './trial.ts'

const trials = fc.record({
  seed: fc.nat(1e6),
  width: fc.integer({ min: 1, max: 40 }),
  height: fc.integer({ min: 1, max: 40 }),
  size: fc.integer({ min: -4, max: 4 }),
  channels: fc.constantFrom(1, 3),
})
const runs = { numRuns: 60, seed: 1 }

function planeOf(seed: number, width: number, height: number): Plane {
  const random = randomFrom(seed)
  return { width, height, data: Float32Array.from({ length: width * height }, () => (random() < 0.3 ? 0 : random())) }
}

/** Mean of 2·radius + 1 samples across and down, edges repeated. */
function boxMean({ width, height, data }: Plane, radius: number): Plane {
  const clamp = (value: number, length: number) => Math.max(0, Math.min(length - 1, value))
  const mean = Float32Array.from(data, (_, i) => {
    let sum = 0
    for (let dy = -radius; dy <= radius; dy++) {
      const row = clamp(Math.floor(i / width) + dy, height) * width
      for (let dx = -radius; dx <= radius; dx++) sum += data[row + clamp((i % width) + dx, width)]!
    }
    return sum / (2 * radius + 1) ** 2
  })
  return { width, height, data: mean }
}

describe('planes', () => {
  it('shrink to the least and widen to the greatest value of a square, 0 outside', () => {
    fc.assert(
      fc.property(trials, ({ seed, width, height, size }) => {
        const plane = planeOf(seed, width, height)
        const wanted = plane.data.map((_, i) => {
          const values: number[] = []
          for (let y = Math.floor(i / width) - Math.abs(size); y <= Math.floor(i / width) + Math.abs(size); y++) {
            for (let x = (i % width) - Math.abs(size); x <= (i % width) + Math.abs(size); x++) {
              values.push(x < 0 || y < 0 || x >= width || y >= height ? 0 : plane.data[y * width + x]!)
            }
          }
          return size < 0 ? Math.max(...values) : Math.min(...values)
        })
        expect(erodePlane(plane, size).data).toEqual(wanted)
      }),
      runs,
    )
  })

  it('are blurred by three box means', () => {
    fc.assert(
      fc.property(trials, ({ seed, width, height, size }) => {
        const plane = planeOf(seed, width, height)
        const radius = Math.abs(size)
        const wanted = boxMean(boxMean(boxMean(plane, radius), radius), radius).data
        // The variance of three boxes: radius² + radius.
        const { data } = blurPlane(plane, Math.sqrt(radius * radius + radius))
        for (const [i, value] of data.entries()) expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-5)
      }),
      runs,
    )
  })

  it('keep nothing where a blur has passed and nothing was', () => {
    const data = new Float32Array(64 * 64).map((_, i) => (i % 64 < 8 ? 0.1 + (i % 7) / 9 : 0))
    const blurred = blurPlane({ width: 64, height: 64, data }, 3).data
    expect(blurred.every((value, i) => i % 64 < 24 || Math.abs(value) < 1e-12)).toBe(true)
    expect(blurred[64 * 30 + 9]).toBeGreaterThan(0.05)
  })
})

describe('new sizes', () => {
  it('keep what is linear, away from the edges: pictures', () => {
    fc.assert(
      fc.property(trials, ({ width, height, channels, size }) => {
        const [w, h] = [width + 20, height + 20]
        const value = (x: number, y: number, k: number) => 20 + 1.5 * x + 2 * y + 10 * k
        const data = Uint8Array.from({ length: w * h * channels }, (_, i) => {
          const pixel = Math.floor(i / channels)
          return Math.round(value((pixel % w) + 0.5, Math.floor(pixel / w) + 0.5, i % channels))
        })
        const [toWidth, toHeight] = [Math.round((w * (6 + size)) / 6), Math.round((h * (7 - size)) / 7)]
        const out = resizePicture({ width: w, height: h, data }, toWidth, toHeight)
        expect(out.data.length).toBe(toWidth * toHeight * channels)
        for (const [i, found] of out.data.entries()) {
          const pixel = Math.floor(i / channels)
          const [x, y] = [(((pixel % toWidth) + 0.5) * w) / toWidth, ((Math.floor(pixel / toWidth) + 0.5) * h) / toHeight]
          if (x < 4 || y < 4 || x > w - 4 || y > h - 4) continue
          expect(Math.abs(found - value(x, y, i % channels))).toBeLessThan(1.3)
        }
      }),
      runs,
    )
  })

  it('keep what is linear, away from the edges: squares', () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 30 }), fc.integer({ min: 2, max: 5 }), fc.constantFrom(1, 3), (sizePx, factor, channels) => {
        const value = (x: number, y: number, k: number) => (0.3 * x + 0.6 * y) / sizePx + 0.05 * k
        const make = (side: number, scale: number) =>
          Float32Array.from({ length: side * side * channels }, (_, i) => {
            const pixel = Math.floor(i / channels)
            return value(((pixel % side) + 0.5) * scale, (Math.floor(pixel / side) + 0.5) * scale, i % channels)
          })
        const side = sizePx * factor
        const wanted = make(side, 1 / factor)
        const found = enlargeSquare(make(sizePx, 1), sizePx, channels, factor)
        expect(found.length).toBe(wanted.length)
        const inside = (at: number) => at >= 2 * factor && at < side - 2 * factor
        for (const [i, each] of found.entries()) {
          const pixel = Math.floor(i / channels)
          if (inside(pixel % side) && inside(Math.floor(pixel / side))) expect(Math.abs(each - wanted[i]!)).toBeLessThan(1e-5)
        }
      }),
      runs,
    )
  })
})
