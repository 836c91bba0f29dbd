import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tf } from '../../src/tensor/index.ts'
import { type Body, expectLikeTf, type Input } from './against.ts'

const x: Input = { shape: [2, 3, 5], low: -2, high: 2 }
const positive: Input = { shape: [2, 3, 5], low: 0.1, high: 3 }
const unit: Input = { shape: [2, 3, 5], low: -0.9, high: 0.9 }
const above: Input = { shape: [2, 3, 5], low: 1.1, high: 3 }
const whole: Input = { shape: [2, 7], dtype: 'int32', low: -6, high: 6 }
const bit: Input = { shape: [2, 7], dtype: 'bool' }

const unary: Record<string, [Body, Input]> = {
  abs: [tf.abs, x],
  acos: [tf.acos, unit],
  acosh: [tf.acosh, above],
  asin: [tf.asin, unit],
  asinh: [tf.asinh, x],
  atan: [tf.atan, x],
  atanh: [tf.atanh, unit],
  ceil: [tf.ceil, x],
  clip: [(a) => tf.clipByValue(a, -0.5, 1), x],
  cos: [tf.cos, x],
  cosh: [tf.cosh, x],
  elu: [tf.elu, x],
  erf: [tf.erf, x],
  exp: [tf.exp, x],
  expm1: [tf.expm1, x],
  floor: [tf.floor, x],
  leakyRelu: [(a) => tf.leakyRelu(a, 0.1), x],
  log: [tf.log, positive],
  log1p: [tf.log1p, positive],
  logSigmoid: [tf.logSigmoid, x],
  neg: [tf.neg, x],
  reciprocal: [tf.reciprocal, positive],
  relu: [tf.relu, x],
  relu6: [(a) => tf.relu6(tf.mul(a, 5)), x],
  round: [(a) => tf.round(tf.mul(a, 3)), x],
  rsqrt: [tf.rsqrt, positive],
  selu: [tf.selu, x],
  sigmoid: [tf.sigmoid, x],
  sign: [tf.sign, x],
  sin: [tf.sin, x],
  sinh: [tf.sinh, x],
  softplus: [tf.softplus, x],
  sqrt: [tf.sqrt, positive],
  square: [tf.square, x],
  step: [(a) => tf.step(a, 0.3), x],
  tan: [tf.tan, unit],
  tanh: [tf.tanh, x],
  zerosLike: [(a) => tf.add(a, tf.zerosLike(a)), x],
  onesLike: [(a) => tf.mul(a, tf.onesLike(a)), x],
  fill: [(a) => tf.add(a, tf.fill([2, 3, 5], 2)), x],
  softmax: [(a) => tf.softmax(a), x],
  logSoftmax: [(a) => tf.logSoftmax(a), x],
}

describe('element-wise kernels of one input', () => {
  it.each(Object.entries(unary))('%s', async (name, [body, input]) => {
    await expectLikeTf(body, [input])
    if (!/oftmax|fill/.test(name)) await expectLikeTf(body, [{ ...input, shape: [] }])
  })

  it.each([
    ['abs', tf.abs],
    ['neg', tf.neg],
    ['sign', tf.sign],
    ['square', tf.square],
    ['relu', tf.relu],
    ['clip', (a: tf.Tensor) => tf.clipByValue(a, -2, 3)],
    ['cast to float', (a: tf.Tensor) => tf.cast(a, 'float32')],
    ['cast to bool', (a: tf.Tensor) => tf.cast(a, 'bool')],
  ] as [string, Body][])('%s of integers', (_, body) => expectLikeTf(body, [whole], { gradients: false }))

  it('finds what is not finite', () =>
    expectLikeTf((a) => [tf.isNaN(tf.log(a)), tf.isInf(tf.div(1, tf.relu(a))), tf.isFinite(tf.sqrt(a))], [x], { gradients: false }))
})

const binary: Record<string, [Body, Input, Input]> = {
  add: [tf.add, x, x],
  sub: [tf.sub, x, x],
  mul: [tf.mul, x, x],
  div: [tf.div, x, positive],
  divNoNan: [tf.divNoNan, x, positive],
  maximum: [tf.maximum, x, x],
  minimum: [tf.minimum, x, x],
  pow: [tf.pow, positive, x],
  squaredDifference: [tf.squaredDifference, x, x],
  atan2: [tf.atan2, x, x],
  mod: [tf.mod, x, positive],
  floorDiv: [tf.floorDiv, x, positive],
  prelu: [tf.prelu as Body, x, { ...unit, shape: [3, 5] }],
}

describe('element-wise kernels of two inputs', () => {
  it.each(Object.entries(binary))('%s', (name, [body, a, b]) =>
    expectLikeTf(body, [a, b], { gradients: name !== 'floorDiv' && name !== 'divNoNan' }),
  )

  it('broadcasts any two shapes that go together', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
    const pairs = sizes.chain((shape) =>
      fc.record({
        ones: fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
        drop: fc.integer({ min: 0, max: shape.length }),
        shape: fc.constant(shape),
        flip: fc.boolean(),
        op: fc.constantFrom('add', 'sub', 'mul', 'div', 'maximum', 'pow', 'squaredDifference'),
      }),
    )
    await fc.assert(
      fc.asyncProperty(pairs, async ({ shape, ones, drop, flip, op }) => {
        const small = shape.map((size, axis) => (ones[axis] ? 1 : size)).slice(drop)
        const inputs = [shape, small].map((s) => ({ shape: s, low: 0.5, high: 2 }))
        // tf.js's gradients of these two know no broadcasting.
        await expectLikeTf(binary[op]![0], flip ? inputs.reverse() : inputs, { gradients: op !== 'squaredDifference' && op !== 'maximum' })
      }),
      { numRuns: 25, seed: 3 },
    )
  })

  it.each([
    ['equal', tf.equal],
    ['notEqual', tf.notEqual],
    ['greater', tf.greater],
    ['greaterEqual', tf.greaterEqual],
    ['less', tf.less],
    ['lessEqual', tf.lessEqual],
    ['add', tf.add],
    ['sub', tf.sub],
    ['mul', tf.mul],
    ['maximum', tf.maximum],
    ['minimum', tf.minimum],
  ] as [string, Body][])('%s of integers', (_, body) => expectLikeTf(body, [whole, whole], { gradients: false, seed: 5 }))

  it('divides integers downwards', () =>
    expectLikeTf((a, b) => [tf.floorDiv(a, b), tf.mod(a, b)], [whole, { ...whole, low: 1, high: 4 }], { gradients: false }))

  it.each([
    ['logicalAnd', tf.logicalAnd],
    ['logicalOr', tf.logicalOr],
    ['logicalXor', tf.logicalXor],
  ] as [string, Body][])('%s', (_, body) => expectLikeTf(body, [bit, bit], { gradients: false }))

  it('negates and selects', async () => {
    await expectLikeTf((a) => tf.logicalNot(a), [bit], { gradients: false })
    await expectLikeTf((c, a, b) => tf.where(c, a, b), [bit, { shape: [2, 7] }, { shape: [2, 7] }])
    await expectLikeTf((c, a, b) => tf.where(c, a, b), [{ ...bit, shape: [2, 1] }, { shape: [2, 7] }, { shape: [7] }])
    await expectLikeTf((c, a, b) => tf.where(c, a, b), [bit, bit, bit], { gradients: false })
  })

  it('adds many', () => expectLikeTf((a, b, c) => tf.addN([a, b, c]), [x, x, x]))

  it('leaves no tensor behind', async () => {
    await expectLikeTf(tf.add, [x, x])
    const before = tf.memory().numTensors
    await expectLikeTf(tf.add, [x, x])
    expect(tf.memory().numTensors).toBe(before)
  })
})
