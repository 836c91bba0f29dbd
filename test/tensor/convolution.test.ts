import fc from 'fast-check'
import { describe, it } from 'vitest'
import { tf } from '../../src/tensor/index.ts'
import { type Body, expectLikeTf, type Input, numbers } from './against.ts'

const side = fc.integer({ min: 1, max: 9 })
const some = (max: number) => fc.integer({ min: 1, max })

const geometry = fc
  .record({
    n: some(2),
    h: side,
    w: side,
    c: fc.constantFrom(1, 3, 8, 10),
    k: fc.constantFrom(1, 2, 9),
    fh: some(5),
    fw: some(5),
    sh: some(3),
    sw: some(3),
    pad: fc.constantFrom<'same' | 'valid' | number>('same', 'valid', 1),
  })
  .filter(({ h, w, fh, fw, pad }) => pad === 'same' || (h >= fh && w >= fw))
  // tf.js works a padding in numbers out for square filters only.
  .map((g) => (typeof g.pad === 'number' ? { ...g, fw: g.fh, sw: g.sh } : g))
  .filter(({ h, w, fh, fw }) => h + 2 >= fh && w + 2 >= fw)

describe('convolution', () => {
  it('has the values and gradients of tf.js, for any geometry', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async ({ n, h, w, c, k, fh, fw, sh, sw, pad }) => {
        const conv: Body = (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, [sh, sw], pad)
        await expectLikeTf(conv, [{ shape: [n, h, w, c] }, { shape: [fh, fw, c, k] }])
      }),
      { numRuns: 40, seed: 1 },
    )
  })

  it('of a constant filter', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async ({ n, h, w, c, k, fh, fw, sh, sw, pad }) => {
        const filter = numbers(fh * fw * c * k, 7)
        const conv: Body = (x) => tf.conv2d(x as tf.Tensor4D, tf.tensor4d(filter, [fh, fw, c, k]), [sh, sw], pad)
        await expectLikeTf(conv, [{ shape: [n, h, w, c] }])
      }),
      { numRuns: 15, seed: 2 },
    )
  })

  it.each([
    ['5×5 by 2, as encoders have it', [2, 16, 16, 8], [5, 5, 8, 12], 2],
    ['3×3, as decoders have it', [2, 8, 8, 16], [3, 3, 16, 64], 1],
    ['fewer channels out than in', [2, 8, 8, 32], [5, 5, 32, 3], 1],
    ['4×4 by 2, as discriminators have it', [2, 16, 16, 3], [4, 4, 3, 8], 2],
    ['1×1', [2, 5, 5, 16], [1, 1, 16, 8], 1],
    ['1×1 by 2', [2, 5, 5, 16], [1, 1, 16, 8], 2],
  ] as const)('%s', (_, x, filter, stride) =>
    expectLikeTf((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, 'same'), [{ shape: x }, { shape: filter }]),
  )

  it('dilated (tf.js has no gradient for it)', () =>
    expectLikeTf(
      (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same', 'NHWC', 2),
      [{ shape: [1, 9, 9, 8] }, { shape: [3, 3, 8, 4] }],
      { gradients: false },
    ))

  it('transposed', async () => {
    for (const stride of [1, 2, 3]) {
      const up: Body = (x, filter) =>
        tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [2, 4 * stride, 4 * stride, 3], stride, 'same')
      await expectLikeTf(up, [{ shape: [2, 4, 4, 5] }, { shape: [4, 4, 3, 5] }])
    }
  })

  it('depthwise and separable, for any geometry', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async ({ n, h, w, c, fh, fw, sh, pad }) => {
        const conv: Body = (x, filter) => tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, sh, pad)
        await expectLikeTf(conv, [{ shape: [n, h, w, c] }, { shape: [fh, fw, c, 2] }])
      }),
      { numRuns: 20, seed: 4 },
    )
    const separable: Body = (x, d, p) => tf.separableConv2d(x as tf.Tensor4D, d as tf.Tensor4D, p as tf.Tensor4D, 1, 'same')
    await expectLikeTf(separable, [{ shape: [1, 6, 6, 4] }, { shape: [3, 3, 4, 1] }, { shape: [1, 1, 4, 5] }])
  })

  it.each(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const)('fused with bias and %s', async (activation) => {
    const inputs: Input[] = [{ shape: [1, 6, 6, 3] }, { shape: [3, 3, 3, 4] }, { shape: [4] }, { shape: [1, 1, 4] }]
    const preluActivationWeights = (alpha: tf.Tensor) => (activation === 'prelu' ? { preluActivationWeights: alpha } : {})
    const shared = { strides: 1, pad: 'same', activation, leakyreluAlpha: 0.1 } as const
    await expectLikeTf(
      (x, filter, bias, alpha) =>
        tf.fused.conv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, bias, ...shared, ...preluActivationWeights(alpha!) }),
      inputs,
      { gradients: false },
    )
    await expectLikeTf(
      (x, filter, bias, alpha) =>
        tf.fused.depthwiseConv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          bias,
          ...shared,
          ...preluActivationWeights(alpha!),
        }),
      [inputs[0]!, { shape: [3, 3, 3, 1] }, { shape: [3] }, { shape: [1, 1, 3] }],
      { gradients: false },
    )
    await expectLikeTf(
      (a, b, bias, alpha) => tf.fused.matMul({ a, b, bias, activation, leakyreluAlpha: 0.1, ...preluActivationWeights(alpha!) }),
      [{ shape: [5, 7] }, { shape: [7, 4] }, { shape: [4] }, { shape: [4] }],
      { gradients: false },
    )
  })
})
