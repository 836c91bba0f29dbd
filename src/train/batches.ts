import type { Random } from '../models/random.ts'
import { PICTURE_INPUTS } from '../models/step.ts'
import type { HostTensors } from '../tensor/index.ts'
import { fillBatch } from './augment.ts'
import type { Faceset } from './faceset.ts'

export interface BatchOptions {
  readonly sizePx: number
  /** Faces of each person in a step. */
  readonly batch: number
  readonly flip: boolean
  /** Strength of the augmentation in the i-th of the steps. */
  strengthAt(step: number): number
}

/** Pictures for `steps` steps in one call: each input has a leading axis of steps. Draws from `random` in order of steps. */
export function drawBatches(source: Faceset, target: Faceset, steps: number, options: BatchOptions, random: Random): HostTensors {
  const { sizePx, batch, flip, strengthAt } = options
  const pixels = batch * sizePx * sizePx
  const tensors: HostTensors = {}
  for (const name of PICTURE_INPUTS) {
    const channels = name.endsWith('Masks') ? 1 : 3
    tensors[name] = { data: new Float32Array(steps * pixels * channels), shape: [steps, batch, sizePx, sizePx, channels] }
  }
  const part = (name: string, step: number, channels: number) => {
    const data = tensors[name]!.data as Float32Array
    return data.subarray(step * pixels * channels, (step + 1) * pixels * channels)
  }
  for (let step = 0; step < steps; step += 1) {
    for (const [person, faceset] of [['source', source] as const, ['target', target] as const]) {
      const into = {
        warped: part(`${person}Warped`, step, 3),
        faces: part(`${person}Faces`, step, 3),
        masks: part(`${person}Masks`, step, 1),
      }
      fillBatch(faceset.train, into, sizePx, batch, random, { flip, strength: strengthAt(step) })
    }
  }
  return tensors
}
