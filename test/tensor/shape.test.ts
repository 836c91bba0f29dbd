import fc from 'fast-check'
import { describe, it } from 'vitest'
import { tf } from '../../src/tensor/index.ts'
import { type Body, expectLikeTf, type Input } from './against.ts'

const x: Input = { shape: [3, 4, 6] }
const picture: Input = { shape: [2, 4, 6, 8] }
const whole: Input = { shape: [3, 4, 6], dtype: 'int32', low: -9, high: 9 }

const cases: Record<string, Body> = {
  reshape: (a) => tf.reshape(tf.reshape(a, [12, 6]), [-1, 4]),
  'reshape of a sum': (a) => tf.reshape(tf.add(a, 1), [72]),
  transpose: (a) => tf.transpose(a, [2, 0, 1]),
  'transpose there and back': (a) => tf.transpose(tf.transpose(a, [2, 0, 1]), [1, 2, 0]),
  expandDims: (a) => tf.expandDims(a, -1),
  squeeze: (a) => tf.squeeze(tf.slice(a, [1, 0, 0], [1, 4, 6])),
  concat: (a) => tf.concat([a, tf.add(a, a), a], 1),
  'concat on the last axis': (a) => tf.concat([a, tf.neg(a)], -1),
  stack: (a) => tf.stack([a, tf.add(a, a)], 1),
  unstack: (a) => tf.unstack(a, 1),
  split: (a) => tf.split(a, 2, 1),
  'split by sizes': (a) => tf.split(a, [1, 2, 3], 2),
  slice: (a) => tf.slice(a, [1, 0, 2], [2, -1, 3]),
  stridedSlice: (a) => tf.stridedSlice(a, [0, 3, 1], [3, 0, 6], [2, -1, 2]),
  'stridedSlice with masks': (a) => tf.stridedSlice(a, [0, 1, 0], [0, 2, 3], [1, 1, 1], 1, 1, 0, 0, 2),
  'stridedSlice all the way back': (a) => tf.stridedSlice(a, [2, 0, 0], [0, 4, 6], [-1, 1, 1], 0, 1),
  pad: (a) =>
    tf.pad(
      a,
      [
        [1, 2],
        [0, 0],
        [3, 0],
      ],
      0.5,
    ),
  'mirrorPad reflect': (a) =>
    tf.mirrorPad(
      a,
      [
        [1, 2],
        [3, 1],
        [0, 5],
      ],
      'reflect',
    ),
  'mirrorPad symmetric': (a) =>
    tf.mirrorPad(
      a,
      [
        [1, 2],
        [3, 4],
        [0, 6],
      ],
      'symmetric',
    ),
  tile: (a) => tf.tile(a, [2, 1, 3]),
  gather: (a) => tf.gather(a, tf.tensor1d([3, 0, 0, 2], 'int32'), 1),
  'gather by a matrix': (a) =>
    tf.gather(
      a,
      tf.tensor2d(
        [
          [1, 2],
          [0, 1],
        ],
        [2, 2],
        'int32',
      ),
      0,
    ),
  reverse: (a) => tf.reverse(a, [0, 2]),
  'reverse all': (a) => tf.reverse(a),
  broadcastTo: (a) => tf.broadcastTo(tf.expandDims(a, 0), [2, 3, 4, 6]),
  identity: (a) => tf.clone(a),
  'another shape of the same tensor': (a) => a.flatten(),
}
/** tf.js itself has no gradient for these. */
const WITHOUT_GRADIENT = new Set(['stridedSlice', 'stridedSlice with masks', 'stridedSlice all the way back'])

describe('shape kernels', () => {
  it.each(Object.entries(cases))('%s', async (name, body) => {
    await expectLikeTf(body, [x], { gradients: !WITHOUT_GRADIENT.has(name) })
    if (!/pad/i.test(name)) await expectLikeTf(body, [whole], { gradients: false })
  })

  it('depthToSpace (tf.js has no gradient for it)', () =>
    expectLikeTf((a) => tf.depthToSpace(a as tf.Tensor4D, 2), [picture], { gradients: false }))
  it('spaceToBatch and back', () =>
    expectLikeTf(
      (a) => [
        tf.spaceToBatchND(
          a,
          [2, 3],
          [
            [0, 0],
            [1, 2],
          ],
        ),
        tf.batchToSpaceND(
          tf.spaceToBatchND(
            a,
            [2, 2],
            [
              [0, 0],
              [0, 0],
            ],
          ),
          [2, 2],
          [
            [1, 0],
            [0, 1],
          ],
        ),
      ],
      [picture],
    ))

  it('gathers within batches and by coordinates', async () => {
    const index: Input = { shape: [2, 3], dtype: 'int32', low: 0, high: 3 }
    await expectLikeTf((a, i) => tf.gather(a, i!, 1, 1), [picture, index], { gradients: false })
    await expectLikeTf((a, i) => tf.gather(a, i!, 2, 1), [picture, index], { gradients: false })
    await expectLikeTf((a, i) => tf.gatherND(a, i!), [x, { shape: [5, 2], dtype: 'int32', low: 0, high: 2 }], { gradients: false })
    await expectLikeTf((u, i) => tf.scatterND(i!, u!, [7, 3]), [{ shape: [5, 3] }, { shape: [5, 1], dtype: 'int32', low: 0, high: 6 }], {
      gradients: false,
    })
  })

  it('one-hot, ranges and lines', () =>
    expectLikeTf(
      (a, i) => [tf.mul(a, tf.range(0, 6, 1)), tf.add(a, tf.linspace(0, 1, 6)), tf.oneHot(i!, 4), tf.oneHot(i!, 4, 2, -1)],
      [x, { shape: [2, 3], dtype: 'int32', low: 0, high: 3 }],
      { gradients: false },
    ))

  it('transposes by any permutation', async () => {
    const permutation = fc.integer({ min: 1, max: 5 }).chain((rank) =>
      fc.record({
        shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: rank, maxLength: rank }),
        perm: fc.shuffledSubarray(
          Array.from({ length: rank }, (_, i) => i),
          { minLength: rank, maxLength: rank },
        ),
      }),
    )
    await fc.assert(
      fc.asyncProperty(permutation, ({ shape, perm }) => expectLikeTf((a) => tf.transpose(a, perm), [{ shape }])),
      { numRuns: 15, seed: 1 },
    )
  })
})
