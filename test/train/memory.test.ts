import { describe, expect, it } from 'vitest'
import { PRESETS } from '../../src/models/presets.ts'
import { FIRST_LOSS_SCALE, nextLossScale } from '../../src/train/lossScale.ts'
import { checkMemory } from '../../src/train/memory.ts'

const { discriminator, training } = PRESETS.hq
/** No swaps are drawn. */
const plain = { discriminator: { ...discriminator }, training: { ...training } }
const GB = 1e9
const signature = { inputs: {}, state: { w: { shape: [1000, 300_000] } } } // 1.2 GB
const refusal =
  (batch: number, accumulate: number, device: 'cpu' | 'webgpu' = 'cpu') =>
  () =>
    checkMemory({ memoryBytes: 3 * GB }, signature, device, { ...plain, batch, accumulate }, 3.9 * GB)

describe('memory before the first step', () => {
  it('that is there lets training begin', () => {
    checkMemory({ memoryBytes: 1.9 * GB }, signature, 'cpu', { ...plain, batch: 8, accumulate: 1 }, 3.9 * GB)
    checkMemory({ memoryBytes: undefined }, signature, 'cpu', { ...plain, batch: 8, accumulate: 1 }, 0)
    expect(refusal(8, 1, 'webgpu')()).toBe("needs about 3.6 GB of the GPU's memory")
  })

  it('that is not there is said with numbers, and what would help', () => {
    expect(refusal(8, 1)).toThrow('expected memory for this run, about 5.1 GB, but found 3.9 GB free')
    expect(refusal(8, 1)).toThrow(expect.objectContaining({ hint: 'try --batch 4, or --accumulate 2 for the same result' }))
    expect(refusal(8, 2)).toThrow(expect.objectContaining({ hint: 'try --batch 4, or --accumulate 4 for the same result' }))
    expect(refusal(5, 1)).toThrow(expect.objectContaining({ hint: 'try --batch 3' }))
    expect(refusal(6, 1)).toThrow(expect.objectContaining({ hint: 'try --batch 3, or --accumulate 2 for the same result' }))
    // Parts in which swaps are drawn are of an even number of faces.
    const swaps = { ...plain, training: { ...training, swapFrom: 0.5 }, batch: 6, accumulate: 1 }
    expect(() => checkMemory({ memoryBytes: 3 * GB }, signature, 'cpu', swaps, 3.9 * GB)).toThrow(
      expect.objectContaining({ hint: 'try --batch 3, or --accumulate 3 for the same result' }),
    )
    expect(refusal(1, 1)).toThrow(expect.objectContaining({ hint: expect.stringContaining('smaller --preset') }))
  })
})

describe('the scale of the loss', () => {
  it('falls where a gradient ran over, and rises after many steps where none did', () => {
    const fallen = nextLossScale(FIRST_LOSS_SCALE, [true, false, true])
    expect(fallen).toEqual({ value: FIRST_LOSS_SCALE.value / 2, sound: 0 })
    let scale = fallen
    for (let i = 0; i < 50; i += 1)
      scale = nextLossScale(
        scale,
        Array.from({ length: 10 }, () => true),
      )
    expect(scale).toEqual({ value: FIRST_LOSS_SCALE.value, sound: 0 })
  })

  it('stays between 1 and 2^16', () => {
    let [low, high] = [FIRST_LOSS_SCALE, FIRST_LOSS_SCALE]
    for (let i = 0; i < 40; i += 1) {
      low = nextLossScale(low, [false])
      high = nextLossScale(
        high,
        Array.from({ length: 500 }, () => true),
      )
    }
    expect([low.value, high.value]).toEqual([1, 2 ** 16])
  })
})
