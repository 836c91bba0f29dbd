import { describe, expect, it } from 'vitest'
import { besideEvidence, isAllOver } from '../../src/detect/heat.ts'
import { createPicture } from '../../src/picture/picture.ts'

const CALIBRATION = { slope: 0.8, intercept: -0.8, traceless: 0 } // even odds at 1
const SIDE = 224

/** How red the middle of each of the 7 × 7 cells is: red over green, 0 in grey. */
function redness(evidence: ArrayLike<number>): number[] {
  const grey = createPicture(SIDE, SIDE)
  grey.data.fill(120)
  const { data, width } = besideEvidence(grey, Float32Array.from(evidence), CALIBRATION)
  return Array.from({ length: 49 }, (_, cell) => {
    const [x, y] = [(cell % 7) * 32 + 16, Math.floor(cell / 7) * 32 + 16]
    const at = (y * width + width - SIDE + x) * 3
    return data[at]! - data[at + 1]!
  })
}

describe('where the evidence is', () => {
  it('keeps what stands out in a face whose every cell is sure', () => {
    const red = redness(Array.from({ length: 49 }, (_, i) => 5 + i / 8)) // 5 … 11: each alone would read over 95 %
    expect(Math.max(...red)).toBe(red[48])
    expect(red[0]! / red[48]!).toBeCloseTo(0.25, 1)
    for (let i = 1; i < 49; i += 1) expect(red[i]!).toBeGreaterThanOrEqual(red[i - 1]!)
  })

  it('makes no structure of next to nothing', () => {
    const red = redness(Array.from({ length: 49 }, (_, i) => 5 + i / 400))
    expect(red[0]! / red[48]!).toBeGreaterThan(0.85)
  })

  it('leaves cells at even odds or below plain, and a face without evidence altogether', () => {
    const red = redness(Array.from({ length: 49 }, (_, i) => (i === 24 ? 6 : i === 0 ? 1 : -3)))
    expect(red[24]).toBeGreaterThan(80)
    expect([red[0], red[48]]).toEqual([0, 0])
    expect(redness(new Float32Array(49).fill(0.9))).toEqual(new Array(49).fill(0))
  })

  it('tells evidence all over a face, which says no place, from evidence in a part of it', () => {
    const of = (cell: (i: number) => number) =>
      isAllOver(
        Float32Array.from({ length: 49 }, (_, i) => cell(i)),
        CALIBRATION,
      )
    // As in a swapped face: borders less, all inside much the same.
    expect(of((i) => (i % 7 === 6 ? 2.4 : 3.8 + (i % 5) / 10))).toBe(true)
    expect(of((i) => (i >= 35 ? 3.3 : -2))).toBe(false)
    expect(of((i) => 1.5 + i / 16)).toBe(false)
    expect(of(() => 0.9)).toBe(false)
  })

  it('is paler where the strongest cell is weak', () => {
    const peak = (height: number) => redness(Array.from({ length: 49 }, (_, i) => (i === 24 ? height : -3)))[24]!
    expect(peak(1.5)).toBeGreaterThan(0)
    expect(peak(1.5)).toBeLessThan(0.4 * peak(6))
  })
})
