import { describe, it } from 'vitest'
import { tf } from '../../src/tensor/index.ts'
import { expectLikeTf } from './against.ts'

const conv =
  (stride: number, pad: 'same' | 'valid' = 'same') =>
  (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad)

/** Sizes at which the CPU's own lowerings begin; below them only the general ones are tried. */
describe('convolutions as the CPU computes them', () => {
  it.each([
    ['in blocks', [1, 32, 32, 16], [3, 3, 16, 32], 1],
    ['in blocks, from a picture', [1, 64, 64, 3], [5, 5, 3, 16], 2],
    ['in blocks, by phases', [2, 64, 64, 16], [5, 5, 16, 16], 2],
    ['in blocks, by phases of an even window', [2, 64, 64, 16], [4, 4, 16, 16], 2],
    ['in blocks, by three', [1, 96, 96, 16], [3, 3, 16, 16], 3],
    ['to few channels', [1, 64, 64, 16], [5, 5, 16, 3], 1],
    ['split between x and dy', [1, 64, 64, 16], [3, 3, 16, 16], 1],
    ['by Winograd', [2, 16, 16, 128], [3, 3, 128, 128], 1],
  ] as const)('%s', (_, x, filter, stride) => expectLikeTf(conv(stride), [{ shape: x }, { shape: filter }]))

  it('by Winograd without borders', () => expectLikeTf(conv(1, 'valid'), [{ shape: [3, 16, 18, 128] }, { shape: [3, 3, 128, 128] }]))
})
