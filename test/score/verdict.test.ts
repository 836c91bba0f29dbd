import { describe, expect, it } from 'vitest'
import { RANGES, type Range, readings, shownReading, toneOf } from '../../src/score/ranges.ts'
import { rangesTable } from '../../src/score/report-figures.ts'
import type { Scores } from '../../src/score/scores.ts'
import { stareWords } from '../../src/score/text.ts'
import { judgement } from '../../src/score/verdict.ts'

/** Scores that are good throughout, but for what is said otherwise. */
function scores(over: Partial<Scores> = {}, details: object = {}): Scores {
  return {
    ...{ identity: 0.85, pose: 1, expression: 0.01, temporal: 1, background: 44 },
    frames: { analysed: 100, lostFace: 0 },
    ...over,
    details: {
      identity: { judge: { nearerSource: 1 } },
      expression: { motion: 0.4, mouthR: 0.97 },
      lips: { error: 0.01, closedF1: 0.95 },
      eyes: { r: 0.8, closedF1: 0.9 },
      gaze: { error: 3, motion: 0.5, moved: 6 },
      temporal: { warping: 1.1, slip: 1.1 },
      background: { near: 42 },
      appearance: { sharpness: 0.9, rimColour: 1 },
      ...details,
    },
  } as unknown as Scores
}

describe('judgement', () => {
  it('names the worst things in the headline, likeness first', () => {
    const seen = scores({ identity: 0.46 }, { eyes: { r: -0.1, closedF1: 0 } })
    const { headline, tone, explanation, bad } = judgement(seen)
    expect(headline).toBe('Bad in likeness (0.46), blinks (F1 0.00) and lids (r −0.10)')
    expect(tone).toBe('bad')
    expect(bad).toEqual(['identity', 'blinks', 'lids'])
    expect(explanation).toMatch(/^It is no more like the source than a still that is pasted.*; it does not blink.*; the lids do not move/)
  })

  it('puts the worse before the less bad, and counts what it does not name', () => {
    const { headline, bad } = judgement(scores({ pose: 9, temporal: 2.1, background: 25 }, { gaze: { error: 11, motion: 1.8, moved: 6 } }))
    expect(bad).toEqual(['gazeMotion', 'pose', 'background', 'gaze', 'jitter'])
    expect(headline).toBe('Bad in gaze movement (error 1.80), pose (9.0°), background (25.0 dB) and 2 more')
  })

  it('says what is middling where nothing is bad, and that all is good where it is', () => {
    const middling = judgement(scores({ identity: 0.7 }, { lips: { error: 0.025, closedF1: 0.95 } }))
    expect(middling).toMatchObject({ tone: 'warn', bad: [], middling: ['identity', 'lips'] })
    expect(middling.headline).toBe('Nothing is bad; middling in likeness (0.70) and lips (error 0.025)')
    expect(judgement(scores())).toMatchObject({ tone: 'good', headline: 'Good in every measure', bad: [], middling: [] })
  })

  it('judges nothing that cannot be told, and says so of the likeness', () => {
    const unknown = judgement(scores({ identity: null, temporal: null }))
    expect(unknown).toMatchObject({ tone: 'plain', headline: 'Good in every measure that can be told; likeness cannot' })
    // Lids of a target that never blinks: their correlation is noise.
    expect(judgement(scores({}, { eyes: { r: -0.1, closedF1: null } })).bad).toEqual([])
    // A gaze that hardly moves: its error is that of reading irises, and reports say so.
    const still = scores({}, { gaze: { error: 3, motion: 1.8, moved: 2 } })
    expect(judgement(still).bad).toEqual([])
    expect([stareWords(scores({}, {})), stareWords(still)]).toEqual(['1 = a fixed stare', 'too little to judge by'])
  })
})

describe('ranges', () => {
  it('are good at the one limit, bad at the other and middling between, whichever way a measure runs', () => {
    for (const range of RANGES as readonly Range[]) {
      const at = (value: number) =>
        toneOf(
          readings(scores({}, {})).map((one) => (one.range === range ? reading(range, value) : one)),
          range.key as never,
        )
      expect([range.key, at(range.good), at((range.good + range.bad) / 2), at(range.bad)]).toEqual([range.key, 'good', 'warn', 'bad'])
    }
  })

  it('take a sharper face for as wrong as a softer one', () => {
    const tone = (sharpness: number) => toneOf(readings(scores({}, { appearance: { sharpness, rimColour: 1 } })), 'sharpness')
    expect([0.3, 0.5, 1, 1.3, 2, 2.7].map(tone)).toEqual(['bad', 'warn', 'good', 'good', 'warn', 'bad'])
  })

  it('read together as their worst', () => {
    const all = readings(scores({}, { gaze: { error: 3, motion: 1.4, moved: 6 } }))
    expect([toneOf(all, 'gaze'), toneOf(all, 'gaze', 'gazeMotion'), toneOf([], 'gaze')]).toEqual(['good', 'bad', 'plain'])
  })

  it('stand in a table with each value', () => {
    const text = rangesTable(scores({ temporal: null }, { lips: { error: 0.05, closedF1: null } }))
      .map(({ html }) => html.replaceAll(/<\/?span[^>]*>/g, ''))
      .join('')
    expect(text).toContain('<tr><td>likeness</td><td>0.85</td><td>good</td><td>≥ 0.8</td><td>≤ 0.55</td></tr>')
    expect(text).toContain('<tr><td>lips</td><td>error 0.050</td><td><b>bad</b></td><td>≤ 0.02</td><td>≥ 0.035</td></tr>')
    expect(text).toContain('<tr><td>steadiness</td><td>cannot be told</td><td>–</td>')
    expect(text).toContain('<td>0.7–1.4×</td><td>≤ 0.4×, ≥ 2.5×</td>')
  })

  it('are shown with a minus that is one, and never as minus nothing', () => {
    const range = RANGES.find(({ key }) => key === 'mouthR')!
    expect([-0.104, -0.001, 0.5].map((value) => shownReading(reading(range, value)))).toEqual(['r −0.10', 'r 0.00', 'r 0.50'])
  })
})

/** What a measure reads at a value. */
function reading(range: Range, value: number) {
  return readings({} as Scores, [{ ...range, of: () => value }])[0]!
}
