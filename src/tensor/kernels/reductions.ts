import type { ElementType, Graph, Value } from '../graph.ts'
import { tf } from '../tf.ts'
import { type Kernel, type KernelTable, kernel } from './kernel.ts'
import { cast, concat, expand, mul, reduce, slice } from './nodes.ts'

interface Axes {
  readonly axis: number | number[]
  readonly keepDims?: boolean
}

const axesOf = (x: Value, axis: number | number[]): number[] => tf.util.parseAxisParam(axis, [...x.shape]).sort((a, b) => a - b)

const reducing = (op: string, change: (graph: Graph, x: Value) => Value = (_, x) => x): Kernel =>
  kernel<{ x: Value }, Axes>((graph, { x }, { axis, keepDims }) => reduce(graph, op, change(graph, x), axesOf(x, axis), keepDims))

const counting = (graph: Graph, x: Value): Value => (x.dtype === 'bool' ? cast(graph, x, 'int32') : x)

/** The sum of all squares is one pass where ONNX has it. */
const summing = kernel<{ x: Value }, Axes>((graph, { x }, { axis, keepDims }) => {
  const axes = axesOf(x, axis)
  const square = graph.producer(x)
  if (square?.op === 'Mul' && square.inputs[0] === square.inputs[1] && axes.length === x.shape.length && x.dtype === 'float32') {
    return reduce(graph, 'ReduceSumSquare', square.inputs[0]!, axes, keepDims)
  }
  return reduce(graph, 'ReduceSum', counting(graph, x), axes, keepDims)
})

/** All and Any, which ONNX has only as the least and the greatest. */
const quantifying = (op: string): Kernel =>
  kernel<{ x: Value }, Axes>((graph, { x }, { axis, keepDims }) =>
    cast(graph, reduce(graph, op, cast(graph, x, 'int32'), axesOf(x, axis), keepDims), 'bool'),
  )

const pointing = (op: string): Kernel =>
  kernel<{ x: Value }, Axes>((graph, { x }, { axis }) => {
    const at = axesOf(x, axis)[0]!
    const index = graph.node(
      op,
      [x],
      x.shape.filter((_, i) => i !== at),
      { axis: at, keepdims: 0 },
      'int64',
    )
    return cast(graph, index, 'int32')
  })

const cumulating = kernel<{ x: Value }, { axis: number; exclusive: boolean; reverse: boolean }>((graph, { x }, attrs) => {
  const axis = attrs.axis ?? 0
  const attributes = { exclusive: attrs.exclusive ? 1 : 0, reverse: attrs.reverse ? 1 : 0 }
  return graph.node('CumSum', [x, graph.scalar(axesOf(x, axis)[0]!, 'int32')], x.shape, attributes)
})

/** Running products, one multiplication after the other: ONNX has none, and only the gradient of `prod` asks for them. */
const cumulatingProducts = kernel<{ x: Value }, { axis: number; exclusive: boolean; reverse: boolean }>((graph, { x }, attrs) => {
  const axis = axesOf(x, attrs.axis ?? 0)[0]!
  const size = x.shape.map((length, i) => (i === axis ? 1 : length))
  const parts = Array.from({ length: x.shape[axis]! }, (_, at) =>
    slice(
      graph,
      x,
      size.map((_, i) => (i === axis ? at : 0)),
      size,
    ),
  )
  if (attrs.reverse) parts.reverse()
  const one = expand(graph, graph.scalar(1, x.dtype), size)
  const products: Value[] = []
  for (const part of parts) products.push(products.length === 0 ? part : mul(graph, products.at(-1)!, part))
  const shown = attrs.exclusive ? [one, ...products.slice(0, -1)] : products
  return concat(graph, attrs.reverse ? shown.reverse() : shown, axis)
})

/** The k largest along the last axis, with their places. */
const topK = kernel<{ x: Value }, { k: number; sorted: boolean }>((graph, { x }, { k, sorted }) => {
  const shape = [...x.shape.slice(0, -1), k]
  const outputs: { shape: number[]; dtype: ElementType }[] = [
    { shape, dtype: x.dtype },
    { shape, dtype: 'int64' },
  ]
  const [values, places] = graph.nodeOf('TopK', [x, graph.ints([k])], outputs, { axis: x.shape.length - 1, sorted: sorted ? 1 : 0 })
  return [values!, cast(graph, places!, 'int32')]
})

const softmax = kernel<{ logits: Value }>((graph, { logits }) =>
  graph.node('Softmax', [logits], logits.shape, { axis: logits.shape.length - 1 }),
)

export const reductions: KernelTable = {
  All: quantifying('ReduceMin'),
  Any: quantifying('ReduceMax'),
  ArgMax: pointing('ArgMax'),
  ArgMin: pointing('ArgMin'),
  Cumprod: cumulatingProducts,
  Cumsum: cumulating,
  Max: kernel<{ x: Value }, { reductionIndices: number | number[]; keepDims: boolean }>((graph, { x }, attrs) =>
    reduce(graph, 'ReduceMax', x, axesOf(x, attrs.reductionIndices), attrs.keepDims),
  ),
  Mean: reducing('ReduceMean', (graph, x) => cast(graph, x, 'float32')),
  Min: reducing('ReduceMin'),
  Prod: reducing('ReduceProd', counting),
  Softmax: softmax,
  Sum: summing,
  TopK: topK,
}
