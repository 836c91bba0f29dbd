import { describe, expect, it } from 'vitest'
import { adversarialWeight, averageKeep, fractionOf, partsOf, ratesOf, strengthOf } from '../../src/train/schedule.ts'
import { splitByTime } from '../../src/train/split.ts'

const training = {
  rate: 1,
  horizon: 1000,
  averageFrom: 0.5,
  adversarialFrom: 0.75,
  adversarialRate: 1,
  adversarialWeight: 0.2,
  augmentation: 0.8,
  swapFrom: 1,
  optimizer: 'adam' as const,
  rateShare: 1,
  light: 0,
  compression: 0,
  occluders: 0,
  evenness: 0,
}
const steps = { kind: 'steps', total: 400 } as const
const minutes = { kind: 'minutes', totalMs: 60_000 } as const

const rateOf = (...of: Parameters<typeof ratesOf>) => ratesOf(...of).generator

describe('the schedule', () => {
  it('of steps does not know its end', () => {
    for (const step of [0, 50, 500, 5000]) {
      const at = { step, elapsedMs: 0 }
      expect(rateOf(steps, training, step, 0.3)).toBe(rateOf({ kind: 'steps', total: 9999 }, training, step, 0.9))
      expect(partsOf(steps, training, at)).toEqual(partsOf({ kind: 'steps', total: 9999 }, training, at))
    }
    expect(rateOf(steps, training, 0, 0)).toBeCloseTo(0.01, 6)
    expect(rateOf(steps, training, 500, 0)).toBe(1)
    expect(rateOf(steps, training, 3999, 0)).toBeCloseTo(0.5, 6)
  })

  it('never begins an average that is never to begin, however long it trains on', () => {
    const never = { ...training, averageFrom: 1 }
    expect(partsOf(steps, never, { step: 5000, elapsedMs: 0 }).average).toBe(false)
    expect(partsOf(steps, training, { step: 500, elapsedMs: 0 }).average).toBe(true)
  })

  it('never begins a discriminator that is never to begin, however long it trains on', () => {
    const never = { ...training, adversarialFrom: 1 }
    expect(partsOf(steps, never, { step: 5000, elapsedMs: 0 }).adversarial).toBe(false)
    expect(partsOf(minutes, never, { step: 9, elapsedMs: 60_000 }).adversarial).toBe(false)
    expect(partsOf(steps, training, { step: 750, elapsedMs: 0 }).adversarial).toBe(true)
  })

  it('of minutes falls from half-time to one per cent', () => {
    const at = (fraction: number) => rateOf(minutes, training, 5000, fraction)
    expect([at(0), at(0.5), at(0.75), at(1)]).toEqual([1, 1, expect.closeTo(0.505, 6), expect.closeTo(0.01, 6)])
    expect(fractionOf(minutes, { step: 7, elapsedMs: 15_000 })).toBe(0.25)
    expect(fractionOf(minutes, { step: 7, elapsedMs: 90_000 })).toBe(1)
  })

  it('begins each part once, and never ends one', () => {
    expect(partsOf(minutes, training, { step: 9, elapsedMs: 29_000 })).toEqual({ average: false, adversarial: false, swapped: false })
    expect(partsOf(minutes, training, { step: 9, elapsedMs: 30_000 })).toEqual({ average: true, adversarial: false, swapped: false })
    expect(partsOf(minutes, training, { step: 9, elapsedMs: 45_000 })).toEqual({ average: true, adversarial: true, swapped: false })
    expect(
      partsOf({ ...minutes, totalMs: 600_000 }, training, { step: 9, elapsedMs: 45_000, averageSince: 5, adversarialSince: 7 }),
    ).toEqual({ average: true, adversarial: true, swapped: false })
    expect(partsOf(minutes, { ...training, adversarialWeight: 0 }, { step: 9, elapsedMs: 60_000 }).adversarial).toBe(false)
  })

  it('lets the augmentation give way in the second half', () => {
    expect([0, 500, 750, 1000, 5000].map((step) => strengthOf(steps, training, step, 0))).toEqual([
      0.8,
      0.8,
      expect.closeTo(0.6, 6),
      expect.closeTo(0.4, 6),
      expect.closeTo(0.4, 6),
    ])
    expect(strengthOf(minutes, training, 5000, 0.75)).toBeCloseTo(0.6, 6)
  })

  it('averages over about a tenth of the steps, the first one not at all', () => {
    expect(averageKeep(0)).toBe(0)
    // Weight of the newest tenth of 1000 steps in the average.
    let older = 1
    for (let n = 900; n < 1000; n += 1) older *= averageKeep(n)
    expect(older).toBeGreaterThan(0.3)
    expect(older).toBeLessThan(0.5)
    expect([0, 100, 500].map((n) => adversarialWeight(training, n))).toEqual([0, 0.1, 0.2])
  })
})

describe('held-out faces', () => {
  const face = (source: string, timeS: number) => ({ source, timeS, frame: timeS * 25 })

  it('are the last tenth of each footage by time', () => {
    const records = [...Array.from({ length: 20 }, (_, i) => face('a', 19 - i)), ...Array.from({ length: 9 }, (_, i) => face('b', i))]
    const { train, heldOut } = splitByTime(records)
    expect(heldOut.map(({ source, timeS }) => [source, timeS])).toEqual([
      ['a', 18],
      ['a', 19],
    ])
    expect(train).toHaveLength(27)
  })

  it('keep a second to training, where enough is left of it', () => {
    const film = (seconds: number) => Array.from({ length: seconds * 4 }, (_, i) => face('a', i / 4))
    const long = splitByTime(film(100))
    expect([long.heldOut[0]!.timeS, long.train.at(-1)!.timeS, long.train.length]).toEqual([90, 89, 357])
    expect(splitByTime(film(8)).train).toHaveLength(29)
  })

  it('are the last of all where no footage has ten, and never too many', () => {
    const stills = Array.from({ length: 12 }, (_, i) => face(`still${i}`, 0))
    expect(splitByTime(stills).heldOut).toHaveLength(2)
    expect(splitByTime(Array.from({ length: 5000 }, (_, i) => face('a', i))).heldOut).toHaveLength(128)
  })
})
