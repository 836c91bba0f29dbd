import { DfkError } from '../../work/errors.ts'
import { ELEMENT, type ElementType, type Graph, sizeOf, type Value } from '../graph.ts'

/** The shape that two operands broadcast to (numpy's rules, as in ONNX and tf.js). */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[axis - rank + a.length] ?? 1
    const y = b[axis - rank + b.length] ?? 1
    return x === 1 ? y : x
  })
}

export function reshape(graph: Graph, x: Value, shape: readonly number[]): Value {
  if (sizeOf(x.shape) !== sizeOf(shape)) {
    throw new DfkError(`expected a shape of ${sizeOf(x.shape)} elements for one of [${x.shape.join()}] but found [${shape.join()}]`)
  }
  if (x.shape.length === shape.length && x.shape.every((size, axis) => size === shape[axis])) return x
  if (x.data !== undefined) return graph.constant(x.data, shape, x.dtype)
  const producer = graph.producer(x)
  if (producer?.op === 'Reshape') return reshape(graph, producer.inputs[0]!, shape)
  return graph.node('Reshape', [x, graph.ints(shape)], shape)
}

export function transpose(graph: Graph, x: Value, perm: readonly number[]): Value {
  if (perm.every((from, to) => from === to)) return x
  const shape = perm.map((from) => x.shape[from]!)
  const producer = graph.producer(x)
  if (producer?.op === 'Transpose') {
    const inner = producer.attributes['perm'] as readonly number[]
    return transpose(
      graph,
      producer.inputs[0]!,
      perm.map((from) => inner[from]!),
    )
  }
  return graph.node('Transpose', [x], shape, { perm })
}

export function cast(graph: Graph, x: Value, dtype: ElementType): Value {
  return x.dtype === dtype ? x : graph.node('Cast', [x], x.shape, { to: ELEMENT[dtype] }, dtype)
}

export function binary(graph: Graph, op: string, a: Value, b: Value, dtype: ElementType = a.dtype): Value {
  const shape = broadcastShape(a.shape, b.shape)
  return graph.node(op, [widened(graph, a, shape), widened(graph, b, shape)], shape, {}, dtype)
}

/** Up to so many elements along the last axis, repeating one number along it is worth a pass of its own. */
const NARROW = 32

/**
 * x [n, …, 1] repeated to `shape` [n, …, few]: ONNX Runtime's CPU kernels broadcast the last axis a few numbers at a time, and a product with ones
 * is an order faster. Anything else comes back as it is.
 */
function widened(graph: Graph, x: Value, shape: readonly number[]): Value {
  const width = shape.at(-1)
  const narrow = graph.lowering.cpu === true && width !== undefined && width > 1 && width <= NARROW
  if (!narrow || x.data !== undefined || x.dtype !== 'float32' || x.shape.length !== shape.length || x.shape.at(-1) !== 1) return x
  if (!x.shape.every((size, axis) => axis === shape.length - 1 || size === shape[axis])) return x
  const ones = graph.constant(new Float32Array(width).fill(1), [1, width])
  return reshape(graph, graph.node('MatMul', [reshape(graph, x, [sizeOf(x.shape), 1]), ones], [sizeOf(x.shape), width]), shape)
}

export const add = (graph: Graph, a: Value, b: Value): Value => binary(graph, 'Add', a, b)
export const sub = (graph: Graph, a: Value, b: Value): Value => binary(graph, 'Sub', a, b)
export const mul = (graph: Graph, a: Value, b: Value): Value => binary(graph, 'Mul', a, b)
export const div = (graph: Graph, a: Value, b: Value): Value => binary(graph, 'Div', a, b)

export function unary(graph: Graph, op: string, x: Value): Value {
  return graph.node(op, [x], x.shape)
}

/** x repeated to `shape`. */
export function expand(graph: Graph, x: Value, shape: readonly number[]): Value {
  if (sizeOf(x.shape) === sizeOf(shape)) return reshape(graph, x, shape)
  return graph.node('Expand', [x, graph.ints(shape)], shape)
}

/** Where `condition` holds `a`, elsewhere `b`; ONNX Runtime has no Where for bool. */
export function where(graph: Graph, condition: Value, a: Value, b: Value): Value {
  const shape = broadcastShape(condition.shape, broadcastShape(a.shape, b.shape))
  if (a.dtype !== 'bool') return graph.node('Where', [condition, a, b], shape, {}, a.dtype)
  return cast(graph, graph.node('Where', [condition, cast(graph, a, 'int32'), cast(graph, b, 'int32')], shape, {}, 'int32'), 'bool')
}

/** Rows of a matrix [rows, c] picked by a constant index [n]: one memory copy a row. */
export function gatherRows(graph: Graph, rows: Value, index: Value): Value {
  return graph.node('Gather', [rows, index], [index.shape[0]!, rows.shape[1]!], { axis: 0 })
}

export function concat(graph: Graph, values: readonly Value[], axis: number): Value {
  if (values.length === 1) return values[0]!
  const shape = [...values[0]!.shape]
  shape[axis] = values.reduce((total, value) => total + value.shape[axis]!, 0)
  return graph.node('Concat', values, shape, { axis })
}

/** a [m, k] × b [k, n] (+ c [n]), either transposed first. */
export function gemm(
  graph: Graph,
  a: Value,
  b: Value,
  options: { transA?: boolean; transB?: boolean; bias?: Value | undefined } = {},
): Value {
  const m = a.shape[options.transA ? 1 : 0]!
  const n = b.shape[options.transB ? 0 : 1]!
  const attributes = { ...(options.transA && { transA: 1 }), ...(options.transB && { transB: 1 }) }
  return graph.node('Gemm', options.bias === undefined ? [a, b] : [a, b, options.bias], [m, n], attributes)
}

/** Elements from `begin` for `size` along every axis. */
export function slice(graph: Graph, x: Value, begin: readonly number[], size: readonly number[]): Value {
  if (size.every((count, axis) => count === x.shape[axis])) return x
  const axes = x.shape.map((_, axis) => axis).filter((axis) => size[axis] !== x.shape[axis])
  const starts = graph.ints(axes.map((axis) => begin[axis]!))
  const ends = graph.ints(axes.map((axis) => begin[axis]! + size[axis]!))
  return graph.node('Slice', [x, starts, ends, graph.ints(axes)], size)
}

/** Reduces by ReduceSum, ReduceMean, ReduceMax, … over `axes`. */
export function reduce(graph: Graph, op: string, x: Value, axes: readonly number[], keepDims = false): Value {
  if (axes.length === 0) return x
  const shape = keepDims ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)) : x.shape.filter((_, axis) => !axes.includes(axis))
  const keepdims = keepDims ? 1 : 0
  if (op === 'ReduceSum' && sumsRows(graph, x, axes)) return reshape(graph, rowSum(graph, x), shape)
  if (op === 'ReduceSum') return graph.node(op, [x, graph.ints(axes)], shape, { keepdims })
  return graph.node(op, [x], shape, { axes, keepdims })
}

/** Whether a sum runs over all axes but the last, as a bias' gradient does, on a device where a product with ones is the fastest sum. */
function sumsRows(graph: Graph, x: Value, axes: readonly number[]): boolean {
  return graph.lowering.cpu === true && x.dtype === 'float32' && axes.length === x.shape.length - 1 && axes.every((axis, i) => axis === i)
}

/** Sums of the columns of x [rows, c] (its leading axes as one): [1, c]. */
function rowSum(graph: Graph, x: Value): Value {
  const c = x.shape.at(-1)!
  const rows = sizeOf(x.shape) / c
  const ones = graph.cachedConstant(`ones ${rows}`, [1, rows], () => new Float32Array(rows).fill(1))
  return graph.node('MatMul', [ones, reshape(graph, x, [rows, c])], [1, c])
}
