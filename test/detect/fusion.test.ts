import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { calibrationSchema, probabilityOfOdds } from '../../src/detect/calibration.ts'
import { fuse, logOddsOf } from '../../src/detect/fusion.ts'
import type { Reading, Readings, WitnessName } from '../../src/detect/witnesses/witness.ts'
import { CALIBRATION, witness } from './calibrated.ts'

const SILENT = { silent: 'Nothing to see.' }

/** Readings of the test calibration's measures; all that is not given is silent. */
function readings(scores: Partial<Record<WitnessName, number>>): Readings {
  const reading = (name: WitnessName): Reading => {
    const score = scores[name]
    return score === undefined ? SILENT : { measures: { [name === 'network' ? 'logit' : 'score']: score } }
  }
  return {
    network: reading('network'),
    residual: reading('residual'),
    boundary: reading('boundary'),
    temporal: reading('temporal'),
    compression: reading('compression'),
  }
}

describe('one witness', () => {
  it('standardises its measures, weighs and scales them, and lets no single one decide', () => {
    const one = {
      ...witness(1, 2),
      intercept: -0.5,
      measures: { a: { mean: 10, deviation: 4, weight: 0.5 }, b: { mean: 0, deviation: 1, weight: -1 } },
    }
    expect(logOddsOf({ a: 14, b: 0.25 }, one)).toBeCloseTo(2 * (0.5 - 0.25) - 0.5, 9)
    expect(logOddsOf({ a: 1e9, b: 0 }, one)).toBeCloseTo(2 * 0.5 * 3 - 0.5, 9)
    expect(() => logOddsOf({ a: 1 }, one)).toThrow('expected the measure b but found a')
  })
})

describe('the fusion', () => {
  it('adds the log-odds of the witnesses by their weights', () => {
    const { probability, testimonies } = fuse(readings({ network: 1, residual: 2, boundary: -1, temporal: 0.5 }), 'video', CALIBRATION)
    expect(probability).toBeCloseTo(probabilityOfOdds(1 + 0.5 * (2 - 1 + 0.5)), 9)
    expect(testimonies.map((testimony) => testimony.witness)).toEqual(['network', 'residual', 'boundary', 'temporal', 'compression'])
    expect(testimonies[1]!.probability).toBeCloseTo(probabilityOfOdds(2), 9)
  })

  it('is not moved by a witness that cannot say, whose reason it hands on, nor by one without skill, which it says', () => {
    const alone = fuse(readings({ network: 1 }), 'image', CALIBRATION)
    expect(alone.probability).toBeCloseTo(probabilityOfOdds(1), 9)
    expect(alone.testimonies[3]).toEqual({ witness: 'temporal', probability: null, counted: false, says: 'Nothing to see.' })
    const unskilled = fuse(readings({ network: 1, compression: 3 }), 'image', CALIBRATION)
    expect(unskilled.probability).toBeCloseTo(alone.probability!, 9)
    expect(unskilled.testimonies[4]!.probability).toBeGreaterThan(0.9)
    expect(unskilled.testimonies[4]!.says).toContain('not counted')
  })

  it('leaves room for fakes that leave no trace, for which even odds stay even and sure ones sure', () => {
    const some = { ...CALIBRATION, traceless: 0.2 }
    const least = 0.8 * Math.exp(-3) + 0.2 // a measure is cut off at three deviations
    expect(fuse(readings({ network: -30 }), 'image', some).probability).toBeCloseTo(least / (1 + least), 9)
    expect(fuse(readings({ network: 0 }), 'image', some).probability).toBeCloseTo(0.5, 9)
    const odds = 0.8 * Math.E + 0.2 // four in five have e times the odds of a real one, the fifth the same
    expect(fuse(readings({ network: 1 }), 'image', some).probability).toBeCloseTo(odds / (1 + odds), 9)
    expect(fuse(readings({ network: 1 }), 'image', some).testimonies[0]!.probability).toBeCloseTo(odds / (1 + odds), 9)
  })

  it('gives no probability without a face', () => {
    expect(fuse(readings({}), 'image', CALIBRATION).probability).toBeNull()
  })
})

describe('models/detector.json', () => {
  it('is a calibration that gives the witnesses weights that are not negative, and a band', async () => {
    const text = await readFile(new URL('../../models/detector.json', import.meta.url), 'utf8')
    for (const kind of [calibrationSchema.parse(JSON.parse(text)).image, calibrationSchema.parse(JSON.parse(text)).video]) {
      expect(kind.realBelow).toBeLessThan(kind.manipulatedAbove)
      expect(kind.witnesses.network.weight).toBeGreaterThan(0)
    }
  })
})
