import { describe, expect, it } from 'vitest'
import { Means } from '../../src/train/log.ts'

describe('the means of an interval', () => {
  it('are over the steps that had a loss, not over all', () => {
    const means = new Means()
    means.add({ source: 1 })
    means.add({ source: 2, discriminator: 0.7 })
    means.add({ source: 6, discriminator: 0.5 })
    expect(means.means()).toEqual({ source: 3, discriminator: expect.closeTo(0.6, 12) })
  })
})
