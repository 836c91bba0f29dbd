import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { relight } from '../../src/train/light.ts'

// Odd, so that a pixel lies in the middle, where another side's light changes nothing.
const SIZE = 33
const GREY = 0.4
const MIDDLE = (SIZE - 1) / 2

/** What light did to a grey picture: the exponent of its curve, and how much brighter each side got than the middle, before the curve. */
function lit(seed: number) {
  const rgb = new Float32Array(SIZE * SIZE * 3).fill(GREY)
  relight(rgb, SIZE, seedRandom(seed))
  const at = (x: number, y: number) => rgb.subarray((y * SIZE + x) * 3, (y * SIZE + x) * 3 + 3)
  const exponent = Math.log(at(MIDDLE, MIDDLE)[0]!) / Math.log(GREY)
  const gain = (x: number, y: number) => at(x, y)[1]! ** (1 / exponent) / GREY
  const side = (place: (i: number) => [number, number]) => {
    let sum = 0
    for (let i = 0; i < SIZE; i += 1) sum += gain(...place(i)) - 1
    return sum / SIZE
  }
  const [left, right] = [side((y) => [0, y]), side((y) => [SIZE - 1, y])]
  const [top, bottom] = [side((x) => [x, 0]), side((x) => [x, SIZE - 1])]
  return { rgb, exponent, left, right, top, bottom }
}

describe('light from another side', () => {
  const all = Array.from({ length: 60 }, (_, seed) => lit(seed))

  it('makes one side up to half as bright again and the opposite one as much darker, any side', () => {
    for (const { left, right, top, bottom } of all) {
      expect(Math.abs(left)).toBeLessThanOrEqual(0.5)
      expect(Math.abs(top)).toBeLessThanOrEqual(0.5)
      expect(left + right).toBeCloseTo(0, 2)
      expect(top + bottom).toBeCloseTo(0, 2)
      // Light from between two sides is no stronger.
      expect(Math.hypot(left, top)).toBeLessThanOrEqual(0.5)
    }
    for (const side of ['left', 'right', 'top', 'bottom'] as const) expect(Math.max(...all.map((one) => one[side]))).toBeGreaterThan(0.3)
  })

  it('bends brightness by an exponent of two thirds to one and a half', () => {
    const exponents = all.map(({ exponent }) => exponent)
    for (const exponent of exponents) {
      expect(exponent).toBeGreaterThan(0.665)
      expect(exponent).toBeLessThan(1.505)
    }
    expect(Math.min(...exponents)).toBeLessThan(0.75)
    expect(Math.max(...exponents)).toBeGreaterThan(1.35)
  })

  it('gives no grey a colour, keeps black and stays within 0–1', () => {
    for (const { rgb } of all) expect(rgb.every((value, i) => value === rgb[i - (i % 3)])).toBe(true)
    const rgb = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) => i % 2)
    relight(rgb, SIZE, seedRandom(1))
    expect(rgb.every((value, i) => (i % 2 === 0 ? value === 0 : value > 0 && value <= 1))).toBe(true)
  })
})
