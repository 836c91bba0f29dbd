import fc from 'fast-check'
import { tf } from '../../../src/tensor/index.ts'
import { type Body, expectLikeTf, type Input } from '../against.ts'
import { preluShapes } from './elementwise.ts'
import { broadcastable, type Property, property, shapes } from './property.ts'

const wide: Pick<Input, 'low' | 'high'> = { low: -3, high: 3 }

const kinds = fc.record({ shapes: broadcastable(), dtype: fc.constantFrom<'float32' | 'int32' | 'bool'>('float32', 'int32', 'bool') })
const comparisons = ['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual', 'logicalAnd', 'logicalOr', 'logicalXor'] as const

const tests = comparisons.map((name) =>
  property(name, kinds, ({ shapes: [a, b], dtype }) => {
    const type = name.startsWith('logical') ? 'bool' : dtype
    // Halves, so that some are equal.
    const coarse = (x: tf.Tensor): tf.Tensor => (type === 'float32' ? tf.round(x) : x)
    const body: Body = (x, y) => tf[name](coarse(x!), coarse(y!))
    return expectLikeTf(
      body,
      [a, b].map((shape) => ({ shape, dtype: type, ...wide })),
      { gradients: 'none' },
    )
  }),
)

const integers = (['abs', 'neg', 'sign', 'square', 'relu', 'relu6', 'round', 'zerosLike', 'onesLike', 'leakyRelu'] as const).map((name) =>
  property(
    `${name} of integers`,
    shapes(0, 4),
    (shape) => expectLikeTf(tf[name] as Body, [{ shape, dtype: 'int32', low: -9, high: 9 }]),
    8,
  ),
)

const integerPairs = (['add', 'sub', 'mul', 'maximum', 'minimum', 'squaredDifference', 'floorDiv', 'mod', 'prelu'] as const).map((name) =>
  property(
    `${name} of integers`,
    name === 'prelu' ? broadcastable().map(preluShapes) : broadcastable(),
    (both) =>
      expectLikeTf(
        tf[name] as Body,
        both.map((shape) => ({ shape, dtype: 'int32', low: -9, high: 9 })),
      ),
    12,
  ),
)

/** tf.js's CPU backend cuts these off to integers; the tracer computes them in floats, as tf.js's other backends do. */
const ofIntegers = (['asinh', 'atan', 'exp', 'expm1', 'log1p', 'reciprocal', 'selu', 'sinh', 'softplus'] as const).map((name) =>
  property(
    `${name} of integers`,
    shapes(0, 4),
    (shape) =>
      expectLikeTf((x) => tf[name](x!), [{ shape, dtype: 'int32', low: 1, high: 9 }], { like: (x) => tf[name](tf.cast(x!, 'float32')) }),
    8,
  ),
)

const choices = [
  property('where', fc.tuple(broadcastable(), kinds), ([[condition, a], { dtype }]) =>
    expectLikeTf(
      (c, x, y) => tf.where(c!, x!, y!),
      [
        { shape: condition, dtype: 'bool' },
        { shape: a, dtype },
        { shape: a, dtype },
      ],
    ),
  ),
  property('logicalNot', shapes(0, 4), (shape) => expectLikeTf(tf.logicalNot as Body, [{ shape, dtype: 'bool' }])),
  property('cast', fc.record({ ...{ shape: shapes(0, 4) }, from: kinds, to: kinds }), ({ shape, from, to }) =>
    expectLikeTf((x) => tf.cast(x!, to.dtype), [{ shape, dtype: from.dtype, ...wide }], { gradients: 'none' }),
  ),
  property('isNaN, isInf and isFinite', kinds, ({ shapes: [shape], dtype }) =>
    expectLikeTf(
      (x) => {
        const odd = dtype === 'float32' ? tf.div(tf.relu(x!), tf.relu(tf.neg(tf.round(x!)))) : x!
        return [tf.isNaN(odd), tf.isInf(odd), tf.isFinite(odd)]
      },
      [{ shape, dtype, ...wide }],
      { gradients: 'none' },
    ),
  ),
  property('addN', fc.record({ shape: shapes(0, 4), count: fc.integer({ min: 1, max: 4 }) }), ({ shape, count }) =>
    expectLikeTf(
      (...xs) => tf.addN(xs),
      Array.from({ length: count }, () => ({ shape })),
    ),
  ),
  // Small ones are constants; only large ones reach the kernel.
  property(
    'fill',
    fc.record({ rows: fc.integer({ min: 250, max: 260 }), inner: shapes(1, 3), value: fc.integer({ min: -9, max: 9 }) }),
    ({ rows, inner, value }) => expectLikeTf((x) => tf.mul(x!, tf.sum(tf.fill([rows, 270, ...inner], value), [0, 1])), [{ shape: inner }]),
    10,
  ),
]

export const logic: Property[] = [...tests, ...integers, ...integerPairs, ...ofIntegers, ...choices]
