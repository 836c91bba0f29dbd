import { describe, expect, it } from 'vitest'
import { meansOf } from '../../src/train/log.ts'

describe('the means of an interval', () => {
  it('are over the steps that had a loss, not over all', () => {
    const steps = [{ source: 1 }, { source: 2, discriminator: 0.7 }, { source: 6, discriminator: 0.5 }]
    expect(meansOf(steps)).toEqual({ source: 3, discriminator: expect.closeTo(0.6, 12) })
  })
})
