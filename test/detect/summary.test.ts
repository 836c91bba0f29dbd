import { describe, expect, it } from 'vitest'
import { highestApart } from '../../src/detect/apart.ts'
import { logitAmong, probabilityOf, verdictOf } from '../../src/detect/calibration.ts'
import { momentOf, standingOut, stretchAround } from '../../src/detect/moments.ts'
import type { JudgedFace } from '../../src/detect/result.ts'
import { samplingStep, spread } from '../../src/detect/sampling.ts'
import { Strongest } from '../../src/detect/strongest.ts'
import { highestByFrame, mostFaces, summarise } from '../../src/detect/summary.ts'
import { createPicture } from '../../src/picture/picture.ts'
import { CALIBRATION } from './calibrated.ts'

const band = CALIBRATION.video

function face(frame: number, probability: number, sample: JudgedFace['sample'] = 'even'): JudgedFace {
  return {
    frame,
    timeS: frame / 25,
    sample,
    probability,
    logit: Math.log(probability / (1 - probability)),
    box: { x: 0, y: 0, width: 100, height: 100 },
  }
}

describe('calibration', () => {
  it('rises with the logit and is a half where the fit says so', () => {
    expect(probabilityOf(0.5, CALIBRATION)).toBeCloseTo(0.5, 6)
    expect(probabilityOf(4, CALIBRATION)).toBeGreaterThan(probabilityOf(3, CALIBRATION))
    expect(probabilityOf(-50, CALIBRATION)).toBeGreaterThanOrEqual(0)
    expect(probabilityOf(50, CALIBRATION)).toBeLessThanOrEqual(1)
  })

  it('puts the faces of a picture together by their mean odds: one face as it is, the highest of many for less', () => {
    expect(logitAmong([2.5], CALIBRATION)).toBeCloseTo(2.5, 9)
    const odds = (logit: number) => probabilityOf(logit, CALIBRATION) / (1 - probabilityOf(logit, CALIBRATION))
    const logits = [3, -1, 0.5, -4]
    expect(odds(logitAmong(logits, CALIBRATION))).toBeCloseTo(logits.reduce((sum, logit) => sum + odds(logit), 0) / 4, 9)
    expect(logitAmong([2, 2, 2], CALIBRATION)).toBeCloseTo(2, 9) // all alike: no one stands out
    expect(logitAmong([400, -400], CALIBRATION)).toBeCloseTo(400 - Math.log(2) / CALIBRATION.slope, 6)
  })

  it('gives a verdict by the band, edges included', () => {
    expect(verdictOf(0.25, band)).toBe('likely-real')
    expect(verdictOf(0.2501, band)).toBe('inconclusive')
    expect(verdictOf(0.8499, band)).toBe('inconclusive')
    expect(verdictOf(0.85, band)).toBe('likely-manipulated')
    expect(verdictOf(null, band)).toBe('no-face')
  })
})

describe('the highest faces', () => {
  it('are of moments apart, or of places apart', () => {
    const elsewhere = { ...face(1, 0.7), box: { x: 200, y: 0, width: 100, height: 100 } }
    const faces = [face(0, 0.8), face(1, 0.9), face(2, 0.85), elsewhere, face(13, 0.6), face(14, 0.65)]
    expect(highestApart(faces, 3)).toEqual([faces[1], elsewhere, faces[5]])
    expect(highestApart(faces, 2)).toEqual([faces[1], elsewhere])
  })

  it('are kept with their crops as they come, those too that a passing higher one was beside', async () => {
    const strongest = new Strongest(2)
    for (const [frame, probability] of [
      [0, 0.5],
      [10, 0.7],
      [20, 0.9],
      [40, 0.3],
    ] as const)
      strongest.offer({ face: face(frame, probability), crop: createPicture(224, 224), evidence: new Float32Array(49) })
    expect((await strongest.encode(CALIBRATION)).map(({ frame }) => frame)).toEqual([20, 0])
  })
})

describe('a file’s summary', () => {
  const summaryOf = (faces: JudgedFace[], examined: number, probability: number | null) =>
    summarise(highestByFrame(faces), examined, { kind: 'video', probability, band, faces: mostFaces(faces), cut: false })

  it('takes the highest face of a frame, and the verdict from what the witnesses say together', () => {
    const faces = [face(0, 0.1), face(0, 0.9), face(10, 0.3), face(20, 0.6), face(30, 0.6)]
    expect(highestByFrame(faces).map(({ probability }) => probability)).toEqual([0.9, 0.3, 0.6, 0.6])
    expect(summaryOf(faces, 4, 0.9)).toMatchObject({ probability: 0.9, verdict: 'likely-manipulated', framesWithFace: 4 })
    expect(summaryOf(faces, 4, 0.6).verdict).toBe('inconclusive')
  })

  it('says no-face where there is none, never real', () => {
    expect(summaryOf([], 32, null)).toEqual({
      probability: null,
      verdict: 'no-face',
      note: 'no face found: nothing to judge',
      framesWithFace: 0,
    })
  })

  it('points out a clip that is suspicious in part only, and one with hardly a face', () => {
    const part = Array.from({ length: 20 }, (_, i) => face(i, i < 6 ? 0.95 : 0.05))
    expect(summaryOf(part, 20, 0.3).note).toMatch(/6 of 20 frames stand out/)
    const throughout = Array.from({ length: 20 }, (_, i) => face(i, i < 8 ? 0.95 : 0.7))
    expect(summaryOf(throughout, 20, 0.8).note).toBeUndefined()
    expect(summaryOf([face(3, 0.1)], 32, 0.1).note).toMatch(/only 1 of 32 frames/)
    expect(summaryOf([face(0, 0.1)], 1, 0.1).note).toBe('only 1 frame was looked at: weak evidence')
    expect(
      summarise(highestByFrame([face(0, 0.1)]), 1, { kind: 'image', probability: 0.1, band, faces: 1, cut: false }).note,
    ).toBeUndefined()
  })

  it('says of a clip without its end that it was judged as far as it goes', () => {
    const still = { kind: 'video', probability: 0.1, band, faces: 1, cut: true } as const
    const many = Array.from({ length: 20 }, (_, i) => face(i, 0.1))
    expect(summarise(highestByFrame(many), 20, still).note).toBe('the end of the file is missing: judged as far as it goes')
    expect(summarise([], 20, { ...still, probability: null }).note).toMatch(/^the end of the file is missing: .*; no face found/)
  })

  it('says that there are several faces', () => {
    const group = [face(0, 0.1), face(0, 0.6), face(0, 0.2)]
    expect(mostFaces([...group, face(10, 0.1)])).toBe(3)
    const still = { kind: 'image', probability: 0.3, band, faces: 3, cut: false } as const
    expect(summarise(highestByFrame(group), 1, still).note).toMatch(
      /^3 faces, any of which may be the manipulated one: the probability follows the mean of their odds/,
    )
    expect(summaryOf([face(0, 0.1), face(0, 0.1)], 1, 0.1).note).toMatch(
      /^only 1 frame was looked at: weak evidence; up to 2 faces in a frame/,
    )
  })
})

describe('the second look', () => {
  const samples = (probabilities: number[]) => highestByFrame(probabilities.map((probability, i) => face(30 * i, probability)))

  it('goes to the highest samples that are no neighbours, and nowhere where all read real or all was seen', () => {
    const peaks = standingOut(samples([0.1, 0.9, 0.8, 0.1, 0.5, 0.7, 0.1, 0.6]), 30, band)
    expect(peaks.map(({ frame }) => frame)).toEqual([30, 150, 210])
    expect(standingOut(samples([0.1, 0.2, 0.25]), 30, band)).toEqual([])
    expect(standingOut(samples([0.9, 0.9]), 1, band)).toEqual([])
  })

  it('looks at frames between the neighbouring samples, inside of the clip', () => {
    for (const [frame, every, total] of [
      [0, 30, 900],
      [60, 30, 900],
      [870, 30, 872],
      [2, 2, 4],
    ] as const) {
      const { from, every: step, count } = stretchAround(frame, every, total)
      const numbers = Array.from({ length: count }, (_, i) => from + i * step)
      expect(numbers).toContain(frame)
      expect(numbers.every((number) => number >= 0 && number < total && Math.abs(number - frame) <= every)).toBe(true)
    }
    expect(stretchAround(60, 30, 900)).toEqual({ from: 40, every: 10, count: 5, burst: 1 })
  })

  it('says what the frames around a sample read, without the sample itself', () => {
    const [peak] = samples([0.9])
    const moment = momentOf(peak!, [face(5, 0.2, 'around'), face(5, 0.4, 'around'), face(10, 0.6, 'around')], [0.2, 0.4])
    expect(moment.probability).toBeCloseTo(0.5, 6)
    expect([moment.fromS, moment.toS]).toEqual([0, 0.4])
    expect(momentOf(peak!, [], []).probability).toBeNull()
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
