import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { withBar } from '../../src/cli/bars.ts'

let written: string[]
const { isTTY, columns } = process.stderr

beforeEach(() => {
  written = []
  vi.useFakeTimers({ toFake: ['performance'] })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  Object.assign(process.stderr, { isTTY, columns })
})

/** What is said of a stage that reports so much done of 300, each time twenty seconds after the last word. */
async function saidOf(...done: number[]): Promise<string[]> {
  await withBar('training', false, new AbortController().signal, async ({ onProgress }) => {
    for (const each of done) {
      vi.advanceTimersByTime(20_000)
      onProgress({ done: each, total: 300 })
    }
  })
  return written
}

it('counts what is left by what this call did, not by what an earlier one had done', async () => {
  Object.assign(process.stderr, { isTTY: false })
  const said = await saidOf(264, 274, 300)
  expect(said.slice(1, 4)).toEqual(['training: 264/300\n', 'training: 274/300 · 52 s left\n', 'training: 300/300 · finishing\n'])
})

it('counts anew where what is counted changes', async () => {
  Object.assign(process.stderr, { isTTY: false })
  await withBar('training', false, new AbortController().signal, async ({ onProgress }) => {
    for (const [done, total] of [
      [1, 20],
      [20, 20],
      [195, 100_000],
      [205, 100_000],
    ] as const) {
      vi.advanceTimersByTime(10_000)
      onProgress({ done, total })
    }
  })
  expect(written.slice(3, 5)).toEqual(['training: 195/100000\n', 'training: 205/100000 · 27 h 43 min left\n'])
})

it('draws nothing in a terminal that does not know its width', async () => {
  Object.assign(process.stderr, { isTTY: true, columns: 0 })
  const said = await saidOf(0, 150)
  expect(said.join('')).toMatch(/^training …\ntraining: 0\/300\ntraining: 150\/300 · 20 s left\ntraining: done after 40 s\n$/)
})
