import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type YuvFormat, yuvBytes, yuvPicture, yuvScales } from '../../src/picture/yuv.ts'
import { embedWatermark } from '../../src/provenance/index.ts'

const ID = '0123456789abcdef'

/** A grey picture with a texture and flat parts, 0–255. */
function grey(width: number, height: number, seed: number): Float64Array {
  return Float64Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)]
    const wave = 60 * Math.sin((x * (seed % 7)) / 9) + 50 * Math.cos((y * (seed % 5)) / 6) + ((x * y * seed) % 23)
    return Math.max(0, Math.min(255, Math.round(128 + (x < width / 3 ? 0 : wave))))
  })
}

/** How far marking moves each sample of a plane that holds `values`, in 255ths of white. */
function movedLuma(values: Float64Array, format: YuvFormat): Float64Array {
  const picture = yuvPicture(format, new Uint8Array(yuvBytes(format)))
  const { black, luma } = yuvScales(format)
  for (let i = 0; i < values.length; i++) picture.y[i] = Math.round(black + (luma * values[i]!) / 255)
  const before = picture.y.slice()
  embedWatermark(picture, ID)
  return Float64Array.from(picture.y, (value, i) => ((value - before[i]!) * 255) / luma)
}

describe('a mark in luma', () => {
  it('is the mark that an RGB picture gets, to the byte and within its edges', () => {
    const sizes = fc.record({ width: fc.integer({ min: 32, max: 150 }), height: fc.integer({ min: 32, max: 100 }), seed: fc.nat(1000) })
    fc.assert(
      fc.property(sizes, ({ width, height, seed }) => {
        const values = grey(width, height, seed)
        const data = Uint8Array.from({ length: values.length * 3 }, (_, i) => values[Math.floor(i / 3)]!)
        embedWatermark({ width, height, data }, ID)
        const base = { width, height, sar: 1, chromaX: 1, chromaY: 1, kr: 0.2126, kb: 0.0722 } as const
        const bytes = movedLuma(values, { ...base, bits: 8, fullRange: true })
        const off = bytes.filter((by, i) => Math.abs(by - (data[i * 3]! - values[i]!)) > 0.5)
        // Sums in single precision may fall on the other side of a half.
        expect(off.length).toBeLessThanOrEqual(values.length / 500)
        // Two changes: rounded once to bytes, once to finer codes.
        const fine = movedLuma(values, { ...base, bits: 10, fullRange: true })
        const far = fine.filter((by, i) => values[i]! > 12 && values[i]! < 243 && Math.abs(by - (data[i * 3]! - values[i]!)) > 0.7)
        expect(far.length).toBe(0)
        expect(fine.some((by) => Math.abs(by) > 2)).toBe(true)
      }),
      { numRuns: 30, seed: 1 },
    )
  })

  it('keeps within the codes', () => {
    for (const value of [0, 255]) {
      for (const bits of [8, 10] as const) {
        const format = { width: 64, height: 64, sar: 1, bits, chromaX: 1, chromaY: 1, fullRange: true, kr: 0.299, kb: 0.114 } as const
        const moved = movedLuma(new Float64Array(64 * 64).fill(value), format)
        expect(moved.every((by) => (value === 0 ? by >= 0 && by < 30 : by <= 0 && by > -30))).toBe(true)
        expect(moved.some((by) => by !== 0)).toBe(true)
      }
    }
  })
})
