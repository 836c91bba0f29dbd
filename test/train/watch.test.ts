import { describe, expect, it } from 'vitest'
import { PRESETS } from '../../src/models/presets.ts'
import { nextSetback, settled } from '../../src/train/setback.ts'
import { DivergedError, FIRST_WATCH, notANumber, startSteps, type Watch, watchLosses } from '../../src/train/watch.ts'

/** Losses of intervals with these means. */
function lossesOf(means: readonly number[]) {
  return means.flatMap((mean) => Array.from({ length: 50 }, (_, i) => ({ source: mean / 2, target: mean / 2 + (i % 2 ? 0.1 : -0.1) })))
}

/** The watch after such losses, told in calls of so many steps. */
function watchAfter(means: readonly number[], stepsACall = 50): Watch {
  const losses = lossesOf(means)
  let watch = FIRST_WATCH
  for (let step = 0; step < losses.length; step += stepsACall)
    watch = watchLosses(watch, losses.slice(step, step + stepsACall), step + 1, 8)
  return watch
}

describe('the watch over the losses', () => {
  it('lets healthy training be: falling, a spike, a worse phase', () => {
    expect(watchAfter([6.2, 5, 2.5, 1.1, 0.9, 0.85, 0.8])).toMatchObject({
      steps: 0,
      bad: 0,
      best: expect.closeTo(0.8),
      start: expect.closeTo(6.2),
    })
    expect(watchAfter([6, 3, 1, 4, 1]).bad).toBe(0)
    expect(watchAfter([6, 3, 1, 1.5, 1.5, 2, 2.5, 2.5]).bad).toBe(0)
  })

  it.each([
    ['three times the best', [6, 3, 1, 3.1, 3.2], 250, 150],
    ['more than at the start', [6, 5, 8, 8], 200, 100],
    ['more than at the start, from there on', [6, 8, 8], 150, 50],
  ])('says where it is %s twice in a row, and what was good', (_what, means, step, lastGood) => {
    try {
      watchAfter(means)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(DivergedError)
      expect(error).toMatchObject({ step, lastGood })
    }
  })

  it('judges the same however the steps are called, and over a checkpoint in between', () => {
    expect(watchAfter([6, 3, 2], 7)).toEqual(watchAfter([6, 3, 2]))
    const losses = lossesOf([6, 3, 2])
    for (const at of [3, 73, 100]) {
      const saved = JSON.stringify(watchLosses(FIRST_WATCH, losses.slice(0, at), 1, 8))
      expect(watchLosses(JSON.parse(saved), losses.slice(at), at + 1, 8)).toEqual(watchAfter([6, 3, 2]))
    }
  })
})

describe('the start', () => {
  it('is over once the learning rate has moved the weights', () => {
    const training = PRESETS.quick.training
    expect([4e-4, 0.01, 0.1, 1].map((rate) => startSteps({ ...training, rate }))).toEqual([8, 6, 2, 1])
    expect(startSteps({ ...training, rate: 1 }, 0.5)).toBe(1)
  })

  it('shows a network that was broken in its first steps', () => {
    // As measured at rate 1: the loss of the first step, and then of one picture for everything.
    const losses = Array.from({ length: 100 }, (_, i) => ({ source: i === 0 ? 3.1 : 4.5, target: i === 0 ? 3.1 : 4.2 }))
    expect(() => watchLosses(FIRST_WATCH, losses, 1, 1)).toThrow(/found 8.70 up to step 100, after 6.20 at the start/)
  })
})

describe('setbacks', () => {
  const error = (step: number) => notANumber('loss', step)

  it('halve the learning rate, and are counted until a checkpoint lies beyond', () => {
    const first = nextSetback(undefined, error(70))
    expect(first).toEqual({ badStep: 70, tries: 1, rateScale: 0.5 })
    expect(settled(first, 60)).toEqual(first)
    expect(nextSetback(first, error(65))).toEqual({ badStep: 70, tries: 2, rateScale: 0.25 })
    const past = settled(first, 100)!
    expect(past).toEqual({ badStep: 70, tries: 0, rateScale: 0.5 })
    expect(nextSetback(past, error(130))).toEqual({ badStep: 130, tries: 1, rateScale: 0.25 })
    expect(settled(undefined, 100)).toBeUndefined()
  })

  it('end after three that did not help', () => {
    let setback = nextSetback(undefined, error(7))
    for (let i = 0; i < 2; i += 1) setback = nextSetback(setback, error(7))
    expect(() => nextSetback(setback, error(7))).toThrow(
      /loss is not at step 7; going back 3 times, the last with 0.125 of the learning rate/,
    )
  })
})
