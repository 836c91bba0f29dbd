import { type Graph, sizeOf, type Value } from '../graph.ts'
import { type StridedSliceAttrs, stridedPlaces } from '../strided.ts'
import { tf } from '../tf.ts'
import { axisOf, gather } from './gathering.ts'
import { type KernelTable, kernel } from './kernel.ts'
import { concat, expand, reshape, slice, transpose } from './nodes.ts'

interface X {
  readonly x: Value
}

const reshaping = kernel<X, { shape: number[] }>((graph, { x }, { shape }) =>
  reshape(graph, x, tf.util.inferFromImplicitShape([...shape], sizeOf(x.shape))),
)

const expandDims = kernel<{ input: Value }, { dim: number }>((graph, { input }, { dim }) => {
  const shape = [...input.shape]
  shape.splice(axisOf(dim, shape.length + 1), 0, 1)
  return reshape(graph, input, shape)
})

/** Parts of x as slices: ONNX changed how Split gets its sizes, and files for other tools may claim an older version. */
function sliced(graph: Graph, x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  let start = 0
  return sizes.map((size) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0))
    start += size
    return slice(
      graph,
      x,
      begin,
      x.shape.map((old, i) => (i === axis ? size : old)),
    )
  })
}

function split(graph: Graph, x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  if (sizes.length === 1) return [x]
  if (graph.lowering.cpu !== true) return sliced(graph, x, sizes, axis)
  const outputs = sizes.map((size) => ({ shape: x.shape.map((old, i) => (i === axis ? size : old)), dtype: x.dtype }))
  return graph.nodeOf('Split', [x, graph.ints(sizes)], outputs, { axis })
}

const splitV = kernel<X, { numOrSizeSplits: number[] | number; axis: number }>((graph, { x }, { numOrSizeSplits, axis }) => {
  const at = axisOf(axis, x.shape.length)
  const shaped = { shape: [...x.shape] } as Parameters<typeof tf.backend_util.prepareSplitSize>[0]
  return split(graph, x, tf.backend_util.prepareSplitSize(shaped, numOrSizeSplits, at), at)
})

const slicing = kernel<X, { begin: number | number[]; size: number | number[] }>((graph, { x }, { begin, size }) => {
  const shaped = { shape: [...x.shape], rank: x.shape.length } as unknown as Parameters<typeof tf.slice_util.parseSliceParams>[0]
  const [from, sizes] = tf.slice_util.parseSliceParams(shaped, begin, size) as [number[], number[]]
  return slice(graph, x, from, sizes)
})

const stridedSlice = kernel<X, StridedSliceAttrs>((graph, { x }, a) => {
  const { begin, end, strides, finalShape, taken } = stridedPlaces(tf, x.shape, a)
  const axes = begin.map((_, axis) => axis)
  // A step backwards ends before element 0, which ONNX writes as a far negative index.
  const ends = end.map((value, axis) => (strides[axis]! < 0 && value < 0 ? -1 - x.shape[axis]! : value))
  const [starts, stops, steps] = [graph.ints(begin), graph.ints(ends), graph.ints(strides)]
  return reshape(graph, graph.node('Slice', [x, starts, stops, graph.ints(axes), steps], taken), finalShape)
})

/** x turned round along `dims`: slices with a step of −1. */
function reverse(graph: Graph, x: Value, dims: readonly number[]): Value {
  if (dims.length === 0) return x
  const inputs = [
    graph.ints(dims.map(() => -1)),
    graph.ints(dims.map((axis) => -1 - x.shape[axis]!)),
    graph.ints(dims),
    graph.ints(dims.map(() => -1)),
  ]
  return graph.node('Slice', [x, ...inputs], x.shape)
}

const pads = (paddings: readonly (readonly [number, number])[]): number[] => [...paddings.map(([a]) => a), ...paddings.map(([, b]) => b)]
const padded = (x: Value, paddings: readonly (readonly [number, number])[]): number[] =>
  x.shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1])

const padV2 = kernel<X, { paddings: [number, number][]; constantValue: number }>((graph, { x }, { paddings, constantValue }) => {
  if (paddings.every(([a, b]) => a === 0 && b === 0)) return x
  const filled = [x, graph.ints(pads(paddings)), graph.scalar(constantValue, x.dtype)]
  return graph.node('Pad', filled, padded(x, paddings), { mode: 'constant' })
})

/** Along each axis, a Gather by the mirrored index: ONNX's Pad has no symmetric mode at this opset. */
const mirrorPad = kernel<X, { paddings: [number, number][]; mode: 'reflect' | 'symmetric' }>((graph, { x }, { paddings, mode }) =>
  paddings.reduce((value, [before, after], axis) => {
    if (before === 0 && after === 0) return value
    const size = x.shape[axis]!
    const offset = mode === 'reflect' ? 0 : 1
    const index = Array.from({ length: before + size + after }, (_, i) => {
      const at = i - before
      if (at < 0) return -at - offset
      return at < size ? at : 2 * (size - 1) - at + offset
    })
    return gather(graph, value, graph.constant(Int32Array.from(index), [index.length]), axis)
  }, x),
)

function pack(graph: Graph, inputs: readonly Value[], axis: number): Value {
  const at = axisOf(axis, inputs[0]!.shape.length + 1)
  const parts = inputs.map((value) => reshape(graph, value, [...value.shape.slice(0, at), 1, ...value.shape.slice(at)]))
  return concat(graph, parts, at)
}

const unpack = kernel<{ value: Value }, { axis: number }>((graph, { value }, { axis }) => {
  const at = axisOf(axis, value.shape.length)
  const shape = value.shape.filter((_, i) => i !== at)
  const parts = split(
    graph,
    value,
    Array.from({ length: value.shape[at]! }, () => 1),
    at,
  )
  return parts.map((part) => reshape(graph, part, shape))
})

interface BlockAttrs {
  readonly blockShape: number[]
}

const spaceToBatch = kernel<X, BlockAttrs & { paddings: [number, number][] }>((graph, { x }, { blockShape, paddings }) => {
  const all: [number, number][] = [[0, 0], ...paddings, ...x.shape.slice(1 + blockShape.length).map((): [number, number] => [0, 0])]
  const shape = padded(x, all)
  const wide = all.every(([a, b]) => a === 0 && b === 0)
    ? x
    : graph.node('Pad', [x, graph.ints(pads(all)), graph.scalar(0, x.dtype)], shape, { mode: 'constant' })
  const cut = tf.backend_util.getReshaped(shape, blockShape, sizeOf(blockShape), false)
  const perm = tf.backend_util.getPermuted(cut.length, blockShape.length, false)
  const flat = tf.backend_util.getReshapedPermuted(shape, blockShape, sizeOf(blockShape), false)
  return reshape(graph, transpose(graph, reshape(graph, wide, cut), perm), flat)
})

const batchToSpace = kernel<X, BlockAttrs & { crops: number[][] }>((graph, { x }, { blockShape, crops }) => {
  const product = sizeOf(blockShape)
  const shape = [...x.shape]
  const cut = tf.backend_util.getReshaped(shape, blockShape, product)
  const perm = tf.backend_util.getPermuted(cut.length, blockShape.length)
  const wide = reshape(
    graph,
    transpose(graph, reshape(graph, x, cut), perm),
    tf.backend_util.getReshapedPermuted(shape, blockShape, product),
  )
  const begin = wide.shape.map((_, axis) => tf.backend_util.getSliceBeginCoords(crops, blockShape.length)[axis] ?? 0)
  const sizes = tf.backend_util.getSliceSize([...wide.shape], crops, blockShape.length)
  return slice(
    graph,
    wide,
    begin,
    wide.shape.map((size, axis) => sizes[axis] ?? size),
  )
})

/** Pixel shuffle in tf.js's order: the block's rows and columns are the slowest of the channels. */
const depthToSpace = kernel<X, { blockSize: number; dataFormat: string }>((graph, { x }, { blockSize: b, dataFormat }) => {
  const [n, h, w, c] = (dataFormat === 'NCHW' ? [0, 2, 3, 1] : [0, 1, 2, 3]).map((axis) => x.shape[axis]!) as [
    number,
    number,
    number,
    number,
  ]
  const nhwc = dataFormat === 'NCHW' ? transpose(graph, x, [0, 2, 3, 1]) : x
  const out = c / (b * b)
  const shuffled = transpose(graph, reshape(graph, nhwc, [n, h, w, b, b, out]), [0, 1, 3, 2, 4, 5])
  const spread = reshape(graph, shuffled, [n, h * b, w * b, out])
  return dataFormat === 'NCHW' ? transpose(graph, spread, [0, 3, 1, 2]) : spread
})

const tile = kernel<X, { reps: number[] }>((graph, { x }, { reps }) => {
  const shape = x.shape.map((size, axis) => size * reps[axis]!)
  return graph.node('Tile', [x, graph.ints(reps)], shape)
})

const fill = kernel<object, { shape: number[]; value: number; dtype?: 'float32' | 'int32' | 'bool' }>((graph, _, { shape, value, dtype }) =>
  expand(graph, graph.scalar(value, dtype ?? 'float32'), shape),
)

export const shapes: KernelTable = {
  BatchToSpaceND: batchToSpace,
  Concat: ({ graph, inputs, attrs }) => {
    const values = Object.values(inputs)
    const axis = axisOf(attrs['axis'] as number, values[0]!.shape.length)
    const filled = values.filter((value) => sizeOf(value.shape) > 0)
    return concat(graph, filled.length === 0 ? values.slice(0, 1) : filled, axis)
  },
  DepthToSpace: depthToSpace,
  ExpandDims: expandDims,
  Fill: fill,
  FlipLeftRight: kernel<{ image: Value }>((graph, { image }) => reverse(graph, image, [2])),
  MirrorPad: mirrorPad,
  Pack: ({ graph, inputs, attrs }) => pack(graph, Object.values(inputs), attrs['axis'] as number),
  PadV2: padV2,
  Reshape: reshaping,
  Reverse: kernel<X, { dims: number | number[] }>((graph, { x }, { dims }) =>
    reverse(graph, x, x.shape.length === 0 ? [] : tf.util.parseAxisParam(dims, [...x.shape])),
  ),
  Slice: slicing,
  SpaceToBatchND: spaceToBatch,
  SplitV: splitV,
  StridedSlice: stridedSlice,
  Tile: tile,
  Transpose: kernel<X, { perm: number[] }>((graph, { x }, { perm }) => transpose(graph, x, perm)),
  Unpack: unpack,
}
