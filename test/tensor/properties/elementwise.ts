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
  prelu: [tf.prelu as Binary, wide, unit],
  squaredDifference: [tf.squaredDifference, wide, wide],
  sub: [tf.sub, wide, wide],
}

/** The shapes of prelu's inputs: its result has that of the first. */
export const preluShapes = ([a, b]: [number[], number[]]): [number[], number[]] => [tf.broadcast_util.assertAndGetBroadcastShape(a, b), b]

const ofTwo = Object.entries(binary).map(([name, [op, a, b]]) =>
  property(name, name === 'prelu' ? broadcastable().map(preluShapes) : broadcastable(), ([left, right]) =>
    expectLikeTf(op as Body, [
      { shape: left, ...a },
      { shape: right, ...b },
    ]),
  ),
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

export const elementwise: Property[] = [...ofOne, ...ofTwo, ...divisions]
