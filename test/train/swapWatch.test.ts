import { describe, expect, it } from 'vitest'
import { requireSwap } from '../../src/train/swapWatch.ts'
import type { ValidationRecord } from '../../src/train/validations.ts'
import { DivergedError } from '../../src/train/watch.ts'
import { historyOf } from './history.ts'

/** Validations at steps 500, 1,000, … with these likenesses of the swap; null: no face in it. */
const seen = (...identities: (number | null)[]) =>
  historyOf(identities.map((identity) => ({ ssim: 0.9, identity }))).map((record) =>
    withFaces(record, record.validation.swap.identity === null ? 0 : 40),
  )

const withFaces = (record: ValidationRecord, faces: number): ValidationRecord => {
  const { validation } = record
  return { ...record, validation: { ...validation, swap: { ...validation.swap, faces } } }
}

function errorOf(history: ReturnType<typeof seen>): DivergedError {
  try {
    requireSwap(history)
  } catch (error) {
    return error as DivergedError
  }
  throw new Error('expected an error')
}

describe('a swap', () => {
  it('may lose some likeness, and begin with none', () => {
    for (const identities of [[], [null], [0.1, 0.02], [0.5, 0.8, 0.6], [0.9, 0.31], [null, 0.2, null]]) requireSwap(seen(...identities))
  })

  it('that is no longer the source has come apart, and was good before', () => {
    const error = errorOf(seen(0.6, 0.82, 0.8, 0.02))
    expect(error).toBeInstanceOf(DivergedError)
    expect([error.step, error.lastGood]).toEqual([2000, 1500])
    expect(error.message).toBe("expected the swap's likeness to stay near 0.82 but at step 2000 it is 0.02: the swap has come apart")
  })

  it('without a face has come apart too', () => {
    expect(errorOf(seen(0.6, null)).message).toContain('at step 1000 there is no face in it')
  })

  it('is not judged by what cannot be told: two people who look alike have no scale between them', () => {
    requireSwap(seen(null, null, null).map((record) => withFaces(record, 40)))
  })

  it('is held to its last good validation, not to one that was bad already', () => {
    expect(errorOf(seen(0.8, 0.1, 0.05)).lastGood).toBe(500)
  })
})
