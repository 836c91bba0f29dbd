import { describe, expect, it } from 'vitest'
import { plateauOf } from '../../src/train/plateau.ts'
import { historyOf, type Said } from './history.ts'

const flat = (count: number, more: Partial<Said> = {}): Said[] => Array.from({ length: count }, () => ({ ssim: 0.94, ...more }))
const rising = (count: number, by: number): Said[] => Array.from({ length: count }, (_, i) => ({ ssim: 0.9 + by * i }))

describe('plateauOf', () => {
  it('says why, with the numbers, where nothing gains', () => {
    expect(plateauOf(historyOf([...rising(8, 0.005), ...flat(10)]))).toBe(
      'plateau: no gain on unseen faces in the last 6 validations (3000 steps): SSIM 0.940 → 0.940, identity 0.50 → 0.50, sharpness 0.60 → 0.60',
    )
  })

  it('needs eight validations', () => {
    expect(plateauOf([])).toBeUndefined()
    expect(plateauOf(historyOf(flat(7)))).toBeUndefined()
    expect(plateauOf(historyOf(flat(8)))).toBeDefined()
  })

  it('is none while SSIM, sharpness or the identity of the swap rise', () => {
    expect(plateauOf(historyOf(rising(12, 0.002)))).toBeUndefined()
    expect(plateauOf(historyOf(flat(12).map((said, i) => ({ ...said, identity: 0.3 + 0.01 * i }))))).toBeUndefined()
    expect(plateauOf(historyOf(flat(12).map((said, i) => ({ ...said, sharpness: 0.5 + 0.02 * i }))))).toBeUndefined()
  })

  it('does not take a single bad or good validation for a trend', () => {
    const noisy = flat(12).map((said, i) => ({ ...said, ssim: said.ssim + (i % 3 === 0 ? 0.002 : -0.001) }))
    expect(plateauOf(historyOf(noisy))).toBeDefined()
  })

  it('counts from when the average and the planned discriminator have begun', () => {
    expect(plateauOf(historyOf([...flat(10, { average: false }), ...flat(5)]))).toBeUndefined()
    expect(plateauOf(historyOf(flat(12, { ganWeight: 0.1 })))).toBeUndefined()
    expect(plateauOf(historyOf(flat(12, { ganWeight: 0.1, gan: true })))).toBeDefined()
  })

  it('holds where the identity cannot be told', () => {
    expect(plateauOf(historyOf(flat(12, { identity: null })))).toMatch(/SSIM 0\.940 → 0\.940, sharpness/)
  })
})
