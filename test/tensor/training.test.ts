import { describe, expect, it } from 'vitest'
import { adamRate } from '../../src/models/optimizer.ts'
import { seedRandom } from '../../src/models/random.ts'
import { initialState, stepSignature, trainStep } from '../../src/models/step.ts'
import { type HostTensors, openDevice, type ProgramFn, type Signature, type TensorMap, tf } from '../../src/tensor/index.ts'
import { firstState, ganSignature, ganStep, inputsOf } from './gan.ts'

const shapes = {
  generator: { sizePx: 32, encoder: [4, 6, 8, 8], code: 8, landmarks: 10, inner: 8, decoder: [8, 8, 6, 4], residuals: 1 },
  discriminator: { base: 4, depth: 2 },
}
const parts = { average: true, adversarial: true }
const signature = stepSignature(shapes, 1, parts)

/** Pictures at random, rates as Adam has them at step t. */
function stepInputs(t: number): HostTensors {
  const random = seedRandom(5, t)
  const scalars: Record<string, number> = {
    generatorRate: adamRate(1e-3, t + 1),
    discriminatorRate: adamRate(1e-3, t + 1),
    adversarialWeight: 0.1,
    averageKeep: 0.9,
  }
  return Object.fromEntries(
    Object.entries(signature.inputs).map(([name, { shape }]) => {
      const size = shape.reduce((a, b) => a * b, 1)
      return [name, { data: Float32Array.from({ length: size }, () => scalars[name] ?? random.uniform()), shape }]
    }),
  )
}

interface Training {
  readonly steps: number
  /** How far from eager tf.js a state may end, as a part of the way that it went: what the optimizer divides by its size, and all other. */
  readonly slack: { readonly weights: number; readonly averages: number }
  readonly fn: ProgramFn
  readonly signature: Signature
  readonly first: HostTensors
  readonly inputs: (step: number) => HostTensors
}

const toTensors = (host: HostTensors): TensorMap =>
  Object.fromEntries(Object.entries(host).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]))

function eagerly({ fn, steps, first, inputs }: Training): Record<string, Float32Array> {
  void tf.setBackend('cpu')
  tf.engine().startScope()
  let state = toTensors(first)
  for (let step = 0; step < steps; step++) state = { ...state, ...fn(toTensors(inputs(step)), state).state }
  const end = Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, tensor.dataSync().slice() as Float32Array]))
  tf.engine().endScope()
  return end
}

async function compiled({ fn, steps, signature, first, inputs }: Training): Promise<HostTensors> {
  const device = await openDevice('cpu', { threads: 1 })
  const program = await device.compile(fn, signature)
  await program.writeState(first)
  for (let step = 0; step < steps; step++) await program.run(inputs(step))
  const state = await program.readState()
  await program.dispose()
  return state
}

/** Length of a − b. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < b.length; i++) sum += (a[i]! - b[i]!) ** 2
  return Math.sqrt(sum)
}

describe('steps of generator and discriminator with Adam', () => {
  const full = initialState(shapes, 3)
  const trainings: Record<string, Training> = {
    'of small networks': {
      ...{ steps: 20, slack: { weights: 1e-4, averages: 1e-4 } },
      ...{ fn: ganStep, signature: ganSignature, first: firstState(), inputs: inputsOf },
    },
    // Where a gradient is nearly nothing, Adam makes much of its last digit, and what follows from that grows from step to step.
    'of the networks that train uses': {
      ...{ steps: 3, slack: { weights: 1e-2, averages: 1e-4 } },
      fn: trainStep(shapes, parts),
      signature,
      first: Object.fromEntries(Object.keys(signature.state!).map((name) => [name, full[name]!])),
      inputs: stepInputs,
    },
  }

  it.each(Object.entries(trainings))('%s end where eager tf.js ends', async (_, training) => {
    const [end, made] = [eagerly(training), await compiled(training)]
    for (const [name, data] of Object.entries(end)) {
      const way = distance(data, training.first[name]!.data)
      expect(way, `how far ${name} moved`).toBeGreaterThan(0)
      const slack = /^(?:d\.)?weights|^average/.test(name) ? training.slack.weights : training.slack.averages
      expect(distance(made[name]!.data, data), `how far ${name}, which moved by ${way}, ended from there`).toBeLessThanOrEqual(slack * way)
    }
  })
})
