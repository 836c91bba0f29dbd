import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Box } from '../../src/picture/picture.ts'
import { chromaSize, type Samples, type YuvPicture, yuvPicture, yuvScales } from '../../src/picture/yuv.ts'
import { clippedBox, rgbPart } from '../../src/picture/yuvRgb.ts'
import { yuvTrial } from './trial.ts'

/** Mean of the samples of a plane that lie in a box. */
function meanIn(plane: Samples, stride: number, height: number, { x, y, width, height: rows }: Box): number {
  let [sum, count] = [0, 0]
  for (let row = y; row < Math.min(height, y + rows); row++) {
    for (let column = x; column < x + width; column++, count++) sum += plane[row * stride + column]!
  }
  return sum / count
}

/** Chroma at a pixel of luma, linear between samples that are sited to the left and between two lines. */
function chromaAt(plane: Samples, { format }: YuvPicture, x: number, y: number): number {
  const { width, height } = chromaSize(format)
  const [atX, atY] = [x / (1 << format.chromaX), format.chromaY === 0 ? y : (y - 0.5) / 2]
  const [left, top] = [Math.floor(atX), Math.floor(atY)]
  const sample = (column: number, row: number) =>
    plane[Math.max(0, Math.min(height - 1, row)) * width + Math.max(0, Math.min(width - 1, column))]!
  const line = (row: number) => sample(left, row) + (atX - left) * (sample(left + 1, row) - sample(left, row))
  return line(top) + (atY - top) * (line(top + 1) - line(top))
}

/** Red, green and blue of a pixel of a part, by definition, 0–255. */
function colourAt(picture: YuvPicture, x: number, y: number, step: number): readonly number[] {
  const { format } = picture
  const { kr, kb, chromaX, chromaY, width, height } = format
  const { black, luma, middle, chroma } = yuvScales(format)
  const size = chromaSize(format)
  const light = (meanIn(picture.y, width, height, { x, y, width: step, height: step }) - black) / luma
  const coarse = { x: x >> chromaX, y: y >> chromaY, width: step >> chromaX, height: step >> chromaY }
  const [blueness, redness] = [picture.u, picture.v].map(
    (plane) => ((step === 1 ? chromaAt(plane, picture, x, y) : meanIn(plane, size.width, size.height, coarse)) - middle) / chroma,
  ) as [number, number]
  const [red, blue] = [light + 2 * (1 - kr) * redness, light + 2 * (1 - kb) * blueness]
  return [red, (light - kr * red - kb * blue) / (1 - kr - kb), blue].map((value) => 255 * Math.max(0, Math.min(1, value)))
}

describe('a part of a planar picture in RGB', () => {
  it('has the colours that its samples mean', () => {
    const boxes = fc.record({
      seed: fc.nat(1e6),
      step: fc.constantFrom(1, 1, 2, 4, 8),
      x: fc.integer({ min: -5, max: 40 }),
      y: fc.integer({ min: -5, max: 40 }),
      side: fc.integer({ min: 9, max: 60 }),
    })
    fc.assert(
      fc.property(boxes, ({ seed, step, x, y, side }) => {
        const { picture } = yuvTrial(seed)
        const { width, height } = picture.format
        const box = clippedBox({ x: Math.min(x, width - 9), y: Math.min(y, height - 9), width: side, height: side }, width, height, step)
        fc.pre(box.width >= step && box.height >= step)
        const part = rgbPart(picture, box, step)
        expect([part.width, part.height]).toEqual([Math.floor(box.width / step), Math.floor(box.height / step)])
        for (let i = 0; i < part.width * part.height; i++) {
          const [column, row] = [box.x + (i % part.width) * step, box.y + Math.floor(i / part.width) * step]
          for (const [k, value] of colourAt(picture, column, row, step).entries()) {
            if (Math.abs(part.data[3 * i + k]! - value) > 0.502) expect([column, row, k, part.data[3 * i + k]]).toBe(value)
          }
        }
      }),
      { numRuns: 80, seed: 1 },
    )
  })

  it('needs no memory for the rest of a large picture', () => {
    const format = {
      width: 4096,
      height: 2160,
      sar: 1,
      bits: 10,
      chromaX: 1,
      chromaY: 1,
      fullRange: false,
      kr: 0.2627,
      kb: 0.0593,
    } as const
    const picture = yuvPicture(format, new Uint8Array(4096 * 2160 * 3).fill(2))
    const { data } = rgbPart(picture, { x: 4000, y: 2100, width: 96, height: 60 })
    expect(data).toEqual(new Uint8Array(96 * 60 * 3).map((_, i) => colourAt(picture, 0, 0, 1)[i % 3]! + 0.5))
    expect(rgbPart(picture, { x: 0, y: 0, width: 4096, height: 2160 }).data.subarray(-3)).toEqual(data.subarray(-3))
  })
})
