import { expect } from 'vitest'

/** Numbers from `low` to `high`, the same for the same seed. */
export function numbers(size: number, seed: number, low = -1, high = 1): Float32Array {
  let state = seed * 2654435761 + 1
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.fround(low + ((high - low) * (state >>> 8)) / 2 ** 24)
  })
}

/** Each element within 1e-4 of its own size, or of a thousandth of the largest. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what = 'values', tolerance = 1e-4): void {
  expect(actual.length, what).toBe(expected.length)
  let largest = 0
  for (let i = 0; i < expected.length; i++) if (Number.isFinite(expected[i]!)) largest = Math.max(largest, Math.abs(expected[i]!))
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!]
    if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue
    const allowed = tolerance * Math.max(Math.abs(b), largest * 1e-2, 1e-6)
    if (!(Math.abs(a - b) <= allowed)) expect.fail(`${what}[${i}]: expected ${b} but found ${a}`)
  }
}

/** The largest difference between two lists of numbers. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < b.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!))
  return largest
}
