import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { javascriptShare, shareOf } from '../../bench/javascript.ts'

/** A profile in which each of the places was seen for so long. */
function profileOf(seen: readonly (readonly [functionName: string, url: string, us: number])[]) {
  return {
    nodes: seen.map(([functionName, url], id) => ({ id, callFrame: { functionName, url, scriptId: '0', lineNumber: 0, columnNumber: 0 } })),
    samples: seen.map((_, id) => id),
    timeDeltas: seen.map(([, , us]) => us),
    startTime: 0,
    endTime: 0,
  }
}

it('takes idling, native calls and WebAssembly for none of JavaScript, and leaves the profiler out', () => {
  const profile = profileOf([
    ['(idle)', '', 600],
    ['executeOp', '', 100],
    ['k0', 'wasm://wasm/1', 200],
    ['#step', 'file:///x.ts', 60],
    ['(garbage collector)', '', 40],
    ['dispatch', '', 5000],
  ])
  expect(shareOf(profile)).toBeCloseTo(0.1, 6)
  expect(shareOf(profileOf([]))).toBe(0)
})

it('sees whether the thread computes or waits', async () => {
  const computing = await javascriptShare(async () => {
    const end = performance.now() + 150
    for (let x = 1; performance.now() < end; ) x = Math.sin(x)
  })
  const waiting = await javascriptShare(() => setTimeout(150))
  // On a busy machine both are far from 1 and 0.
  expect(computing).toBeGreaterThan(waiting)
})
