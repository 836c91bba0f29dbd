import { describe, expect, it } from 'vitest'
import { calibrationError, calibrationErrorByChance, equalErrorRate, foundAt, measure } from '../../src/detect/metrics.ts'
import { areaUnderRoc } from '../../src/work/statistics.ts'

const BAND = { realBelow: 0.3, manipulatedAbove: 0.7 }

describe('figures of a detector', () => {
  it('area under the ROC curve: pairs in which the fake is above, ties half', () => {
    expect(areaUnderRoc([0.1, 0.2], [0.8, 0.9])).toBe(1)
    expect(areaUnderRoc([0.8, 0.9], [0.1, 0.2])).toBe(0)
    // (.4: above .1 and .3, below .5; .5: above .1 and .3, as .5) = (2 + 2.5) / 6
    expect(areaUnderRoc([0.1, 0.3, 0.5], [0.4, 0.5])).toBeCloseTo(4.5 / 6, 12)
    expect(areaUnderRoc([0.5, 0.5], [0.5])).toBe(0.5)
    expect(areaUnderRoc([], [0.5])).toBeNull()
  })

  it('equal error rate: where false alarms and misses meet', () => {
    expect(equalErrorRate([0.1, 0.2], [0.8, 0.9])).toBe(0)
    // At .6: one of four real ones at or above, one of four fakes below.
    expect(equalErrorRate([0.1, 0.2, 0.3, 0.7], [0.25, 0.6, 0.8, 0.9])).toBeCloseTo(0.25, 12)
    expect(equalErrorRate([0.9], [0.1])).toBe(1)
    expect(equalErrorRate([0.5], [])).toBeNull()
  })

  it('found at few false alarms: with few real files, what lies above all of them', () => {
    const real = Array.from({ length: 100 }, (_, i) => i / 100) // 0 … .99
    // One real file in a hundred (.99) may be called fake: the cut is just above .98.
    expect(foundAt(real, [0.985, 0.995, 0.5, 0.98], 0.01)).toBeCloseTo(0.5, 12)
    expect(foundAt([0.5, 0.9], [0.95, 0.7], 0.01)).toBeCloseTo(0.5, 12)
    expect(foundAt([0.9], [0.9], 0.01)).toBe(0)
  })

  it('calibration error: distance of probabilities from the truth by bin, kinds weighted alike', () => {
    // All at .75: half of the weight is fake, so that the bin is off by .25.
    expect(calibrationError([0.75, 0.75, 0.75], [0.75])).toBeCloseTo(0.25, 12)
    // .05: off by .05 of half the weight; 1 (the last bin): right.
    expect(calibrationError([0.05, 0.05], [1])).toBeCloseTo(0.025, 12)
    expect(calibrationError([0.5], [])).toBeNull()
  })

  it('calibration error by chance: that of right probabilities, which shrinks with the number of files', () => {
    expect(calibrationErrorByChance([0, 0], [1, 1])).toBe(0)
    // One file of each kind at .5 in one bin: both the same (off by .5) or one of each (off by 0), as often.
    expect(calibrationErrorByChance([0.5], [0.5])).toBeCloseTo(0.25, 1)
    const spread = (count: number) => Array.from({ length: count }, (_, i) => (i + 0.5) / count)
    const of = (count: number) => calibrationErrorByChance(spread(count), spread(count))!
    expect(of(400)).toBeLessThan(0.05)
    expect(of(25) / of(400)).toBeGreaterThan(3) // about √16
    expect(of(25) / of(400)).toBeLessThan(5)
    expect(calibrationErrorByChance([], [0.5])).toBeNull()
  })

  it('shares by the verdicts’ band, edges as for verdicts', () => {
    const found = measure([0.1, 0.3, 0.5, 0.7], [0.2, 0.5, 0.6, 0.9, 0.95], BAND)
    expect(found).toMatchObject({ real: 4, fake: 5, realCalledManipulated: 0.25, fakeCalledManipulated: 0.4, fakeCalledReal: 0.2 })
    expect(found.inconclusive).toBeCloseTo((0.25 + 0.4) / 2, 12)
    expect(measure([0.5], [], BAND)).toMatchObject({ auc: null, inconclusive: 1, fakeCalledReal: null })
  })
})
