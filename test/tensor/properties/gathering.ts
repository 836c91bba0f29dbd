import fc from 'fast-check'
import { tf } from '../../../src/tensor/index.ts'
import { type Body, expectLikeTf, type Input } from '../against.ts'
import { type Property, property, shapes, upTo, withAxis } from './property.ts'

const floats = (shape: readonly number[]): Input => ({ shape, low: -9, high: 9 })
const indexed = fc.record({ over: withAxis(1, 4), index: shapes(1, 2), seed: fc.nat(99) })
const whole = (shape: readonly number[], size: number): Input => ({ shape, dtype: 'int32', low: 0, high: size - 1 })

export const gathers: Property[] = [
  property('gather', indexed, ({ over: { shape, axis }, index, seed }) =>
    expectLikeTf((x, i) => tf.gather(x!, i!, axis), [floats(shape), whole(index, shape[axis]!)], { seed }),
  ),
  property(
    'gather in batches',
    fc.record({ lead: upTo(3), inner: shapes(1, 3), count: upTo(4), axis: fc.nat(2) }),
    ({ lead, inner, count, axis }) => {
      const at = axis % inner.length
      const inputs = [floats([lead, ...inner]), whole([lead, count], inner[at]!)]
      return expectLikeTf((x, i) => tf.gather(x!, i!, 1 + at, 1), inputs)
    },
  ),
  property(
    'gatherND (tf.js has no gradient for it)',
    fc.record({ shape: shapes(1, 4), rows: upTo(5), depth: fc.nat(3) }),
    ({ shape, rows, depth }) => {
      const width = 1 + (depth % shape.length)
      return expectLikeTf((x, i) => tf.gatherND(x!, i!), [floats(shape), whole([rows, width], Math.min(...shape))], { gradients: 'none' })
    },
  ),
  property(
    'scatterND and tensorScatterUpdate (tf.js has no gradient for them)',
    fc.record({ rows: upTo(5), size: upTo(6), inner: shapes(0, 2) }),
    ({ rows, size, inner }) => {
      const shape = [size + rows, ...inner]
      const body: Body = (x, u, i) => {
        const places = tf.tensor2d(
          Array.from({ length: rows }, (_, row) => row + (size % 2)),
          [rows, 1],
          'int32',
        )
        return [tf.scatterND(i!, u!, shape), tf.tensorScatterUpdate(x!, places, u!)]
      }
      return expectLikeTf(body, [floats(shape), floats([rows, ...inner]), whole([rows, 1], size)], { gradients: 'none' })
    },
  ),
  property('unsortedSegmentSum', fc.record({ rows: upTo(6), inner: shapes(0, 2), segments: upTo(5) }), ({ rows, inner, segments }) =>
    expectLikeTf((x, i) => tf.unsortedSegmentSum(x!, i as tf.Tensor1D, segments), [floats([rows, ...inner]), whole([rows], segments)]),
  ),
  property('oneHot', fc.record({ shape: shapes(1, 3), depth: fc.integer({ min: 2, max: 5 }) }), ({ shape, depth }) =>
    expectLikeTf((i) => [tf.oneHot(i!, depth), tf.oneHot(i!, depth, 2, -1)], [whole(shape, depth + 2)]),
  ),
  property(
    'range and linspace',
    fc.record({ count: upTo(6), start: fc.integer({ min: -3, max: 3 }), step: fc.constantFrom(1, 2, 0.5, -1) }),
    ({ count, start, step }) =>
      expectLikeTf(
        (x) => [tf.mul(x!, tf.range(start, start + count * step, step)), tf.add(x!, tf.linspace(start, start + 2, count))],
        [{ shape: [count] }],
      ),
  ),
]
