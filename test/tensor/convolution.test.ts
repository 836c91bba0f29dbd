import { describe, it } from 'vitest'
import { tf } from '../../src/tensor/index.ts'
import { expectLikeTf } from './against.ts'

describe('convolutions of the sizes that networks have', () => {
  it.each([
    ['5×5 by 2, as encoders have it', [2, 16, 16, 8], [5, 5, 8, 12], 2],
    ['3×3, as decoders have it', [2, 8, 8, 16], [3, 3, 16, 64], 1],
    ['fewer channels out than in', [2, 8, 8, 32], [5, 5, 32, 3], 1],
    ['few channels out of many pixels', [2, 16, 32, 16], [3, 3, 16, 4], 1],
    ['4×4 by 2, as discriminators have it', [2, 16, 16, 3], [4, 4, 3, 8], 2],
    ['1×1', [2, 5, 5, 16], [1, 1, 16, 8], 1],
    ['1×1 by 2', [2, 5, 5, 16], [1, 1, 16, 8], 2],
  ] as const)('%s', (_, x, filter, stride) =>
    expectLikeTf((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, 'same'), [{ shape: x }, { shape: filter }]),
  )

  it('too large for columns', () =>
    expectLikeTf(
      (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same'),
      [{ shape: [1, 160, 160, 24] }, { shape: [3, 3, 24, 2] }],
      {
        gradients: 'tf',
      },
    ))

  it('1×1 with padding on the right alone', () => {
    const right: [[number, number], [number, number], [number, number], [number, number]] = [
      [0, 0],
      [0, 0],
      [0, 2],
      [0, 0],
    ]
    return expectLikeTf(
      (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, right),
      [{ shape: [1, 3, 3, 8] }, { shape: [1, 1, 8, 4] }],
    )
  })
})
