import { describe, expect, it } from 'vitest'
import { drawAccents } from '../../src/train/accents.ts'

const SIDE = 100

/** 68 points at the middle of the picture but for one eye and the mouth, each a flat ellipse. */
function points(mouthHeight: number): number[] {
  const all = Array.from({ length: 136 }, () => SIDE / 2)
  const ellipse = (from: number, to: number, x: number, y: number, rx: number, ry: number) => {
    for (let i = from; i <= to; i += 1) {
      const angle = (2 * Math.PI * (i - from)) / (to - from + 1)
      all[2 * i] = x + rx * Math.cos(angle)
      all[2 * i + 1] = y + ry * Math.sin(angle)
    }
  }
  ellipse(36, 41, 30, 35, 8, 3)
  ellipse(42, 47, 70, 35, 8, 3)
  ellipse(48, 59, 50, 75, 14, mouthHeight)
  return all
}

const at = (accents: Uint8Array, x: number, y: number, side = SIDE) => accents[y * side + x]!
const sum = (accents: Uint8Array) => accents.reduce((a, b) => a + b, 0)

describe('the places of eyes and mouth', () => {
  it('are marked, and cheeks, forehead and chin are not', () => {
    const accents = drawAccents(points(5), SIDE, SIDE)
    for (const [x, y] of [
      [30, 35],
      [70, 35],
      [50, 75],
    ] as const)
      expect(at(accents, x, y)).toBeGreaterThan(200)
    for (const [x, y] of [
      [50, 10],
      [20, 60],
      [80, 60],
      [50, 95],
    ] as const)
      expect(at(accents, x, y)).toBe(0)
  })

  it('grow with an open mouth, and do not vanish with a closed one', () => {
    expect(sum(drawAccents(points(10), SIDE, SIDE))).toBeGreaterThan(1.2 * sum(drawAccents(points(5), SIDE, SIDE)))
    expect(at(drawAccents(points(0.1), SIDE, SIDE), 50, 77)).toBeGreaterThan(150)
  })

  it('lie where the face is, whatever the size', () => {
    const half = drawAccents(points(5), SIDE, SIDE / 2)
    expect(at(half, 25, 37, SIDE / 2)).toBeGreaterThan(200)
    expect(sum(half) * 4).toBeGreaterThan(0.9 * sum(drawAccents(points(5), SIDE, SIDE)))
    expect(sum(half) * 4).toBeLessThan(1.1 * sum(drawAccents(points(5), SIDE, SIDE)))
  })
})
