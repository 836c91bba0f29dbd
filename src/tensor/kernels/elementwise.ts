import type { Graph, Value } from '../graph.ts'
import { type Kernel, type KernelTable, kernel } from './kernel.ts'
import { add, binary, broadcastShape, cast, div, expand, mul, reshape, sub, unary, where } from './nodes.ts'

interface X {
  readonly x: Value
}
interface AB {
  readonly a: Value
  readonly b: Value
}

const ofOne = (op: string): Kernel => kernel<X>((graph, { x }) => unary(graph, op, x))
const arithmetic = (op: string): Kernel => kernel<AB>((graph, { a, b }) => binary(graph, op, a, b))
const testing = (op: string): Kernel => kernel<X>((graph, { x }) => graph.node(op, [x], x.shape, {}, 'bool'))

const comparing = (op: string): Kernel =>
  kernel<AB>((graph, { a, b }) => {
    const both = a.dtype === 'bool' && op !== 'Equal' ? [cast(graph, a, 'int32'), cast(graph, b, 'int32')] : [a, b]
    return binary(graph, op, both[0]!, both[1]!, 'bool')
  })

const logical = (op: string): Kernel =>
  kernel<AB>((graph, { a, b }) => binary(graph, op, cast(graph, a, 'bool'), cast(graph, b, 'bool'), 'bool'))

export function clip(graph: Graph, x: Value, low: number, high: number): Value {
  return graph.node('Clip', [x, graph.scalar(low, x.dtype), graph.scalar(high, x.dtype)], x.shape)
}

export function prelu(graph: Graph, x: Value, alpha: Value): Value {
  return graph.node('PRelu', [x, alpha], x.shape)
}

const positive = (graph: Graph, x: Value): Value => binary(graph, 'Greater', x, graph.scalar(0, x.dtype), 'bool')

function constantLike(value: number): Kernel {
  return kernel<X>((graph, { x }) => expand(graph, graph.scalar(value, x.dtype), x.shape))
}

/** The remainder has the divisor's sign (and is 0 where an integer divisor is 0), as ONNX has it for integers; for floats its remainder has the dividend's. */
const mod = kernel<AB>((graph, { a, b }) => {
  if (a.dtype === 'int32')
    return binary(graph, 'Mod', a, where(graph, binary(graph, 'Equal', b, graph.scalar(0, 'int32'), 'bool'), graph.scalar(1, 'int32'), b))
  const rest = graph.node('Mod', [a, b], broadcastShape(a.shape, b.shape), { fmod: 1 })
  const turned = binary(graph, 'Less', mul(graph, rest, b), graph.scalar(0), 'bool')
  return where(graph, turned, add(graph, rest, b), rest)
})

/** Whole numbers, whatever comes in; 0 where b is 0. */
const floorDiv = kernel<AB>((graph, { a, b }) => {
  const zero = graph.scalar(0, 'float64')
  const divisor = cast(graph, b, 'float64')
  const quotient = unary(graph, 'Floor', div(graph, cast(graph, a, 'float64'), divisor))
  return cast(graph, where(graph, binary(graph, 'Equal', divisor, zero, 'bool'), zero, quotient), 'int32')
})

/** log(1 + x), exact for small x too: what rounding 1 + x lost is made good by the ratio (Kahan; Higham 2002, 1.14.1). */
const log1p = kernel<X>((graph, { x }) => {
  const one = graph.scalar(1)
  const sum = add(graph, x, one)
  const [small, large] = [one, x].map((value) => binary(graph, 'Equal', sum, value, 'bool')) as [Value, Value]
  const ratio = div(graph, x, where(graph, small, one, sub(graph, sum, one)))
  const exact = mul(graph, unary(graph, 'Log', sum), where(graph, large, one, ratio))
  return where(graph, small, x, exact)
})

/** exp(x) − 1, exact for small x too, as 2·tanh(x/2) / (1 − tanh(x/2)); far from zero the plain difference is. */
const expm1 = kernel<X>((graph, { x }) => {
  const one = graph.scalar(1)
  const half = unary(graph, 'Tanh', mul(graph, x, graph.scalar(0.5)))
  const small = div(graph, add(graph, half, half), sub(graph, one, half))
  const near = binary(graph, 'Less', unary(graph, 'Abs', x), graph.scalar(0.5), 'bool')
  return where(graph, near, small, sub(graph, unary(graph, 'Exp', x), one))
})

/** The angle of (b, a): the arc tangent of a/b, moved by the quadrant. */
const atan2 = kernel<AB>((graph, { a, b }) => {
  const plain = unary(graph, 'Atan', div(graph, a, b))
  const zero = graph.scalar(0)
  const turn = where(graph, binary(graph, 'Less', a, zero, 'bool'), graph.scalar(-Math.PI), graph.scalar(Math.PI))
  const turned = where(graph, binary(graph, 'Less', b, zero, 'bool'), add(graph, plain, turn), plain)
  const still = binary(graph, 'And', binary(graph, 'Equal', a, zero, 'bool'), binary(graph, 'Equal', b, zero, 'bool'), 'bool')
  return where(graph, still, zero, turned)
})

/** Larger than one over the smallest normal number: what it scales is past any slope, or zero. */
const STEEP = 3e38

/** 1 where x is above 0, else `slope` (at most 1): two cheap passes where `Where` takes several. Numbers below 1e-38 count as zero. */
function slopeOf(graph: Graph, x: Value, slope: number): Value {
  const steep = mul(graph, x, graph.scalar(STEEP))
  return slope === 0 ? clip(graph, steep, 0, 1) : clip(graph, steep, slope, 1)
}

const isScalar = (value: Value): boolean => value.data?.length === 1
const numberIn = (value: Value): number => Number(value.data![0])

/** The gradient of a leaky ReLU as tf.js asks for it, where(x > 0, dy, dy·slope), as dy times the slope at what the forward pass made of x. */
function leakyGradient(graph: Graph, condition: Value, dy: Value, scaled: Value): Value | undefined {
  const [test, product] = [graph.producer(condition), graph.producer(scaled)]
  if (graph.lowering.cpu !== true || test?.op !== 'Greater' || product?.op !== 'Mul' || product.inputs[0] !== dy) return undefined
  const [x, zero, factor] = [test.inputs[0]!, test.inputs[1]!, product.inputs[1]!]
  if (!isScalar(zero) || numberIn(zero) !== 0 || !isScalar(factor) || x.shape.join() !== dy.shape.join()) return undefined
  const slope = numberIn(factor)
  if (!(slope > 0 && slope <= 1)) return undefined
  // The sign of the output is that of the input, and asking for it leaves the input to be fused away.
  const y = graph.find('LeakyRelu', [x], { alpha: slope }) ?? x
  return mul(graph, dy, slopeOf(graph, y, slope))
}

const select = kernel<{ condition: Value; t: Value; e: Value }>((graph, { condition, t, e }) => {
  const spread = condition.shape.length === 1 && t.shape.length > 1
  const test = spread ? reshape(graph, condition, [condition.shape[0]!, ...t.shape.slice(1).map(() => 1)]) : condition
  const leaky = leakyGradient(graph, condition, t, e)
  if (leaky !== undefined) return leaky
  return where(graph, cast(graph, test, 'bool'), t, e)
})

const eluGrad = kernel<{ dy: Value; y: Value }>((graph, { dy, y }) =>
  where(graph, binary(graph, 'GreaterOrEqual', y, graph.scalar(0), 'bool'), dy, mul(graph, dy, add(graph, y, graph.scalar(1)))),
)

const step = kernel<X, { alpha: number }>((graph, { x }, { alpha }) => {
  if (graph.lowering.cpu === true && x.dtype === 'float32' && alpha <= 1) {
    if (alpha >= 0) return slopeOf(graph, x, alpha)
    return add(graph, mul(graph, slopeOf(graph, x, 0), graph.scalar(1 - alpha)), graph.scalar(alpha))
  }
  const stepped = where(graph, positive(graph, x), graph.scalar(1), graph.scalar(alpha))
  return x.dtype === 'float32' ? stepped : cast(graph, stepped, x.dtype)
})

export const elementwise: KernelTable = {
  Abs: ofOne('Abs'),
  Acos: ofOne('Acos'),
  Acosh: ofOne('Acosh'),
  Add: arithmetic('Add'),
  AddN: ({ graph, inputs }) => Object.values(inputs).reduce((total, value) => add(graph, total, value)),
  Asin: ofOne('Asin'),
  Asinh: ofOne('Asinh'),
  Atan: ofOne('Atan'),
  Atan2: atan2,
  Atanh: ofOne('Atanh'),
  Cast: kernel<X, { dtype: 'float32' | 'int32' | 'bool' }>((graph, { x }, { dtype }) => cast(graph, x, dtype)),
  Ceil: ofOne('Ceil'),
  ClipByValue: kernel<X, { clipValueMin: number; clipValueMax: number }>((graph, { x }, a) =>
    clip(graph, x, a.clipValueMin, a.clipValueMax),
  ),
  Cos: ofOne('Cos'),
  Cosh: ofOne('Cosh'),
  Elu: ofOne('Elu'),
  EluGrad: eluGrad,
  Equal: comparing('Equal'),
  Erf: ofOne('Erf'),
  Exp: ofOne('Exp'),
  Expm1: expm1,
  Floor: ofOne('Floor'),
  FloorDiv: floorDiv,
  Greater: comparing('Greater'),
  GreaterEqual: comparing('GreaterOrEqual'),
  Identity: kernel<X>((_, { x }) => x),
  IsFinite: kernel<X>((graph, { x }) => {
    const odd = [graph.node('IsNaN', [x], x.shape, {}, 'bool'), graph.node('IsInf', [x], x.shape, {}, 'bool')] as const
    return unary(graph, 'Not', binary(graph, 'Or', odd[0], odd[1], 'bool'))
  }),
  IsInf: testing('IsInf'),
  IsNan: testing('IsNaN'),
  LeakyRelu: kernel<X, { alpha: number }>((graph, { x }, { alpha }) =>
    graph.node('LeakyRelu', [x], x.shape, { alpha: Math.fround(alpha) }),
  ),
  Less: comparing('Less'),
  LessEqual: comparing('LessOrEqual'),
  Log: ofOne('Log'),
  Log1p: log1p,
  LogicalAnd: logical('And'),
  LogicalNot: kernel<X>((graph, { x }) => unary(graph, 'Not', cast(graph, x, 'bool'))),
  LogicalOr: logical('Or'),
  Maximum: arithmetic('Max'),
  Minimum: arithmetic('Min'),
  Mod: mod,
  Multiply: arithmetic('Mul'),
  Neg: ofOne('Neg'),
  NotEqual: kernel<AB>((graph, { a, b }) => unary(graph, 'Not', binary(graph, 'Equal', a, b, 'bool'))),
  OnesLike: constantLike(1),
  Pow: arithmetic('Pow'),
  Prelu: kernel<{ x: Value; alpha: Value }>((graph, { x, alpha }) => prelu(graph, x, alpha)),
  RealDiv: arithmetic('Div'),
  Reciprocal: ofOne('Reciprocal'),
  Relu: ofOne('Relu'),
  Relu6: kernel<X>((graph, { x }) => clip(graph, x, 0, 6)),
  Round: kernel<X>((graph, { x }) => (x.dtype === 'int32' ? x : unary(graph, 'Round', x))),
  Rsqrt: kernel<X>((graph, { x }) => unary(graph, 'Reciprocal', unary(graph, 'Sqrt', x))),
  Select: select,
  Selu: ofOne('Selu'),
  Sigmoid: ofOne('Sigmoid'),
  Sign: ofOne('Sign'),
  Sin: ofOne('Sin'),
  Sinh: ofOne('Sinh'),
  Softplus: ofOne('Softplus'),
  Sqrt: ofOne('Sqrt'),
  Square: kernel<X>((graph, { x }) => mul(graph, x, x)),
  SquaredDifference: kernel<AB>((graph, { a, b }) => {
    const difference = sub(graph, a, b)
    return mul(graph, difference, difference)
  }),
  Step: step,
  Sub: arithmetic('Sub'),
  Tan: ofOne('Tan'),
  Tanh: ofOne('Tanh'),
  ZerosLike: constantLike(0),
}
