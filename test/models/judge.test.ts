import { beforeAll, expect, it } from 'vitest'
import { discriminate, discriminateCode, discriminatorShapes } from '../../src/models/discriminator.ts'
import { judgementLoss } from '../../src/models/judge.ts'
import { initialise, type Parameters, parametersOf } from '../../src/models/layers.ts'
import { seedRandom } from '../../src/models/random.ts'
import { gradientsOf } from '../../src/models/step.ts'
import { tf } from '../../src/tensor/index.ts'

const generator = { sizePx: 16, encoder: [3, 4, 4, 6], code: 4, landmarks: 0, inner: 4, decoder: [4, 4, 4, 3], residuals: 0 }
const discriminator = { base: 3, depth: 2, code: 4 }

beforeAll(async () => {
  await tf.setBackend('cpu')
})

let pictures: { reals: tf.Tensor4D; fakes: tf.Tensor4D }
let codes: { source: tf.Tensor2D; target: tf.Tensor2D }
let weights: Parameters

beforeAll(() => {
  const random = seedRandom(11)
  const noise = <T extends tf.Tensor>(...shape: number[]) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform()),
      shape,
    ) as T
  pictures = { reals: noise<tf.Tensor4D>(2, 16, 16, 3), fakes: tf.mul(noise<tf.Tensor4D>(3, 16, 16, 3), 0.5) }
  codes = { source: noise<tf.Tensor2D>(2, 4), target: tf.neg(noise<tf.Tensor2D>(2, 4)) }
  weights = parametersOf(initialise(discriminatorShapes(discriminator, generator.code), seedRandom(2)))
  // Far from guessing, so that a wrong word costs otherwise than a right one.
  for (const name of ['centre', 'pixels', 'code.out']) weights[`${name}.bias`] = tf.tensor1d([0.5])
})

const judged = (parameters: Parameters) =>
  judgementLoss(parameters, { ...pictures, code: tf.concat2d([codes.source, codes.target], 0) }, { generator, discriminator })
const heads = (faces: tf.Tensor4D, parameters: Parameters) => discriminate(faces, parameters, discriminator).heads
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
const logits = (x: tf.Tensor) => [...x.dataSync()]

it('the loss of the discriminator is the cross-entropy by hand, half of reals and half of fakes, and of codes likewise', () => {
  const doubt = (x: tf.Tensor, sign: number) => mean(logits(x).map((logit) => Math.log(1 + Math.exp(-sign * logit))))
  const ofPictures =
    (mean(heads(pictures.reals, weights).map((x) => doubt(x, 1))) + mean(heads(pictures.fakes, weights).map((x) => doubt(x, -1)))) / 2
  const ofCodes = (doubt(discriminateCode(codes.source, weights), 1) + doubt(discriminateCode(codes.target, weights), -1)) / 2
  const found = judged(weights)
  expect(found.pictures.dataSync()[0]).toBeCloseTo(ofPictures, 5)
  expect(found.codes?.dataSync()[0]).toBeCloseTo(ofCodes, 5)
  expect(found.total.dataSync()[0]).toBeCloseTo(ofPictures + ofCodes, 5)
})

it('a step of the discriminator tells real pictures further from fakes, and the source from the target', () => {
  const { gradients } = gradientsOf(weights, (parameters) => judged(parameters).total)
  const after = Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, tf.sub(weight, tf.mul(gradients[name]!, 0.05))]))
  /** How much more the first is taken for real, or for the source, than the second. */
  const told = (parameters: Parameters) => {
    const [reals, fakes] = [heads(pictures.reals, parameters), heads(pictures.fakes, parameters)]
    const [source, target] = [discriminateCode(codes.source, parameters), discriminateCode(codes.target, parameters)]
    return [...reals.map((real, head) => [real, fakes[head]!] as const), [source, target] as const].map(
      ([more, less]) => mean(logits(more)) - mean(logits(less)),
    )
  }
  const before = told(weights)
  for (const [i, next] of told(after).entries()) expect(next - before[i]!).toBeGreaterThan(1e-3)
})
