import { beforeAll, describe, expect, it } from 'vitest'
import type { Parameters } from '../../src/models/layers.ts'
import { type AdamState, adamRate, adamStep, averageStep, type Optimizer } from '../../src/models/optimizer.ts'
import { seedRandom } from '../../src/models/random.ts'
import { initialState, type StepDesign, stepSignature, trainStep } from '../../src/models/step.ts'
import { type HostTensors, type TensorMap, tf } from '../../src/tensor/index.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const one = (value: number): Parameters => ({ x: tf.tensor1d([value]) })
const fresh = (): AdamState => ({ weights: one(1), first: one(0), second: one(0) })

/** Where one weight, 1 at first, is after a step for each gradient, at the rate .01. */
function walked(optimizer: Optimizer, gradients: readonly number[]): number[] {
  let state = fresh()
  return gradients.map((gradient, i) => {
    state = adamStep(state, one(gradient), tf.scalar(adamRate(0.01, i + 1)), { optimizer })
    return state.weights['x']!.dataSync()[0]!
  })
}

/** The same in plain numbers; `squared` is what the second average is of, from the gradient and the first average. */
function published(gradients: readonly number[], squared: (gradient: number, m: number) => number): number[] {
  let [w, m, v] = [1, 0, 0]
  return gradients.map((raw, i) => {
    const t = i + 1
    const gradient = Math.sign(raw) * Math.min(1, Math.abs(raw))
    m = 0.9 * m + 0.1 * gradient
    v = 0.99 * v + 0.01 * squared(gradient, m) ** 2
    w -= (0.01 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.99 ** t)) + 1e-8)
    return w
  })
}

const UNSTEADY = [-4, 0.3, -4, 0.3, -4, 0.7]

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  for (const [i, value] of found.entries()) expect(value, `step ${i + 1}`).toBeCloseTo(wanted[i]!, 5)
}

describe('Adam', () => {
  it('follows the published formula with its gradients clipped', () => {
    expectClose(
      walked('adam', UNSTEADY),
      published(UNSTEADY, (gradient) => gradient),
    )
  })

  it('averages weights', () => {
    const next = averageStep({ x: tf.tensor1d([1, 2]) }, { x: tf.tensor1d([3, 2]) }, tf.scalar(0.75))
    expect(Array.from(next['x']!.dataSync())).toEqual([1.5, 2])
  })
})

describe('AdaBelief', () => {
  it('follows the published formula: it divides by how far a gradient is from the average that it is already part of', () => {
    expectClose(
      walked('adabelief', UNSTEADY),
      published(UNSTEADY, (gradient, m) => gradient - m),
    )
  })

  it('goes further than Adam where gradients stay as they were, and about as far where they turn', () => {
    const steady = Array.from({ length: 20 }, () => 0.5)
    const turning = steady.map((gradient, i) => (i % 2 === 0 ? gradient : -gradient))
    const length = (optimizer: Optimizer, gradients: number[]) => {
      const [before, last] = walked(optimizer, gradients).slice(-2) as [number, number]
      return Math.abs(last - before)
    }
    expect(length('adam', steady)).toBeCloseTo(0.01, 5)
    expect(length('adabelief', steady)).toBeGreaterThan(0.015)
    expect(length('adabelief', turning) / length('adam', turning)).toBeLessThan(1.1)
  })
})

describe('learning-rate dropout', () => {
  const COUNT = 2000
  const random = seedRandom(6)
  const phases = Array.from({ length: COUNT }, () => random.uniform())

  /** A step of so many weights, whose gradients are all the same: which of them moved, and the state after it. */
  function moved(at: number, share: number): { indices: number[]; state: AdamState } {
    const all = (value: number) => ({ x: tf.fill([COUNT], value) })
    const state = adamStep({ weights: all(1), first: all(0), second: all(0) }, all(1e-3), tf.scalar(adamRate(0.01, 1)), {
      dropout: { phases: { x: tf.tensor1d(phases) }, at: tf.scalar(at), share },
    })
    const weights = [...state.weights['x']!.dataSync()]
    const indices = [...weights.keys()].filter((i) => weights[i] !== 1)
    // Those that move go as far as they would without it.
    expect(indices.every((i) => Math.abs(weights[i]! - 0.99) < 1e-5)).toBe(true)
    return { indices, state }
  }

  it.each([0.05, 0.4, 0.97])('moves three weights of ten at %f, those whose number lies near', (at) => {
    const { indices, state } = moved(at, 0.3)
    expect(Math.abs(indices.length / COUNT - 0.3)).toBeLessThan(0.03)
    const apart = (phase: number) => Math.min(Math.abs(phase - at), 1 - Math.abs(phase - at))
    expect(indices).toEqual([...phases.keys()].filter((i) => apart(phases[i]!) < 0.15))
    // The averages of those that stay go on.
    expect(new Set(state.first['x']!.dataSync()).size).toBe(1)
    expect(state.first['x']!.dataSync()[0]).toBeCloseTo(1e-3, 6)
  })

  it('moves others in the next step, all in time, and all at a share of 1', () => {
    const [first, second] = [new Set(moved(0.1, 0.3).indices), moved(0.5, 0.3).indices]
    expect(second.filter((i) => first.has(i))).toEqual([])
    expect(new Set([0, 0.25, 0.5, 0.75].flatMap((at) => moved(at, 0.3).indices)).size).toBe(COUNT)
    expect(moved(0.4, 1).indices.length).toBe(COUNT)
  })
})

describe("a training step's optimizer", () => {
  const design: StepDesign = {
    generator: { sizePx: 16, encoder: [2, 3, 3, 4], code: 4, landmarks: 0, inner: 4, decoder: [3, 3, 2, 2], residuals: 0 },
    discriminator: { base: 2, depth: 1 },
  }
  const RATE = 1e-3

  /** How far each weight of the generator went in the first step. */
  function distances(optimizer: Optimizer, rateShare: number, dropAt = 0.5): number[] {
    const asked = { ...design, optimizer, rateShare }
    const parts = { average: false, adversarial: false }
    const { inputs, state = {} } = stepSignature(asked, 1, parts)
    const random = seedRandom(3)
    const scalars: Record<string, number> = { generatorRate: adamRate(RATE, 1), dropAt }
    const drawn = Object.entries(inputs).map(([name, { shape }]) => {
      return [
        name,
        tf.tensor(
          Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scalars[name] ?? random.uniform()),
          [...shape],
        ),
      ] as const
    })
    const host: HostTensors = initialState(asked, 4, { dropout: rateShare < 1 })
    const before: TensorMap = Object.fromEntries(
      Object.keys(state).map((name) => [name, tf.tensor(host[name]!.data, [...host[name]!.shape], 'float32')]),
    )
    const { state: after = {} } = trainStep(asked, parts)(Object.fromEntries(drawn), before)
    return Object.keys(before)
      .filter((name) => name.startsWith('weights/'))
      .flatMap((name) => [...tf.abs(tf.sub(after[name]!, before[name]!)).dataSync()])
  }
  let plain: number[]
  beforeAll(() => {
    plain = distances('adam', 1)
  })
  const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!

  it('is the one that the design names: its first step is the rate with Adam, and a ninth more with AdaBelief', () => {
    expect(median(plain) / RATE).toBeCloseTo(1, 2)
    expect(median(distances('adabelief', 1)) / RATE).toBeCloseTo(1 / 0.9, 2)
  })

  it('moves as many weights as the design says, others at another time', () => {
    // Some weights of the encoder meet nothing but the border of so small a picture.
    const free = plain.map((number) => number > RATE / 100)
    expect(free.filter(Boolean).length).toBeGreaterThan(1000)
    const [now, then] = [0.2, 0.7].map((at) => distances('adam', 0.3, at).filter((_, i) => free[i])) as [number[], number[]]
    for (const some of [now, then]) expect(Math.abs(some.filter((number) => number > 0).length / some.length - 0.3)).toBeLessThan(0.04)
    expect(now.filter((number, i) => number > 0 && then[i]! > 0)).toEqual([])
  })
})
