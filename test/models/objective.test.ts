import { beforeAll, describe, expect, it } from 'vitest'
import { discriminate, discriminateCode, discriminatorShapes } from '../../src/models/discriminator.ts'
import { decode, encode, generatorShapes, nameLandmarks } from '../../src/models/generator.ts'
import { initialise, type Parameters, parametersOf } from '../../src/models/layers.ts'
import { LOSSES, type LossWeights, softened } from '../../src/models/losses.ts'
import { generatorLosses, type Losses } from '../../src/models/objective.ts'
import { seedRandom } from '../../src/models/random.ts'
import { gradientsOf, type Recogniser, trainStep } from '../../src/models/step.ts'
import { type TensorMap, tf } from '../../src/tensor/index.ts'

const SIDE = 16
const BATCH = 2
const generator = { sizePx: SIDE, encoder: [2, 3, 3, 4], code: 4, landmarks: 6, inner: 4, decoder: [3, 3, 2, 2], residuals: 0 }
const discriminator = { base: 2, depth: 2, code: 4 }
const NOTHING = Object.fromEntries(Object.keys(LOSSES).map((name) => [name, 0])) as unknown as LossWeights
/** Weight and schedules of a loss under test: none is 1, nor is any product of them. */
const [WEIGHT, SWAPS, ADVERSARIAL] = [3, 0.5, 0.7]
const DESCRIPTOR = [0.9, 0.2, 0.45]
/** Knows people by the mean colour of their picture. */
const recogniser: Recogniser = {
  describe: (pictures) => tf.div(tf.mean(pictures, [1, 2]), 255) as tf.Tensor2D,
  sizePx: SIDE,
  framing: { scale: 1, shiftX: 0, shiftY: 0 },
}

let inputs: TensorMap
let weights: Parameters
/** The same, out of reach of gradients, as a step has them. */
let frozen: Parameters
let judge: Parameters
/** Masks of the source's faces and of the swap, which the discriminator's word is not to change. */
let ownMasks: tf.Tensor4D
let swapMask: tf.Tensor4D

beforeAll(async () => {
  await tf.setBackend('cpu')
  const random = seedRandom(7)
  const noise = (...shape: number[]) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform()),
      shape,
    )
  const ofPerson = (person: string) => ({
    ...Object.fromEntries(['Warped', 'Faces'].map((kind) => [person + kind, noise(BATCH, SIDE, SIDE, 3)])),
    ...Object.fromEntries(['Masks', 'Accents'].map((kind) => [person + kind, noise(BATCH, SIDE, SIDE, 1)])),
    [`${person}Landmarks`]: noise(BATCH, generator.landmarks),
  })
  inputs = { ...ofPerson('source'), ...ofPerson('target'), descriptor: tf.tensor2d([DESCRIPTOR]) }
  weights = parametersOf(initialise(generatorShapes(generator), seedRandom(1)))
  frozen = Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, tf.clone(weight)]))
  judge = parametersOf(initialise(discriminatorShapes(discriminator, generator.code), seedRandom(2)))
  const { mask } = decodedAsSource(weights)
  ownMasks = rows(mask, 0, BATCH)
  swapMask = rows(mask, BATCH, 1)
})

/** A picture [1, s, s, 3] by the value at each place. */
const drawn = (at: (x: number, y: number) => number) =>
  tf.tensor4d(
    Float32Array.from({ length: SIDE * SIDE * 3 }, (_, i) => at(Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE))),
    [1, SIDE, SIDE, 3],
  )

const numbers = (x: tf.Tensor) => [...x.dataSync()]
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
const apart = (a: tf.Tensor, b: tf.Tensor) => {
  const others = numbers(b)
  return mean(numbers(a).map((value, i) => Math.abs(value - others[i]!)))
}
/** Cross-entropy of logits against "real". */
const doubt = (logits: tf.Tensor) => mean(numbers(logits).map((logit) => Math.log(1 + Math.exp(-logit))))
const rows = <T extends tf.Tensor>(x: T, from: number, count: number): T => tf.slice(x, from, count)

/** Both people's faces as the source. */
function decodedAsSource(parameters: Parameters) {
  const encoded = encode(tf.concat([inputs['sourceWarped']!, inputs['targetWarped']!], 0) as tf.Tensor4D, parameters, generator)
  return { encoded, ...decode(encoded, parameters, 'source', generator) }
}

/** What the source's decoder makes of both people's faces: of the target's it is every other one that is judged. */
function rendered(parameters: Parameters) {
  const { encoded, rgb } = decodedAsSource(parameters)
  const swap = rows(rgb, BATCH, 1)
  const own = tf.mul(rows(rgb, 0, BATCH), ownMasks) as tf.Tensor4D
  const fakes = tf.concat4d([own, tf.mul(swap, swapMask)], 0)
  return { encoded, rgb: rows(rgb, 0, BATCH), swap, own, fakes }
}

/** A loss by hand, and what a step on it is to make less of, where that is not the loss itself. */
interface Wanted {
  readonly value: (parameters: Parameters) => number
  readonly less?: (parameters: Parameters) => number
  /** What the loss is multiplied by in the total. */
  readonly times: number
}

const logitsOf = (parameters: Parameters) => discriminate(rendered(parameters).fakes, judge, discriminator).heads
const targetCodes = (parameters: Parameters) => discriminateCode(rows(rendered(parameters).encoded.code, BATCH, BATCH), judge)

const WANTED = {
  identity: {
    value: (parameters) => {
      const colours = numbers(rendered(parameters).swap)
      const means = DESCRIPTOR.map((_, c) => mean(colours.filter((_, i) => i % 3 === c)))
      return means.reduce((sum, value, c) => sum + (value - DESCRIPTOR[c]!) ** 2, 0)
    },
    times: WEIGHT * SWAPS,
  },
  // The encoder as it is reads what is rendered otherwise.
  follow: {
    value: (parameters) => apart(nameLandmarks(rendered(parameters).swap, frozen, generator), rows(inputs['targetLandmarks']!, 0, 1)),
    times: WEIGHT * SWAPS,
  },
  landmarks: {
    value: (parameters) =>
      apart(rendered(parameters).encoded.landmarks!, tf.concat([inputs['sourceLandmarks']!, inputs['targetLandmarks']!], 0)),
    times: WEIGHT,
  },
  variation: {
    value: (parameters) => {
      const [values, width] = [numbers(rendered(parameters).rgb), 3 * SIDE]
      const [across, down]: [number[], number[]] = [[], []]
      for (const [i, value] of values.entries()) {
        if (i % width < width - 3) across.push(Math.abs(values[i + 3]! - value))
        if (i % (width * SIDE) < width * (SIDE - 1)) down.push(Math.abs(values[i + width]! - value))
      }
      return mean(across) + mean(down)
    },
    times: WEIGHT,
  },
  features: {
    value: (parameters) => {
      const reals = discriminate(tf.mul(inputs['sourceFaces']!, ownMasks) as tf.Tensor4D, judge, discriminator).features
      const made = discriminate(rendered(parameters).own, judge, discriminator).features
      return mean(reals.map((real, level) => apart(made[level]!, real)))
    },
    times: WEIGHT * ADVERSARIAL,
  },
  code: {
    value: (parameters) => doubt(targetCodes(parameters)),
    less: (parameters) => -mean(numbers(targetCodes(parameters))),
    times: WEIGHT * ADVERSARIAL,
  },
  adversarial: {
    value: (parameters) => mean(logitsOf(parameters).map(doubt)),
    less: (parameters) => -mean(logitsOf(parameters).map((logits) => mean(numbers(logits)))),
    times: ADVERSARIAL,
  },
} satisfies Record<string, Wanted>
type Name = keyof typeof WANTED

const JUDGED: readonly string[] = ['features', 'code', 'adversarial']

/** All losses, of which only one has a weight, but for the discriminator's word, which is heard wherever there is a discriminator. */
function lossesWith(name: Name, parameters: Parameters): Losses {
  const judged = JUDGED.includes(name)
  return generatorLosses({
    design: { generator, discriminator, losses: { ...NOTHING, ...(name in NOTHING && { [name]: WEIGHT }) } },
    parts: { average: false, adversarial: judged, swapped: true },
    inputs: { ...inputs, swapWeight: tf.scalar(SWAPS), adversarialWeight: tf.scalar(ADVERSARIAL) },
    parameters,
    frozen,
    judge: judged ? judge : undefined,
    recogniser,
  })
}

/** What a loss adds to the total. */
function added(name: Name, parameters: Parameters): tf.Scalar {
  const { total, parts } = lossesWith(name, parameters)
  return name === 'features' || name === 'code' ? tf.sub(total, tf.mul(parts['adversarial']!, ADVERSARIAL)) : total
}

const STEP = 1e-4

/** The weights a small step up and down what a loss adds, and by how much that is to differ between them. */
function stepped(name: Name) {
  const { gradients } = gradientsOf(weights, (parameters) => added(name, parameters))
  const norm = Math.hypot(...Object.values(gradients).flatMap(numbers))
  const [down, up] = [-STEP, STEP].map((length) =>
    Object.fromEntries(Object.entries(weights).map(([key, weight]) => [key, tf.add(weight, tf.mul(gradients[key]!, length / norm))])),
  ) as [Parameters, Parameters]
  return { down, up, slope: 2 * STEP * norm }
}

describe.each(Object.entries(WANTED) as [Name, Wanted][])('the loss %s', (name, { value, less, times }) => {
  it('is what it is by hand, and adds that to the total by its weight', () => {
    const wanted = value(weights)
    expect(wanted).toBeGreaterThan(1e-3)
    expect(lossesWith(name, weights).parts[name]!.dataSync()[0]).toBeCloseTo(wanted, 5)
    expect(added(name, weights).dataSync()[0]).toBeCloseTo(times * wanted, 5)
  })

  it('makes less of what it is against in a step on it alone, as much as its gradient says', () => {
    const { down, up, slope } = stepped(name)
    expect(Math.abs((times * (value(up) - value(down))) / slope - 1)).toBeLessThan(0.1)
    if (less !== undefined) expect(less(down)).toBeLessThan(less(weights))
  })
})

it('the discriminator is shown swaps where it is to judge them, without the losses of swaps', () => {
  const shown = (swaps: boolean) =>
    generatorLosses({
      design: { generator, discriminator: { ...discriminator, swaps }, losses: { ...NOTHING, identity: WEIGHT, follow: WEIGHT } },
      ...{ parts: { average: false, adversarial: true }, parameters: weights, frozen: undefined, judge, recogniser },
      inputs: { ...inputs, adversarialWeight: tf.scalar(ADVERSARIAL) },
    })
  const [without, having] = [shown(false), shown(true)]
  expect(numbers(without.evidence.fakes)).toEqual(numbers(rendered(weights).own))
  expect(apart(having.evidence.fakes, rendered(weights).fakes)).toBeLessThan(1e-6)
  expect(Object.keys(having.parts)).toEqual(Object.keys(without.parts))
  expect(having.parts).not.toHaveProperty('identity')
})

it('real faces are cut out by the mask that was rendered with them, so that they cannot be told by their outline', () => {
  const { reals } = lossesWith('adversarial', weights).evidence
  expect(apart(reals, tf.mul(inputs['sourceFaces']!, ownMasks))).toBeLessThan(1e-6)
})

it('a training step has the encoder read what is rendered as it is, without making it read otherwise', () => {
  const design = { generator, discriminator, losses: { ...NOTHING, follow: WEIGHT } }
  const state = Object.fromEntries(
    Object.entries(weights).flatMap(([name, weight]) => [
      [`weights/${name}`, weight],
      ...['first', 'second'].map((group) => [`${group}/${name}`, tf.zerosLike(weight)] as const),
    ]),
  )
  const scalars = { swapWeight: tf.scalar(SWAPS), generatorRate: tf.scalar(0) }
  const after = trainStep(design, { average: false, adversarial: false, swapped: true })({ ...inputs, ...scalars }, state).state!
  const { gradients } = gradientsOf(weights, (parameters) => added('follow', parameters))
  // Adam's first average after a first step is the gradients, clipped.
  const clip = Math.min(1, 1 / Math.hypot(...Object.values(gradients).flatMap(numbers)))
  for (const [name, gradient] of Object.entries(gradients)) {
    expect(apart(after[`first/${name}`]!, tf.mul(gradient, clip)), name).toBeLessThan(1e-5)
  }
})

it('faces are held to the truth beside their mask too, but not far from it', () => {
  const inMask = (x: number) => x >= 5 && x < 10
  const masks = tf.tensor4d(
    Float32Array.from({ length: BATCH * SIDE * SIDE }, (_, i) => Number(inMask(i % SIDE) && inMask(Math.floor(i / SIDE) % SIDE))),
    [BATCH, SIDE, SIDE, 1],
  )
  /** The loss of pixels where the truth is white in one place and black elsewhere. */
  const loss = (x: number) => {
    const faces = tf.buffer([BATCH, SIDE, SIDE, 3])
    for (let c = 0; c < 3; c += 1) faces.set(1, 0, 7, x, c)
    const design = { generator, discriminator, losses: { ...NOTHING, pixels: WEIGHT } }
    const { parts } = generatorLosses({
      ...{ design, parts: { average: false, adversarial: false }, parameters: weights, frozen, judge: undefined, recogniser },
      inputs: { ...inputs, sourceFaces: faces.toTensor(), sourceMasks: masks },
    })
    return parts['pixels']!.dataSync()[0]!
  }
  const [inside, beside, far] = [loss(7), loss(10), loss(14)]
  expect(Math.abs(beside - far)).toBeGreaterThan(0.05 * Math.abs(inside - far))
  expect(Math.abs(beside - far)).toBeLessThan(Math.abs(inside - far))
})

describe('a discriminator of fine detail', () => {
  it('is shown nothing of what is even, and what a blur takes away of the rest, within the mask', () => {
    const faces = inputs['sourceFaces'] as tf.Tensor4D
    const attempt = {
      design: { generator, discriminator: { ...discriminator, fine: 16, swaps: true }, losses: NOTHING },
      inputs,
      parameters: weights,
      frozen,
      judge,
      recogniser,
    }
    const parts = { average: false, adversarial: true, swapped: false }
    const { reals, fakes } = generatorLosses({ ...attempt, parts, inputs: { ...inputs, adversarialWeight: tf.scalar(1) } }).evidence
    const detail = (pictures: tf.Tensor4D, masks: tf.Tensor4D) => {
      const [blurred, within] = [numbers(softened(pictures, 1)), numbers(masks)]
      return numbers(pictures).map((value, i) => 0.5 + 8 * (value - blurred[i]!) * within[Math.floor(i / 3)]!)
    }
    expect(apart(reals, tf.tensor(detail(faces, ownMasks), reals.shape))).toBeLessThan(1e-6)
    const { rgb, swap } = rendered(weights)
    expect(apart(fakes, tf.tensor([...detail(rgb, ownMasks), ...detail(swap, swapMask)], fakes.shape))).toBeLessThan(1e-6)
    const even = { ...inputs, sourceFaces: tf.fill(faces.shape, 0.3), adversarialWeight: tf.scalar(1) }
    expect(apart(generatorLosses({ ...attempt, parts, inputs: even }).evidence.reals, tf.fill(faces.shape, 0.5))).toBeLessThan(1e-6)
  })

  it('has a blur that is a Gaussian, and keeps what is even up to the border', () => {
    expect(
      apart(
        softened(
          drawn(() => 0.7),
          1,
        ),
        drawn(() => 0.7),
      ),
    ).toBeLessThan(1e-6)
    const point = numbers(
      softened(
        drawn((x, y) => (x === 8 && y === 6 ? 1 : 0)),
        1,
      ),
    )
    const weight = (d: number) => Math.exp(-0.5 * d * d) / Math.sqrt(2 * Math.PI)
    for (const [x, y] of [
      [8, 6],
      [9, 6],
      [8, 8],
      [10, 5],
    ] as const)
      expect(point[3 * (SIDE * y + x)]).toBeCloseTo(weight(x - 8) * weight(y - 6), 4)
  })
})
