import type { Graph, Value } from '../graph.ts'
import { tf } from '../tf.ts'
import { type KernelTable, kernel } from './kernel.ts'
import { add, binary, cast, concat, mul, reduce, reshape, transpose } from './nodes.ts'
import { paddingOf } from './padding.ts'
import { columns, gatherColumns, outPixels, rowsWithZero, tapsOf, type Window, type WindowInfo, windowOf } from './windows.ts'

interface PoolAttrs {
  readonly filterSize: [number, number] | number
  readonly strides: [number, number] | number
  readonly pad: 'valid' | 'same' | number
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

function infoOf(shape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: PoolAttrs): WindowInfo {
  return tf.backend_util.computePool2DInfo(shape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode)
}

function pool(graph: Graph, op: 'AveragePool' | 'MaxPool', x: Value, attrs: PoolAttrs): Value {
  const info = infoOf(x.shape, attrs)
  const w = windowOf(info)
  const [top, left, bottom, right] = paddingOf(info)
  // ONNX Runtime has no windows that see padding alone.
  if (Math.max(top, bottom) >= w.tapRows || Math.max(left, right) >= w.tapColumns) return poolColumns(graph, op, x, w)
  const out = [w.batch, x.shape[3]!, w.outHeight, w.outWidth]
  const made = graph.node(op, [transpose(graph, x, [0, 3, 1, 2])], out, {
    kernel_shape: [w.tapRows, w.tapColumns],
    strides: [w.strideY, w.strideX],
    pads: [top, left, bottom, right],
  })
  return transpose(graph, made, [0, 2, 3, 1])
}

function poolColumns(graph: Graph, op: 'AveragePool' | 'MaxPool', x: Value, w: Window): Value {
  const c = x.shape[3]!
  const cols = reshape(graph, columns(graph, x, w, op === 'MaxPool' ? -Infinity : 0), [outPixels(w), tapsOf(w), c])
  const rows =
    op === 'MaxPool' ? reduce(graph, 'ReduceMax', cols, [1]) : mul(graph, reduce(graph, 'ReduceSum', cols, [1]), shares(graph, w))
  return reshape(graph, rows, [w.batch, w.outHeight, w.outWidth, c])
}

/** How many taps of each window along one axis lie inside the picture. */
function inside(out: number, stride: number, before: number, taps: number, size: number): number[] {
  return Array.from({ length: out }, (_, o) => {
    const first = o * stride - before
    return Math.max(0, Math.min(size, first + taps) - Math.max(0, first))
  })
}

/** What each pixel of a window counts for in its average [output pixels, 1]: pixels outside do not count. */
function shares(graph: Graph, w: Window): Value {
  const rows = inside(w.outHeight, w.strideY, w.top, w.tapRows, w.inHeight)
  const across = inside(w.outWidth, w.strideX, w.left, w.tapColumns, w.inWidth)
  return graph.cachedConstant(`shares ${JSON.stringify(w)}`, [outPixels(w), 1], () =>
    Float32Array.from({ length: outPixels(w) }, (_, at) => {
      const [oy, ox] = [Math.floor(at / w.outWidth) % w.outHeight, at % w.outWidth]
      return 1 / (rows[oy]! * across[ox]!)
    }),
  )
}

/** Each pixel of a window gets its share; tf.js's own CPU backend divides by the whole window at the borders too, where forward does not. */
function averageGradient(graph: Graph, dy: Value, input: Value, attrs: PoolAttrs): Value {
  const w = windowOf(infoOf(input.shape, attrs))
  const c = input.shape[3]!
  const share = rowsWithZero(graph, reshape(graph, mul(graph, reshape(graph, dy, [outPixels(w), c]), shares(graph, w)), dy.shape), w)
  const shape = [outPixels(w) + 1, tapsOf(w), c]
  const spread = graph.node('Expand', [reshape(graph, share, [outPixels(w) + 1, 1, c]), graph.ints(shape)], shape)
  return gatherColumns(graph, reshape(graph, spread, [outPixels(w) + 1, tapsOf(w) * c]), w, c, outPixels(w) * tapsOf(w))
}

/** The largest of each window, and where in the input it lies, counted in elements: of the batch or of its own picture. */
function maxWithPlaces(graph: Graph, x: Value, attrs: PoolAttrs & { includeBatchInIndex: boolean }): readonly Value[] {
  const w = windowOf(infoOf(x.shape, attrs))
  const [p, taps, c] = [outPixels(w), tapsOf(w), x.shape[3]!]
  const cols = reshape(graph, columns(graph, x, w, -Infinity), [p, taps, c])
  const first = graph.node('ArgMax', [cols], [p, c], { axis: 1, keepdims: 0 }, 'int64')
  const steps = Int32Array.from({ length: taps }, (_, tap) => Math.floor(tap / w.tapColumns) * w.inWidth + (tap % w.tapColumns))
  const corners = Int32Array.from({ length: p }, (_, at) => {
    const [oy, ox] = [Math.floor(at / w.outWidth) % w.outHeight, at % w.outWidth]
    const picture = attrs.includeBatchInIndex ? Math.floor(at / (w.outWidth * w.outHeight)) : 0
    return (picture * w.inHeight + oy * w.strideY - w.top) * w.inWidth + ox * w.strideX - w.left
  })
  const step = graph.node('Gather', [graph.constant(steps, [taps]), first], [p, c], { axis: 0 }, 'int32')
  const pixel = add(graph, step, graph.constant(corners, [p, 1]))
  const channel = graph.constant(
    Int32Array.from({ length: c }, (_, i) => i),
    [c],
  )
  const place = add(graph, mul(graph, pixel, graph.scalar(c, 'int32')), channel)
  const shape = [w.batch, w.outHeight, w.outWidth, c]
  return [reshape(graph, reduce(graph, 'ReduceMax', cols, [1]), shape), reshape(graph, place, shape)]
}

/** The gradient goes to the first of the largest pixels in each window. */
function maxGradient(graph: Graph, dy: Value, input: Value, attrs: PoolAttrs): Value {
  const w = windowOf(infoOf(input.shape, attrs))
  const [p, taps, c] = [outPixels(w), tapsOf(w), input.shape[3]!]
  const cols = reshape(graph, columns(graph, input, w, -3.4e38), [p, taps, c])
  const first = graph.node('ArgMax', [cols], [p, 1, c], { axis: 1, keepdims: 1 }, 'int64')
  const places = graph.constant(
    BigInt64Array.from({ length: taps }, (_, i) => BigInt(i)),
    [1, taps, 1],
  )
  const chosen = cast(graph, graph.node('Equal', [first, places], [p, taps, c], {}, 'bool'), 'float32')
  const given = binary(graph, 'Mul', chosen, reshape(graph, dy, [p, 1, c]))
  const zero = graph.constant(new Float32Array(taps * c), [1, taps * c])
  return gatherColumns(graph, concat(graph, [reshape(graph, given, [p, taps * c]), zero], 0), w, c, p * taps)
}

export const poolings: KernelTable = {
  AvgPool: kernel<{ x: Value }, PoolAttrs>((graph, { x }, attrs) => pool(graph, 'AveragePool', x, attrs)),
  AvgPoolGrad: kernel<{ dy: Value; input: Value }, PoolAttrs>((graph, { dy, input }, attrs) => averageGradient(graph, dy, input, attrs)),
  MaxPool: kernel<{ x: Value }, PoolAttrs>((graph, { x }, attrs) => pool(graph, 'MaxPool', x, attrs)),
  MaxPoolGrad: kernel<{ dy: Value; input: Value }, PoolAttrs>((graph, { dy, input }, attrs) => maxGradient(graph, dy, input, attrs)),
  MaxPoolWithArgmax: kernel<{ x: Value }, PoolAttrs & { includeBatchInIndex: boolean }>((graph, { x }, attrs) =>
    maxWithPlaces(graph, x, attrs),
  ),
}
