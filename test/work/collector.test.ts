import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const MODULE = fileURLToPath(new URL('../../src/work/collector.ts', import.meta.url))

/** Whole collections of a process that makes 3 GB of buffers, each of which lives through some hundred more. */
function collections(isSeldom: boolean): number {
  const script = `
    import { PerformanceObserver, constants } from 'node:perf_hooks'
    import { collectSeldom } from ${JSON.stringify(MODULE)}
    if (${isSeldom}) collectSeldom()
    let count = 0
    const observer = new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) count += 1
    })
    observer.observe({ entryTypes: ['gc'] })
    const live = Array.from({ length: 1_000_000 }, (_, i) => ({ i }))
    const held = []
    for (let i = 0; i < 30_000; i += 1) {
      held[i % 200] = new Uint8Array(100_000)
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve))
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
    console.log(count, live.length)`
  const said = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { encoding: 'utf8' })
  return Number(said.split(' ')[0])
}

describe('collecting seldom', () => {
  it('frees short-lived buffers in fewer collections, but frees them', () => {
    const [often, seldom] = [collections(false), collections(true)]
    expect(seldom).toBeGreaterThan(0)
    expect(seldom).toBeLessThan(0.8 * often)
  })
})
