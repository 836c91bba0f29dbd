import fc from 'fast-check'
import { tf } from '../../../src/tensor/index.ts'
import { type Body, expectLikeTf, type Input } from '../against.ts'
import { broadcastable, type Property, property, shapes } from './property.ts'

type Unary = (x: tf.Tensor) => tf.Tensor
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor
type Range = Pick<Input, 'low' | 'high'>

const wide: Range = { low: -3, high: 3 }
const positive: Range = { low: 0.05, high: 4 }
const unit: Range = { low: -0.95, high: 0.95 }

/** Operations of one input with the values that they are defined for. */
const unary: Record<string, [Unary, Range]> = {
  abs: [tf.abs, wide],
  acos: [tf.acos, unit],
  acosh: [tf.acosh, { low: 1.05, high: 4 }],
  asin: [tf.asin, unit],
  asinh: [tf.asinh, wide],
  atan: [tf.atan, wide],
  atanh: [tf.atanh, unit],
  ceil: [tf.ceil, wide],
  clipByValue: [(x) => tf.clipByValue(x, -0.5, 1), wide],
  cos: [tf.cos, wide],
  cosh: [tf.cosh, wide],
  elu: [tf.elu, wide],
  erf: [tf.erf, wide],
  exp: [tf.exp, wide],
  expm1: [tf.expm1, wide],
  'expm1 near 0': [tf.expm1, { low: -1e-6, high: 1e-6 }],
  floor: [tf.floor, wide],
  leakyRelu: [(x) => tf.leakyRelu(x, 0.1), wide],
  log: [tf.log, positive],
  log1p: [tf.log1p, { low: -0.9, high: 4 }],
  'log1p near 0': [tf.log1p, { low: -1e-6, high: 1e-6 }],
  logSigmoid: [tf.logSigmoid, wide],
  neg: [tf.neg, wide],
  onesLike: [(x) => tf.mul(x, tf.onesLike(x)), wide],
  reciprocal: [tf.reciprocal, positive],
  relu: [tf.relu, wide],
  relu6: [(x) => tf.relu6(tf.mul(x, 4)), wide],
  round: [(x) => tf.round(tf.mul(x, 3)), wide],
  rsqrt: [tf.rsqrt, positive],
  selu: [tf.selu, wide],
  sigmoid: [tf.sigmoid, wide],
  sign: [tf.sign, wide],
  sin: [tf.sin, wide],
  sinh: [tf.sinh, wide],
  softplus: [tf.softplus, { low: -8, high: 8 }],
  sqrt: [tf.sqrt, positive],
  square: [tf.square, wide],
  step: [(x) => tf.step(x, 0.3), wide],
  tan: [tf.tan, unit],
  tanh: [tf.tanh, wide],
  zerosLike: [(x) => tf.add(x, tf.zerosLike(x)), wide],
}

const ofOne = Object.entries(unary).map(([name, [op, range]]) =>
  property(name, shapes(0, 4), (shape) => expectLikeTf(op as Body, [{ shape, ...range }]), 14),
)

/** Operations of two inputs with the values of the first and the second. */
const binary: Record<string, [Binary, Range, Range]> = {
  add: [tf.add, wide, wide],
  atan2: [tf.atan2, wide, positive],
  'atan2 of any quadrant': [tf.atan2, wide, wide],
  div: [tf.div, wide, positive],
  maximum: [tf.maximum, wide, wide],
  minimum: [tf.minimum, wide, wide],
  mod: [tf.mod, wide, positive],
  'mod by negative numbers': [tf.mod, wide, { low: -3, high: -0.1 }],
  mul: [tf.mul, wide, wide],
  pow: [tf.pow, positive, wide],
  prelu: [(a, b) => tf.prelu(a, tf.broadcastTo(b, tf.add(a, b).shape)), wide, unit],
  squaredDifference: [tf.squaredDifference, wide, wide],
  sub: [tf.sub, wide, wide],
}

const ofTwo = Object.entries(binary).map(([name, [op, a, b]]) =>
  property(name, broadcastable(), ([left, right]) => {
    const inputs = [
      { shape: left, ...a },
      { shape: right, ...b },
    ]
    // prelu takes the shape of its first input.
    const first = name === 'prelu' ? [{ ...inputs[0]!, shape: left.length >= right.length ? left : right }, inputs[1]!] : inputs
    return expectLikeTf(op as Body, first)
  }),
)

// tf.js gives floorDiv the gradient of div, and divNoNan none.
const divisions = [
  property('floorDiv', broadcastable(), ([a, b]) =>
    expectLikeTf(
      tf.floorDiv as Body,
      [
        { shape: a, ...wide },
        { shape: b, ...positive },
      ],
      { gradients: 'none' },
    ),
  ),
  property('divNoNan', broadcastable(), ([a, b]) =>
    expectLikeTf((x, y) => tf.divNoNan(x!, tf.relu(y!)), [{ shape: a }, { shape: b }], { gradients: 'none' }),
  ),
]

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
    broadcastable(),
    ([a, b]) => {
      // prelu takes the shape of its first input.
      const ordered = name === 'prelu' && a.length < b.length ? [b, a] : [a, b]
      const same = name === 'prelu' ? [ordered[0]!, ordered[0]!] : ordered
      return expectLikeTf(
        tf[name] as Body,
        same.map((shape) => ({ shape, dtype: 'int32', low: -9, high: 9 })),
        { gradients: 'none' },
      )
    },
    12,
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

export const elementwise: Property[] = [...ofOne, ...ofTwo, ...divisions, ...tests, ...integers, ...integerPairs, ...choices]
