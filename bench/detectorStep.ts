import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DETECTOR_INPUT_PX, evidenceOf } from '../src/models/detector.ts'
import { adamRate, adamStep } from '../src/models/optimizer.ts'
import { pick, put } from '../src/models/state.ts'
import { gradientsOf } from '../src/models/step.ts'
import { decodeSafetensors } from '../src/store/safetensors.ts'
import { type HostTensors, type ProgramFn, type TensorMap, tf } from '../src/tensor/index.ts'
import { sizeOf } from './sampling.ts'
import type { Step } from './steps.ts'

/** Faces in a step, as scripts/detector/train.py has them: half of them fakes. */
const BATCH = 24
const GROUPS = ['weights', 'first', 'second'] as const

/** Binary cross-entropy of logits and labels [n], without overflow. */
function crossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  return tf.mean(tf.add(tf.sub(tf.relu(logits), tf.mul(logits, labels)), tf.softplus(tf.neg(tf.abs(logits)))))
}

const program: ProgramFn = (inputs, state) => {
  const weights = pick(state, 'weights')
  const { value, gradients } = gradientsOf(weights, (now) => {
    const evidence = evidenceOf(inputs['faces'] as tf.Tensor4D, <T extends tf.Tensor>(name: string) => now[name]! as T)
    return crossEntropy(tf.mean(evidence, [1, 2]), inputs['labels']!)
  })
  const adam = adamStep({ weights, first: pick(state, 'first'), second: pick(state, 'second') }, gradients, inputs['rate']!)
  const next: TensorMap = {}
  for (const group of GROUPS) put(next, group, adam[group])
  return { outputs: { loss: value }, state: next }
}

function readWeights(): HostTensors {
  const path = fileURLToPath(new URL('../models/detector.safetensors', import.meta.url))
  return decodeSafetensors(readFileSync(path), path).tensors
}

/** A training step of the detector's network, as it would be were it trained by our core: that is how it was decided that it is not. */
export function detectorStep(): Step {
  const weights = readWeights()
  const each = Object.entries(weights)
  const shapes = GROUPS.flatMap((group) => each.map(([name, { shape }]) => [`${group}/${name}`, { shape }] as const))
  return {
    about: `the detector's network, ${DETECTOR_INPUT_PX} px, batch ${BATCH}`,
    gan: false,
    program,
    signature: {
      inputs: {
        faces: { shape: [BATCH, DETECTOR_INPUT_PX, DETECTOR_INPUT_PX, 3] },
        labels: { shape: [BATCH] },
        rate: { shape: [] },
      },
      state: Object.fromEntries(shapes),
    },
    state: () =>
      Object.fromEntries(
        GROUPS.flatMap((group) =>
          each.map(([name, { data, shape }]) => [
            `${group}/${name}`,
            { data: group === 'weights' ? Float32Array.from(data) : new Float32Array(sizeOf(shape)), shape },
          ]),
        ),
      ),
    scalars: { rate: adamRate(1e-4, 1) },
    parameters: each.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0),
    peer: { script: 'detector_step.py', settings: { batch: BATCH } },
    steps: { together: 1, single: 1 },
  }
}
