import { describe, expect, it } from 'vitest'
import { correlation, mean, quantile, ratioOfSums } from '../../src/work/statistics.ts'

describe('statistics', () => {
  it('say null of nothing', () => {
    expect([mean([]), quantile([], 0.5), correlation([], []), ratioOfSums([], [])]).toEqual([null, null, null, null])
    expect(correlation([1, 1, 1], [1, 2, 3])).toBeNull()
    expect(ratioOfSums([1], [0])).toBeNull()
  })

  it('agree with pencil and paper', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(quantile([1, 2, 3], 1)).toBe(3)
    expect(correlation([1, 2, 3, 4], [2, 4, 6, 8])).toBeCloseTo(1, 12)
    expect(correlation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12)
  })
})
