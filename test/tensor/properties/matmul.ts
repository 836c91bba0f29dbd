import fc from 'fast-check'
import { tf } from '../../../src/tensor/index.ts'
import { type Body, expectLikeTf, type Input } from '../against.ts'
import { type Property, property, upTo } from './property.ts'

const batches = fc.constantFrom<number[]>([], [1], [3], [2, 3], [1, 3], [2, 1])
const sizes = fc
  .record({ m: upTo(6), k: upTo(6), n: upTo(6), a: batches, b: batches, transposeA: fc.boolean(), transposeB: fc.boolean() })
  .map(({ m, k, n, a, b, transposeA, transposeB }) => ({
    left: [...a, ...(transposeA ? [k, m] : [m, k])],
    right: [...b, ...(transposeB ? [n, k] : [k, n])],
    n,
    transposeA,
    transposeB,
  }))

const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const

/** Equations of two operands over labels of fixed sizes. */
const equations = fc.record({
  equation: fc.constantFrom('bij,jk->bik', 'bhi,bhj->bij', 'ij,ij->ij', 'bij,bij->b', 'ij,jk->ki', 'bhij,bhjk->bhik', 'i,j->ij'),
  sizes: fc.record({ b: upTo(3), h: upTo(3), i: upTo(4), j: upTo(4), k: upTo(4) }),
})

/** The same product with the batches repeated first: tf.js's CPU backend takes the wrong ones where they broadcast along some axes only. */
function repeated(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  const [left, right] = [a, b].map((x) => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)])) as [tf.Tensor, tf.Tensor]
  return tf.matMul(left, right, transposeA, transposeB)
}

export const products: Property[] = [
  property(
    'matMul of any batches, either side transposed',
    sizes,
    ({ left, right, transposeA, transposeB }) =>
      expectLikeTf((a, b) => tf.matMul(a!, b!, transposeA, transposeB), [{ shape: left }, { shape: right }], {
        like: (a, b) => repeated(a!, b!, transposeA, transposeB),
      }),
    50,
  ),
  property('matMul of integers', sizes, ({ left, right, transposeA, transposeB }) => {
    const inputs = [left, right].map((shape): Input => ({ shape, dtype: 'int32', low: -9, high: 9 }))
    const like: Body = (a, b) => repeated(a!, b!, transposeA, transposeB)
    return expectLikeTf((a, b) => tf.matMul(a!, b!, transposeA, transposeB), inputs, { like })
  }),
  property(
    'fused.matMul',
    fc.record({ s: sizes, activation: fc.constantFrom(...activations), biased: fc.boolean() }),
    async ({ s: { left, right, n, transposeA, transposeB }, activation, biased }) => {
      const body: Body = (a, b, bias, alpha) =>
        tf.fused.matMul({
          a: a!,
          b: b!,
          transposeA,
          transposeB,
          activation,
          leakyreluAlpha: 0.1,
          ...(biased && { bias: bias! }),
          ...(activation === 'prelu' && { preluActivationWeights: alpha! }),
        })
      const inputs = [{ shape: left }, { shape: right }, { shape: [n], fixed: !biased }, { shape: [n], fixed: activation !== 'prelu' }]
      // tf.js's gradient of the fused product knows no batches that broadcast, and its product not those along some axes only.
      const [a, b] = [left, right].map((shape) => shape.slice(0, -2))
      if (Math.min(a!.length, b!.length) > 0 && a!.join() !== b!.join()) return
      return expectLikeTf(body, inputs, { gradients: a!.join() === b!.join() ? 'both' : 'none' })
    },
    40,
  ),
  property('einsum (tf.js has no gradient for it)', equations, ({ equation, sizes }) => {
    const inputs = equation
      .split('->')[0]!
      .split(',')
      .map((labels) => ({ shape: [...labels].map((label) => sizes[label as 'b']) }))
    return expectLikeTf((a, b) => tf.einsum(equation, a!, b!), inputs, { gradients: 'none' })
  }),
  property('dot and outer product', fc.tuple(upTo(6), upTo(6)), ([m, n]) =>
    expectLikeTf(
      (a, b, c) => [tf.dot(a!, b!), tf.outerProduct(a as tf.Tensor1D, c as tf.Tensor1D)],
      [{ shape: [m] }, { shape: [m] }, { shape: [n] }],
    ),
  ),
]
