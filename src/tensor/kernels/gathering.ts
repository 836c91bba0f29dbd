import { type Graph, sizeOf, type Value } from '../graph.ts'
import { type KernelTable, kernel } from './kernel.ts'
import { cast, expand, reshape, transpose } from './nodes.ts'

export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** x picked along `axis` by an index of any shape. */
export function gather(graph: Graph, x: Value, index: Value, axis: number): Value {
  return graph.node('Gather', [x, index], [...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)], { axis })
}

const gatherV2 = kernel<{ x: Value; indices: Value }, { axis: number; batchDims: number }>((graph, { x, indices }, attrs) => {
  const axis = axisOf(attrs.axis, x.shape.length)
  const batch = axisOf(attrs.batchDims ?? 0, indices.shape.length)
  const index = cast(graph, indices, 'int32')
  if (batch === 0) return gather(graph, x, index, axis)
  // Batched: each element of the index becomes a row number in x with its leading axes flattened.
  const lead = x.shape.slice(0, batch)
  const moved = transpose(graph, x, [...lead.map((_, i) => i), axis, ...x.shape.map((_, i) => i).filter((i) => i >= batch && i !== axis)])
  const inner = moved.shape.slice(batch + 1)
  const size = x.shape[axis]!
  const offsets = Int32Array.from({ length: sizeOf(lead) }, (_, i) => i * size)
  const offset = graph.constant(offsets, [...lead, ...indices.shape.slice(batch).map(() => 1)])
  const rows = graph.node('Add', [index, offset], index.shape, {}, 'int32')
  const picked = gather(graph, reshape(graph, moved, [sizeOf(lead) * size, ...inner]), rows, 0)
  const tail = indices.shape.length - batch
  const middle = axis - batch
  const perm = [
    ...lead.map((_, i) => i),
    ...Array.from({ length: middle }, (_, i) => batch + tail + i),
    ...Array.from({ length: tail }, (_, i) => batch + i),
    ...Array.from({ length: inner.length - middle }, (_, i) => batch + tail + middle + i),
  ]
  return transpose(graph, picked, perm)
})

const gatherNd = kernel<{ params: Value; indices: Value }>((graph, { params, indices }) => {
  const depth = indices.shape.at(-1)!
  const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)]
  return graph.node('GatherND', [params, cast(graph, indices, 'int64')], shape)
})

const scatterNd = kernel<{ indices: Value; updates: Value }, { shape: number[] }>((graph, { indices, updates }, { shape }) => {
  const zeros = expand(graph, graph.scalar(0, updates.dtype), shape)
  return graph.node('ScatterND', [zeros, cast(graph, indices, 'int64'), updates], shape, { reduction: 'add' })
})

/** Sums of x's rows by segment: one-hot segments × rows, which any provider adds up in a fixed order. */
const segmentSum = kernel<{ x: Value; segmentIds: Value }, { numSegments: number }>((graph, { x, segmentIds }, { numSegments }) => {
  const rows = segmentIds.shape[0]!
  const inner = x.shape.slice(1)
  const hot = oneHot(graph, segmentIds, numSegments, 1, 0, 'float32')
  const flat = cast(graph, reshape(graph, x, [rows, sizeOf(inner)]), 'float32')
  const sums = graph.node('Gemm', [hot, flat], [numSegments, sizeOf(inner)], { transA: 1 })
  return cast(graph, reshape(graph, sums, [numSegments, ...inner]), x.dtype)
})

function oneHot(graph: Graph, indices: Value, depth: number, on: number, off: number, dtype: 'float32' | 'int32' | 'bool'): Value {
  const type = dtype === 'bool' ? 'int32' : dtype
  const places = graph.constant(
    Int32Array.from({ length: depth }, (_, i) => i),
    [depth],
  )
  const column = reshape(graph, cast(graph, indices, 'int32'), [...indices.shape, 1])
  const hot = graph.node('Equal', [column, places], [...indices.shape, depth], {}, 'bool')
  const value = graph.node('Where', [hot, graph.scalar(on, type), graph.scalar(off, type)], hot.shape, {}, type)
  return cast(graph, value, dtype)
}

export const gatherings: KernelTable = {
  GatherNd: gatherNd,
  GatherV2: gatherV2,
  OneHot: kernel<{ indices: Value }, { depth: number; onValue: number; offValue: number; dtype: 'float32' | 'int32' | 'bool' }>(
    (graph, { indices }, a) => oneHot(graph, indices, a.depth, a.onValue, a.offValue, a.dtype),
  ),
  ScatterNd: scatterNd,
  TensorScatterUpdate: kernel<{ tensor: Value; indices: Value; updates: Value }>((graph, { tensor, indices, updates }) =>
    graph.node('ScatterND', [tensor, cast(graph, indices, 'int64'), updates], tensor.shape),
  ),
  UnsortedSegmentSum: segmentSum,
}
