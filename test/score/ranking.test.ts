import { describe, expect, it } from 'vitest'
import { isBest, MEASURES, rankVersions, shownValue } from '../../src/score/ranking.ts'
import type { Scores } from '../../src/score/scores.ts'
import { comparisonText, versionNames } from '../../src/score/text.ts'

/** A middling swap, but for what `over` and `details` say. */
function scores(over: object = {}, details: object = {}): Scores {
  return {
    identity: 0.5,
    pose: 2,
    expression: 0.01,
    temporal: 1.1,
    background: 42,
    ...over,
    details: {
      identity: { judge: { rank1: 0.9 } },
      expression: { motion: 0.5 },
      lips: { error: 0.02 },
      eyes: { error: 0.03 },
      gaze: { error: 5 },
      temporal: { warping: 1.2, slip: 1.1 },
      appearance: { sharpness: 0.8, rimColour: 1 },
      detection: null,
      watermark: null,
      ...details,
    },
  } as unknown as Scores
}

const ranksOf = (all: readonly Scores[]) => rankVersions(all).map(({ rank }) => rank)

describe('ranking of versions', () => {
  it('puts the better one first whichever way a measure runs', () => {
    expect(ranksOf([scores(), scores({ identity: 0.6 })])).toEqual([2, 1])
    expect(ranksOf([scores({ pose: 1 }), scores()])).toEqual([1, 2])
    // As steady as the original is best: a face that moves less is as wrong as one that trembles.
    expect(ranksOf([scores({ temporal: 0.5 }), scores({ temporal: 1.3 }), scores({ temporal: 1 })])).toEqual([3, 2, 1])
    expect(ranksOf([scores({}, { appearance: { sharpness: 2.5, rimColour: 1 } }), scores()])).toEqual([2, 1])
  })

  it('puts the untouched target, perfect in all but likeness, behind every swap', () => {
    const untouched = scores(
      { identity: 0, pose: 0, expression: 0, temporal: 1, background: 99 },
      {
        identity: { judge: { rank1: 0 } },
        expression: { motion: 0 },
        lips: { error: 0 },
        eyes: { error: 0 },
        gaze: { error: 0 },
        temporal: { warping: 1, slip: 1 },
        appearance: { sharpness: 1, rimColour: 0 },
      },
    )
    expect(ranksOf([untouched, scores()])).toEqual([2, 1])
    expect(ranksOf([untouched, scores(), scores({ identity: 0.45, pose: 4 })])).toEqual([3, 1, 2])
  })

  it('takes a difference within the step for a draw', () => {
    const standings = rankVersions([scores({ pose: 2 }), scores({ pose: 2.2 }), scores({ pose: 3 })])
    expect(standings.map(({ ranks }) => ranks['pose'])).toEqual([1.5, 1.5, 3])
    const pose = MEASURES.find(({ key }) => key === 'pose')!
    expect([0, 1, 2].map((i) => isBest(standings, i, pose))).toEqual([true, true, false])
    expect(isBest(rankVersions([scores(), scores()]), 0, pose)).toBe(false)
  })

  it('leaves out a measure that one version lacks, and never ranks what is only shown', () => {
    const [first] = rankVersions([scores({ temporal: null }), scores()])
    expect(first!.ranks).not.toHaveProperty('temporal')
    expect(first!.ranks).not.toHaveProperty('rank1')
    expect(first!.ranks).not.toHaveProperty('detection')
    expect(ranksOf([scores({ identity: null }), scores({ identity: 0.9, pose: 3 })])).toEqual([1, 2])
  })
})

describe('comparison for people', () => {
  it('marks the best of each line and states the rule', () => {
    const text = comparisonText([scores({ pose: 1 }), scores({ identity: 0.7 })], ['x/a.mp4', 'x/b.mp4'], 2)
    expect(text).toContain('Judged in every version: one frame of 2.')
    const lines = text.split('\n')
    expect(lines[0]).toMatch(/^ +a\.mp4 +b\.mp4$/)
    expect(lines.find((line) => line.startsWith('pose'))).toMatch(/1\.0° \* +2\.0°$/)
    expect(lines.find((line) => line.startsWith('identity'))).toMatch(/0\.50 +0\.70 \*$/)
    expect(lines.find((line) => line.startsWith('detector'))).toMatch(/– +–$/)
    expect(lines.at(-1)).toMatch(/^\* the best\. Overall: /)
  })

  it('tells versions apart by their paths where names are the same', () => {
    expect(versionNames(['a/x.mp4', 'b/y.mp4'])).toEqual(['x.mp4', 'y.mp4'])
    expect(versionNames(['a/x.mp4', 'b/x.mp4'])).toEqual(['a/x.mp4', 'b/x.mp4'])
  })

  it('prints a dash for what cannot be told', () => {
    expect(shownValue(MEASURES[0]!, scores({ identity: null }))).toBe('–')
  })
})
