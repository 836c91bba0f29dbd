import { describe, expect, it } from 'vitest'
import { PRESETS } from '../../src/models/presets.ts'
import { describeLate, endsBefore, validationsEvery, withoutEffect } from '../../src/train/outlook.ts'

const { training } = PRESETS.quick
const steps = (total: number) => ({ kind: 'steps', total }) as const
const minutes = (count: number) => ({ kind: 'minutes', totalMs: 60_000 * count }) as const
const asked = (total: number, more: object = {}) =>
  withoutEffect({ plan: steps(total), training, validateEvery: validationsEvery(steps(total), 500), ...more })

describe('a discriminator that never begins', () => {
  it('is not announced, and its losses have no effect', () => {
    const never = { ...training, adversarialFrom: 1 }
    expect(describeLate(steps(2000), training)).toContain('the discriminator from step 1200')
    expect(describeLate(steps(2000), never)).not.toContain('discriminator')
    const losses = { features: 2, code: 0 }
    expect(asked(2000, { losses })).toEqual([])
    expect(asked(2000, { losses, training: never })).toEqual([
      expect.stringMatching(/^--losses: features will have no effect: there is no disc/),
    ])
  })
})

describe('validations', () => {
  it('come so often that a trend can be told before the plan ends, and no more seldom than previews', () => {
    expect([100, 2000, 3000, 50_000].map((total) => validationsEvery(steps(total), 500))).toEqual([50, 125, 188, 500])
    expect(validationsEvery(steps(50_000), 100)).toBe(100)
    expect([4, 20].map((count) => validationsEvery(minutes(count), 500))).toEqual([125, 250])
  })

  it('are said to be too few for a plateau where they are', () => {
    const until = { until: 'plateau' } as const
    expect(asked(2000, until)).toEqual([
      expect.stringMatching(
        /^--until plateau will not stop this plan early: from step 1200 on, .* has 7 validations, and a plateau takes 8/,
      ),
    ])
    expect(asked(2000, { ...until, validateEvery: 100 })).toEqual([])
    expect(asked(2000)).toEqual([])
    expect(withoutEffect({ plan: minutes(4), training, validateEvery: 125, until: 'plateau' })).toEqual([])
  })
})

describe('what joins in later', () => {
  it('is said when a run begins, by steps or by time', () => {
    expect(describeLate(steps(2000), training)).toBe("the weights' average from step 1000, the discriminator from step 1200")
    expect(describeLate(minutes(4), { ...training, adversarialWeight: 0, swapFrom: 0.3 })).toBe(
      "the weights' average after 50 % of the time, judging swaps after 30 % of the time",
    )
    expect(describeLate(steps(1), { ...training, averageFrom: 1, adversarialWeight: 0 })).toBeUndefined()
  })

  it('is named where the plan ends before', () => {
    expect(endsBefore(steps(1200), training)).toBe(
      'this plan ends at step 1200, before it comes to the discriminator (step 1200): train longer, or begin a run with --horizon 1200',
    )
    expect(endsBefore(steps(400), training)).toContain("the weights' average (step 1000) and the discriminator (step 1200)")
    expect([endsBefore(steps(1201), training), endsBefore(minutes(1), training)]).toEqual([undefined, undefined])
  })
})

it('losses of swaps are told to be idle where swaps are not judged', () => {
  expect(asked(2000, { losses: { identity: 2, follow: 0 } })).toEqual([
    '--losses: identity will have no effect: swaps are not judged; --swap-from .5 judges them',
  ])
  expect(asked(2000, { losses: { identity: 2 }, training: { ...training, swapFrom: 0.5 } })).toEqual([])
  expect(asked(2000, { losses: { dssim: 2 } })).toEqual([])
})
