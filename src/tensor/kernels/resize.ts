import type { Graph, Value } from '../graph.ts'
import { gather } from './gathering.ts'
import { type KernelTable, kernel } from './kernel.ts'
import { reshape } from './nodes.ts'

interface ResizeAttrs {
  readonly alignCorners: boolean
  readonly halfPixelCenters: boolean
  readonly size: [number, number]
}

interface GradAttrs {
  readonly alignCorners: boolean
  readonly halfPixelCenters: boolean
}

/** Where output place `i` of `to` lies among `from` input places, before rounding. */
function sourcePlace(i: number, from: number, to: number, attrs: GradAttrs, shift: number): number {
  const scale = attrs.alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to
  return attrs.halfPixelCenters ? scale * (i + 0.5) - shift : scale * i
}

/** The matrix [to, from] that interpolates linearly along one axis. */
function linearWeights(from: number, to: number, attrs: GradAttrs): Float32Array {
  const weights = new Float32Array(to * from)
  for (let i = 0; i < to; i++) {
    const place = Math.max(0, sourcePlace(i, from, to, attrs, 0.5))
    const low = Math.min(from - 1, Math.floor(place))
    const high = Math.min(from - 1, Math.ceil(place))
    const share = place - Math.floor(place)
    weights[i * from + low]! += 1 - share
    weights[i * from + high]! += share
  }
  return weights
}

/** The matrix [to, from] that picks one input place for each output place. */
function nearestWeights(from: number, to: number, attrs: GradAttrs): Float32Array {
  const weights = new Float32Array(to * from)
  nearestPlaces(from, to, attrs).forEach((place, i) => {
    weights[i * from + place] = 1
  })
  return weights
}

function nearestPlaces(from: number, to: number, attrs: GradAttrs): Int32Array {
  return Int32Array.from({ length: to }, (_, i) => {
    const place = sourcePlace(i, from, to, attrs, 0)
    return Math.min(from - 1, attrs.alignCorners ? Math.round(place) : Math.floor(place))
  })
}

function bilinear(graph: Graph, x: Value, attrs: ResizeAttrs): Value {
  const [n, , , c] = x.shape as [number, number, number, number]
  const shape = [n, attrs.size[0], attrs.size[1], c]
  if (x.shape[1] === shape[1] && x.shape[2] === shape[2]) return x
  return separable(graph, x, attrs.size, (from, to) => linearWeights(from, to, attrs))
}

/** Applies a matrix [to, from] to the rows and another to the columns of x [n, h, w, c]. */
function separable(graph: Graph, x: Value, size: readonly [number, number], weights: (from: number, to: number) => Float32Array): Value {
  const [n, h, w, c] = x.shape as [number, number, number, number]
  const [oh, ow] = size
  const tall = graph.node(
    'MatMul',
    [graph.constant(weights(h, oh), [oh, h]), reshape(graph, x, [n, h, w * c])],
    [n, oh, w * c],
    {},
    'float32',
  )
  const flat = reshape(graph, tall, [n * oh, w, c])
  const wide = graph.node('MatMul', [graph.constant(weights(w, ow), [ow, w]), flat], [n * oh, ow, c], {}, 'float32')
  return reshape(graph, wide, [n, oh, ow, c])
}

/** The gradient of a separable resize: the same matrices, transposed. */
function gradient(graph: Graph, dy: Value, images: Value, weights: (from: number, to: number) => Float32Array): Value {
  const size = [images.shape[1]!, images.shape[2]!] as const
  return separable(graph, dy, size, (from, to) => transposed(weights(to, from), from, to))
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j]!
  return out
}

function nearest(graph: Graph, x: Value, attrs: ResizeAttrs): Value {
  const [, h, w] = x.shape as [number, number, number, number]
  const rows = nearestPlaces(h, attrs.size[0], attrs)
  const columns = nearestPlaces(w, attrs.size[1], attrs)
  return gather(graph, gather(graph, x, graph.constant(rows, [rows.length]), 1), graph.constant(columns, [columns.length]), 2)
}

interface GradInputs {
  readonly images: Value
  readonly dy: Value
}

export const resizes: KernelTable = {
  ResizeBilinear: kernel<{ images: Value }, ResizeAttrs>((graph, { images }, attrs) => bilinear(graph, images, attrs)),
  ResizeBilinearGrad: kernel<GradInputs, GradAttrs>((graph, { dy, images }, attrs) =>
    gradient(graph, dy, images, (from, to) => linearWeights(from, to, attrs)),
  ),
  ResizeNearestNeighbor: kernel<{ images: Value }, ResizeAttrs>((graph, { images }, attrs) => nearest(graph, images, attrs)),
  ResizeNearestNeighborGrad: kernel<GradInputs, GradAttrs>((graph, { dy, images }, attrs) =>
    gradient(graph, dy, images, (from, to) => nearestWeights(from, to, attrs)),
  ),
}
