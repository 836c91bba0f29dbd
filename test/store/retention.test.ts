import { describe, expect, it } from 'vitest'
import { isScheduled, keptSteps, mostKept } from '../../src/store/retention.ts'

const retention = { keep: 2, saveEvery: 500, milestoneEvery: 2000 }

describe('the checkpoints that stay', () => {
  it('are the newest, and milestones for good', () => {
    expect(keptSteps([500, 1000, 1500], retention)).toEqual([1500, 1000])
    expect(keptSteps([1500, 2000, 4000, 4500, 5000, 5500], retention)).toEqual([5500, 5000, 4000, 2000])
    expect(keptSteps([500, 1000], { ...retention, keep: 1 })).toEqual([1000])
    expect(keptSteps([2000, 4000, 4500], { keep: 1, saveEvery: 500, milestoneEvery: 0 })).toEqual([4500])
  })

  it('include those on schedule, whatever Ctrl-C saves in between', () => {
    expect(keptSteps([500, 1000, 1010, 1020, 1030], retention)).toEqual([1030, 1020, 1000, 500])
    expect(keptSteps([10, 20, 30], retention)).toEqual([30, 20])
  })

  it('are as many as room is asked for', () => {
    expect(mostKept(retention, 0, 1999)).toBe(2)
    expect(mostKept(retention, 0, 6000)).toBe(5)
    expect(mostKept(retention, 2000, 6000)).toBe(4)
    expect(mostKept(retention, 0, undefined)).toBe(2)
    expect(mostKept({ ...retention, milestoneEvery: 0 }, 0, 6000)).toBe(2)
  })

  it('come when they are due, milestones too', () => {
    expect([0, 300, 500, 600, 1000].filter((step) => isScheduled(step, { keep: 2, saveEvery: 500, milestoneEvery: 300 }))).toEqual([
      0, 300, 500, 600, 1000,
    ])
    expect(isScheduled(600, retention)).toBe(false)
  })
})
