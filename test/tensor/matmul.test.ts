import fc from 'fast-check'
import { describe, it } from 'vitest'
import { tf } from '../../src/tensor/index.ts'
import { expectLikeTf } from './against.ts'

describe('products', () => {
  it('of any matrices and batches, either side transposed', async () => {
    const sizes = fc.record({
      m: fc.integer({ min: 1, max: 6 }),
      k: fc.integer({ min: 1, max: 6 }),
      n: fc.integer({ min: 1, max: 6 }),
      a: fc.constantFrom<number[]>([], [1], [3], [2, 3]),
      b: fc.constantFrom<number[]>([], [1], [3], [2, 3]),
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(sizes, async ({ m, k, n, a, b, transposeA, transposeB }) => {
        const left = [...a, ...(transposeA ? [k, m] : [m, k])]
        const right = [...b, ...(transposeB ? [n, k] : [k, n])]
        // tf.js has no gradient where batches broadcast.
        const gradients = a.join() === b.join()
        await expectLikeTf((x, y) => tf.matMul(x, y, transposeA, transposeB), [{ shape: left }, { shape: right }], { gradients })
      }),
      { numRuns: 30, seed: 1 },
    )
  })

  it('of vectors, and by einsum', async () => {
    await expectLikeTf((x, y) => tf.dot(x, y), [{ shape: [5] }, { shape: [5] }])
    await expectLikeTf((x, y) => tf.outerProduct(x as tf.Tensor1D, y as tf.Tensor1D), [{ shape: [5] }, { shape: [4] }])
    await expectLikeTf((x, y) => tf.einsum('bij,jk->bik', x, y), [{ shape: [2, 3, 4] }, { shape: [4, 5] }], { gradients: false })
    await expectLikeTf((x, y) => tf.einsum('bhi,bhj->bij', x, y), [{ shape: [2, 3, 4] }, { shape: [2, 3, 5] }], { gradients: false })
  })
})
