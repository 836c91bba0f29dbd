import fc from 'fast-check'
import { tf } from '../../../src/tensor/index.ts'
import { type Body, expectLikeTf } from '../against.ts'
import { type Property, property, shapes, upTo, withAxes, withAxis } from './property.ts'

const flags = { keepDims: fc.boolean(), negative: fc.boolean() }
const cases = fc.record({ over: withAxes(1, 4), ...flags })

const sums = (['sum', 'mean', 'max', 'min', 'prod'] as const).flatMap((name) => [
  property(`${name} over any axes`, cases, ({ over: { shape, axes }, keepDims, negative }) => {
    const axis = negative && name !== 'prod' ? axes.map((i) => i - shape.length) : axes
    return expectLikeTf((x) => tf[name](x!, axis, keepDims), [{ shape, low: 0.5, high: 2 }])
  }),
  property(`${name} of integers`, cases, ({ over: { shape, axes }, keepDims }) =>
    expectLikeTf(
      (x) => tf[name](x!, axes, keepDims),
      [{ shape, dtype: 'int32', ...(name === 'prod' ? { low: -1 } : { low: -5, high: 5 }) }],
    ),
  ),
])

const truths = property('any, all and sum of truth values', cases, ({ over: { shape, axes }, keepDims }) =>
  expectLikeTf((x) => [tf.any(x!, axes, keepDims), tf.all(x!, axes, keepDims), tf.sum(x!, axes, keepDims)], [{ shape, dtype: 'bool' }]),
)

const places = property('argMax and argMin', withAxis(1, 4), ({ shape, axis }) =>
  expectLikeTf((x) => [tf.argMax(x!, axis), tf.argMin(x!, axis - shape.length)], [{ shape }], { gradients: 'none' }),
)

const largest = property('topk', fc.record({ lead: shapes(0, 2), size: upTo(8), share: fc.nat(7) }), ({ lead, size, share }) =>
  expectLikeTf((x) => Object.values(tf.topk(x!, 1 + (share % size))) as tf.Tensor[], [{ shape: [...lead, size] }], { gradients: 'none' }),
)

const running = fc.record({ over: withAxis(1, 4), exclusive: fc.boolean(), reverse: fc.boolean() })

/** tf.js's own gradient of cumsum is wrong off the last axis; ours replaces it, and differences judge it. */
const runningSums = property(
  'cumsum',
  running,
  ({ over: { shape, axis }, exclusive, reverse }) => expectLikeTf((x) => tf.cumsum(x!, axis, exclusive, reverse), [{ shape }]),
  40,
)

const runningProducts = property('cumprod (tf.js has no gradient for it)', running, ({ over: { shape, axis }, exclusive, reverse }) =>
  expectLikeTf((x) => tf.cumprod(x!, axis, exclusive, reverse), [{ shape, low: 0.5, high: 2 }], { gradients: 'none' }),
)

const softmaxes = (['softmax', 'logSoftmax'] as const).map((name) =>
  property(name, shapes(1, 4, 6), (shape) => expectLikeTf((x) => tf[name](x!), [{ shape, low: -6, high: 6 }])),
)

const statistics = property('moments, norm and logSumExp', cases, ({ over: { shape, axes }, keepDims }) =>
  expectLikeTf(
    (x) => {
      const { mean, variance } = tf.moments(x!, axes, keepDims)
      return [mean, variance, tf.logSumExp(x!, axes, keepDims), tf.norm(x!, 'euclidean', axes[0]!, keepDims)]
    },
    [{ shape, low: 0.2, high: 2 }],
  ),
)

const batchNorm = property(
  'batchNorm',
  fc.record({ n: upTo(3), h: upTo(3), w: upTo(3), c: upTo(5), offset: fc.boolean(), scale: fc.boolean() }),
  ({ n, h, w, c, offset, scale }) => {
    const channel = { shape: [c], low: 0.5, high: 2 }
    const body: Body = (x, m, v, o, s) =>
      tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D, offset ? (o as tf.Tensor1D) : undefined, scale ? (s as tf.Tensor1D) : undefined)
    // tf.js's gradient fails without offset or scale.
    const gradients = scale && offset ? 'both' : 'none'
    const inputs = [{ shape: [n, h, w, c] }, channel, channel, { ...channel, fixed: !offset }, { ...channel, fixed: !scale }]
    return expectLikeTf(body, inputs, { gradients })
  },
)

const responses = property(
  'localResponseNormalization',
  fc.record({ n: upTo(2), h: upTo(3), w: upTo(3), c: upTo(8), radius: fc.nat(4), alpha: upTo(3), beta: fc.constantFrom(0.5, 0.75, 1) }),
  ({ n, h, w, c, radius, alpha, beta }) =>
    expectLikeTf((x) => tf.localResponseNormalization(x as tf.Tensor4D, radius, 1, alpha, beta), [{ shape: [n, h, w, c] }]),
)

export const reductions: Property[] = [
  ...sums,
  truths,
  places,
  largest,
  runningSums,
  runningProducts,
  ...softmaxes,
  statistics,
  batchNorm,
  responses,
]
