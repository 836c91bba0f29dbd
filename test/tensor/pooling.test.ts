import fc from 'fast-check'
import { describe, it } from 'vitest'
import { tf } from '../../src/tensor/index.ts'
import { expectLikeTf } from './against.ts'

const geometry = fc
  .record({
    h: fc.integer({ min: 1, max: 8 }),
    w: fc.integer({ min: 1, max: 8 }),
    window: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
  })
  .filter(({ h, w, window, pad }) => pad === 'same' || (h >= window && w >= window))

describe('pooling', () => {
  it.each([
    ['max', tf.maxPool],
    ['average', tf.avgPool],
  ] as const)('%s, for any geometry', async (_, pool) => {
    await fc.assert(
      fc.asyncProperty(geometry, ({ h, w, window, stride, pad }) =>
        expectLikeTf((x) => pool(x as tf.Tensor4D, window, stride, pad), [{ shape: [2, h, w, 3] }]),
      ),
      { numRuns: 20, seed: 1 },
    )
  })

  it('max gives the gradient to the first of equals', () =>
    expectLikeTf((x) => tf.maxPool(tf.relu(x) as tf.Tensor4D, 3, 2, 'same'), [{ shape: [1, 8, 8, 3], low: -2, high: 1 }]))
})

describe('resizing', () => {
  const sizes = fc.record({
    h: fc.integer({ min: 1, max: 7 }),
    w: fc.integer({ min: 1, max: 7 }),
    oh: fc.integer({ min: 1, max: 11 }),
    ow: fc.integer({ min: 1, max: 11 }),
    mode: fc.constantFrom('plain', 'corners', 'centres'),
  })
  it('bilinear', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, ({ h, w, oh, ow, mode }) =>
        // tf.js's gradient ignores half-pixel centres and confuses the sides of oblong pictures.
        expectLikeTf(
          (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [oh, ow], mode === 'corners', mode === 'centres'),
          [{ shape: [2, h, w, 3] }],
          { gradients: mode !== 'centres' && h === w },
        ),
      ),
      { numRuns: 30, seed: 1 },
    )
  })
  it('nearest', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, ({ h, w, oh, ow, mode }) =>
        expectLikeTf(
          (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [oh, ow], mode === 'corners', mode === 'centres'),
          [{ shape: [2, h, w, 3] }],
          { gradients: false },
        ),
      ),
      { numRuns: 30, seed: 1 },
    )
    // tf.js's gradient holds for one square picture.
    await expectLikeTf((x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [8, 8]), [{ shape: [1, 4, 4, 3] }])
  })
})
