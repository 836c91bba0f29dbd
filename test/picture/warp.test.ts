import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPicture, type GrayPicture } from '../../src/picture/picture.ts'
import { convexHull, fillConvex } from '../../src/picture/polygon.ts'
import { cropPicture, resizePicture, toGray } from '../../src/picture/resize.ts'
import { applyAffine, composeAffine, IDENTITY, invertAffine, warpAffine } from '../../src/picture/warp.ts'

const ramp = (width: number, height: number): GrayPicture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => (i % width) * 4 + Math.floor(i / width)),
})
const mean = ({ data }: GrayPicture) => data.reduce((sum, value) => sum + value, 0) / data.length
const checker: GrayPicture = {
  width: 96,
  height: 96,
  data: Uint8Array.from({ length: 96 * 96 }, (_, i) => (((i % 96) + Math.floor(i / 96)) % 2) * 200),
}

describe('affine maps', () => {
  const turned = fc.record({
    a: fc.double({ min: 0.3, max: 3, noNaN: true }),
    b: fc.double({ min: -0.2, max: 0.2, noNaN: true }),
    tx: fc.double({ min: -50, max: 50, noNaN: true }),
    c: fc.double({ min: -0.2, max: 0.2, noNaN: true }),
    d: fc.double({ min: 0.3, max: 3, noNaN: true }),
    ty: fc.double({ min: -50, max: 50, noNaN: true }),
  })

  it('inverts and composes', () => {
    fc.assert(
      fc.property(turned, turned, (first, second) => {
        const there = applyAffine(second, ...(Object.values(applyAffine(first, 3, 7) as { x: number; y: number }) as [number, number]))
        const whole = composeAffine(second, first)
        expect(applyAffine(whole, 3, 7).x).toBeCloseTo(there.x, 6)
        const back = applyAffine(invertAffine(whole), there.x, there.y)
        expect(back.x).toBeCloseTo(3, 4)
        expect(back.y).toBeCloseTo(7, 4)
      }),
    )
  })

  it('refuses to invert a map that squashes the plane', () => {
    expect(() => invertAffine({ ...IDENTITY, a: 0 })).toThrow(/determinant is 0/)
  })
})

describe('warpAffine', () => {
  it('copies under the identity and shifts by whole pixels exactly', () => {
    const picture = ramp(20, 10)
    expect(warpAffine(picture, IDENTITY, 20, 10).data).toEqual(picture.data)
    const shifted = warpAffine(picture, { ...IDENTITY, tx: 3, ty: 2 }, 20, 10)
    expect(shifted.data[2 * 20 + 3]).toBe(picture.data[0])
    expect(shifted.data[0]).toBe(0)
    expect(warpAffine(picture, { ...IDENTITY, tx: 3, ty: 2 }, 20, 10, 'replicate').data[0]).toBe(picture.data[0])
  })

  it('averages when it shrinks instead of picking pixels', () => {
    const small = warpAffine(checker, { ...IDENTITY, a: 1 / 6, d: 1 / 6 }, 16, 16)
    for (const value of small.data) expect(Math.abs(value - 100)).toBeLessThan(12)
  })

  it('keeps pixel centres in place when it grows', () => {
    const large = warpAffine(ramp(16, 16), { ...IDENTITY, a: 4, d: 4 }, 64, 64, 'replicate')
    expect(mean(large)).toBeCloseTo(mean(ramp(16, 16)), 0)
  })
})

describe('resizing and cropping', () => {
  it('keeps the mean and does not alias', () => {
    const picture = ramp(50, 40)
    expect(mean(resizePicture(picture, 13, 11))).toBeCloseTo(mean(picture), 0)
    for (const value of resizePicture(checker, 20, 20).data) expect(Math.abs(value - 100)).toBeLessThan(8)
  })

  it('crops boxes of whole pixels and no others', () => {
    const picture = createPicture(8, 6)
    picture.data[(2 * 8 + 3) * 3] = 255
    expect(cropPicture(picture, { x: 3, y: 2, width: 2, height: 2 }).data[0]).toBe(255)
    expect(() => cropPicture(picture, { x: 7, y: 0, width: 2, height: 1 })).toThrow(/inside 8×6/)
    expect(toGray(picture).data[2 * 8 + 3]).toBe(76)
  })
})

describe('polygons', () => {
  it('finds the hull and covers its area, edges in between', () => {
    const hull = convexHull([
      [2, 2],
      [10, 2.5],
      [6, 6],
      [10, 12],
      [2, 12],
      [5, 4],
    ])
    expect(hull).toHaveLength(4)
    const { data } = fillConvex(hull, 16, 16)
    const area = data.reduce((sum, value) => sum + value, 0) / 255
    expect(Math.abs(area - 78)).toBeLessThan(0.6)
    expect(data[6 * 16 + 6]).toBe(255)
    expect(data[0]).toBe(0)
  })
})
