import { PEOPLE, type Person } from '../models/generator.ts'
import type { Random } from '../models/random.ts'
import { PICTURE_CHANNELS, type PictureKind } from '../models/step.ts'
import type { HostTensors } from '../tensor/index.ts'
import { fillBatch } from './augment.ts'
import type { Faceset } from './faceset.ts'
import { NAMED_NUMBERS } from './landmarks.ts'

export interface BatchOptions {
  readonly sizePx: number
  /** Faces of each person in a step. */
  readonly batch: number
  readonly flip: boolean
  /** Strength of the augmentation in the i-th of the steps. */
  strengthAt(step: number): number
}

/** Pictures for `steps` steps in one call: each input has a leading axis of steps. Draws from `random` in order of steps. */
export function drawBatches(facesets: Record<Person, Faceset>, steps: number, options: BatchOptions, random: Random): HostTensors {
  const { sizePx, batch, flip, strengthAt } = options
  const pixels = batch * sizePx * sizePx
  const tensors: HostTensors = {}
  for (const person of PEOPLE) {
    for (const [kind, channels] of Object.entries(PICTURE_CHANNELS)) {
      tensors[person + kind] = { data: new Float32Array(steps * pixels * channels), shape: [steps, batch, sizePx, sizePx, channels] }
    }
    tensors[`${person}Landmarks`] = { data: new Float32Array(steps * batch * NAMED_NUMBERS), shape: [steps, batch, NAMED_NUMBERS] }
  }
  for (let step = 0; step < steps; step += 1) {
    for (const person of PEOPLE) {
      const part = (kind: PictureKind | 'Landmarks') => {
        const { data } = tensors[person + kind] as { data: Float32Array }
        return data.subarray((step * data.length) / steps, ((step + 1) * data.length) / steps)
      }
      const into = {
        warped: part('Warped'),
        faces: part('Faces'),
        masks: part('Masks'),
        accents: part('Accents'),
        landmarks: part('Landmarks'),
      }
      fillBatch(facesets[person].train, into, sizePx, batch, random, {
        flip,
        strength: strengthAt(step),
        towards: facesets[person === 'source' ? 'target' : 'source'].train.poses,
      })
    }
  }
  return tensors
}
