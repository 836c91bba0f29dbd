import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { type ComplexGrid, complexGrid, fourier, fourierOfReal } from '../../src/picture/fourier.ts'

/** By the definition, sum by sum. */
function slowly({ width, height, re, im }: ComplexGrid, sign: number): ComplexGrid {
  const out = complexGrid(width, height)
  for (let l = 0; l < height; l++)
    for (let k = 0; k < width; k++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const angle = sign * 2 * Math.PI * ((k * x) / width + (l * y) / height)
          const at = y * width + x
          out.re[l * width + k]! += re[at]! * Math.cos(angle) - im[at]! * Math.sin(angle)
          out.im[l * width + k]! += re[at]! * Math.sin(angle) + im[at]! * Math.cos(angle)
        }
  return out
}

function randomGrid(width: number, height: number, isReal: boolean, filled = height): ComplexGrid {
  const random = seedRandom(width * 100 + height)
  const grid = complexGrid(width, height)
  for (let i = 0; i < width * filled; i++) {
    grid.re[i] = random.normal()
    if (!isReal) grid.im[i] = random.normal()
  }
  return grid
}

function furthest(a: ComplexGrid, b: ComplexGrid): number {
  return Math.max(...Array.from(a.re, (value, i) => Math.hypot(value - b.re[i]!, a.im[i]! - b.im[i]!)))
}

describe('the Fourier transform', () => {
  const SIZES = [[2, 2], [4, 2], [2, 8], [16, 8], [8, 32], [32, 32]] as const // biome-ignore format: a table

  it.each(SIZES)('of %i × %i is the sum that defines it, there and back', (width, height) => {
    for (const inverse of [false, true]) {
      const grid = randomGrid(width, height, false)
      const expected = slowly(grid, inverse ? 1 : -1)
      fourier(grid, inverse)
      expect(furthest(grid, expected)).toBeLessThan(5e-4)
    }
  })

  it.each(SIZES)('of %i × %i real numbers is the same in half the work', (width, height) => {
    const grid = randomGrid(width, height, true)
    const expected = randomGrid(width, height, true)
    fourier(expected)
    fourierOfReal(grid)
    expect(furthest(grid, expected)).toBeLessThan(5e-4)
  })

  it('of a grid with empty rows is that of any other', () => {
    for (const transform of [fourier, fourierOfReal]) {
      const grid = randomGrid(8, 64, true, 5)
      const expected = slowly(grid, -1)
      transform(grid)
      expect(furthest(grid, expected)).toBeLessThan(5e-4)
    }
  })
})
