import { describe, expect, it } from 'vitest'
import { probabilityOf, verdictOf } from '../../src/detect/calibration.ts'
import type { JudgedFace } from '../../src/detect/result.ts'
import { samplingStep, spread } from '../../src/detect/sampling.ts'
import { highestByFrame, summarise } from '../../src/detect/summary.ts'
import { CALIBRATION } from './calibrated.ts'

const band = CALIBRATION.video

function face(frame: number, probability: number): JudgedFace {
  return { frame, timeS: frame / 25, probability, box: { x: 0, y: 0, width: 100, height: 100 } }
}

describe('calibration', () => {
  it('rises with the logit and is a half where the fit says so', () => {
    expect(probabilityOf(0.5, CALIBRATION)).toBeCloseTo(0.5, 6)
    expect(probabilityOf(4, CALIBRATION)).toBeGreaterThan(probabilityOf(3, CALIBRATION))
    expect(probabilityOf(-50, CALIBRATION)).toBeGreaterThanOrEqual(0)
    expect(probabilityOf(50, CALIBRATION)).toBeLessThanOrEqual(1)
  })

  it('gives a verdict by the band, edges included', () => {
    expect(verdictOf(0.25, band)).toBe('likely-real')
    expect(verdictOf(0.2501, band)).toBe('inconclusive')
    expect(verdictOf(0.8499, band)).toBe('inconclusive')
    expect(verdictOf(0.85, band)).toBe('likely-manipulated')
    expect(verdictOf(null, band)).toBe('inconclusive')
  })
})

describe('a file’s summary', () => {
  it('takes the highest face of a frame and the mean of the frames', () => {
    const faces = [face(0, 0.1), face(0, 0.9), face(10, 0.3), face(20, 0.6), face(30, 0.6)]
    expect(highestByFrame(faces).map(({ probability }) => probability)).toEqual([0.9, 0.3, 0.6, 0.6])
    const summary = summarise(faces, 4, band)
    expect(summary.probability).toBeCloseTo(0.6, 6)
    expect(summary.framesWithFace).toBe(4)
    expect(summary.verdict).toBe('inconclusive')
  })

  it('says no-face in words and calls it inconclusive, never real', () => {
    expect(summarise([], 32, band)).toEqual({
      probability: null,
      verdict: 'inconclusive',
      note: 'no face found: nothing to judge',
      framesWithFace: 0,
    })
  })

  it('points out a clip that is suspicious in part only, and one with hardly a face', () => {
    const part = Array.from({ length: 20 }, (_, i) => face(i, i < 6 ? 0.95 : 0.05))
    expect(summarise(part, 20, band).note).toMatch(/6 of 20 frames stand out/)
    expect(summarise([face(3, 0.1)], 32, band).note).toMatch(/only 1 of 32 frames/)
    expect(summarise([face(0, 0.1)], 1, band).note).toBeUndefined()
  })
})

describe('sampling', () => {
  it('never takes more frames than wanted, nor less than half as many', () => {
    for (const total of [1, 31, 32, 33, 63, 64, 65, 750, 4801]) {
      const taken = Math.ceil(total / samplingStep(total, 32))
      expect(taken).toBeLessThanOrEqual(32)
      expect(taken).toBeGreaterThanOrEqual(Math.min(total, 16))
    }
  })

  it('spreads numbers over a range', () => {
    expect([...spread(32, 4)]).toEqual([0, 8, 16, 24])
    expect([...spread(2, 4)]).toEqual([0, 1])
    expect([...spread(0, 4)]).toEqual([])
  })
})
