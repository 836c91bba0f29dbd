import fc from 'fast-check'
import { describe, it } from 'vitest'
import { tf } from '../../src/tensor/index.ts'
import { expectLikeTf } from './against.ts'

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor
const reductions: Record<string, Reduction> = { sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min, prod: tf.prod }

describe('reductions', () => {
  it.each(Object.entries(reductions))('%s over any axes', async (name, reduce) => {
    const cases = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axes: fc.subarray(
          shape.map((_, axis) => axis),
          { minLength: 1 },
        ),
        keepDims: fc.boolean(),
        negative: fc.boolean(),
      }),
    )
    await fc.assert(
      fc.asyncProperty(cases, ({ shape, axes, keepDims, negative }) => {
        const axis = negative && name !== 'prod' ? axes.map((i) => i - shape.length) : axes
        return expectLikeTf((x) => reduce(x, axis, keepDims), [{ shape, low: 0.5, high: 2 }])
      }),
      { numRuns: 8, seed: 2 },
    )
    await expectLikeTf((x) => reduce(x), [{ shape: [2, 3] }])
    await expectLikeTf((x) => reduce(x), [{ shape: [] }])
    await expectLikeTf((x) => reduce(x, 1), [{ shape: [2, 3], dtype: 'int32', low: -5, high: 5 }], { gradients: false })
  })

  it('of truth values', () =>
    expectLikeTf((b) => [tf.any(b, 1), tf.all(b, 1), tf.sum(b), tf.all(b)], [{ shape: [4, 3], dtype: 'bool' }], { gradients: false }))

  it('finds places', () =>
    expectLikeTf((x) => [tf.argMax(x, 1), tf.argMin(x, -1), tf.argMax(x)], [{ shape: [3, 4, 5] }], { gradients: false }))

  it('the k largest', () =>
    expectLikeTf(
      (x) => {
        const { values, indices } = tf.topk(x, 3)
        return [values, indices]
      },
      [{ shape: [3, 8] }],
      { gradients: false },
    ))

  it('adds up along an axis', async () => {
    // tf.js's gradient holds for the last axis only.
    await expectLikeTf((x) => [tf.cumsum(x, 2), tf.cumsum(x, 2, false, true)], [{ shape: [3, 4, 5] }])
    await expectLikeTf((x) => [tf.cumsum(x, 1), tf.cumsum(x, 0, true), tf.cumprod(x, 1, true, true)], [{ shape: [3, 4, 5] }], {
      gradients: false,
    })
  })

  it('moments, norms and batch normalisation', async () => {
    await expectLikeTf(
      (x) => {
        const { mean, variance } = tf.moments(x, [0, 1])
        return [mean, variance, tf.norm(x), tf.logSumExp(x, 1)]
      },
      [{ shape: [3, 4, 5] }],
    )
    const channel = { shape: [5], low: 0.5, high: 2 }
    await expectLikeTf(
      (x, m, v, o, s) => tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D, o as tf.Tensor1D, s as tf.Tensor1D),
      [{ shape: [2, 3, 3, 5] }, channel, channel, channel, channel],
    )
    await expectLikeTf((x, m, v) => tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D), [{ shape: [2, 3, 3, 5] }, channel, channel], {
      gradients: false,
    })
  })
})
