import { expect, it } from 'vitest'
import { differenceOf } from '../../bench/devices.ts'
import type { HostTensors } from '../../src/tensor/index.ts'

const stateOf = (weight: number, moment: number): HostTensors => ({
  'weights/a': { data: Float32Array.of(weight, 0), shape: [2] },
  'first/a': { data: Float32Array.of(moment, 0), shape: [2] },
})

it('measures losses against themselves, and weights alone against their norm and their movement', () => {
  const truth = { losses: [{ loss: 2 }, { loss: 1 }], state: stateOf(4, 1) }
  const ours = { losses: [{ loss: 2 }, { loss: 1.5 }], state: stateOf(5, 9) }
  expect(differenceOf(ours, truth, stateOf(2, 0))).toEqual({ loss: 0.5, weights: 0.25, movement: 0.5 })
})

it('takes a loss that is no number for the largest difference', () => {
  const truth = { losses: [{ loss: 2 }], state: stateOf(4, 1) }
  expect(differenceOf({ ...truth, losses: [{ loss: Number.NaN }] }, truth, stateOf(2, 0)).loss).toBe(Number.POSITIVE_INFINITY)
})
