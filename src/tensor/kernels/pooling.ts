import type { Graph, Value } from '../graph.ts'
import { tf } from '../tf.ts'
import { type KernelTable, kernel } from './kernel.ts'
import { binary, cast, concat, mul, reshape, transpose } from './nodes.ts'
import { columns, gatherColumns, outPixels, rowsWithZero, tapsOf, type WindowInfo, windowOf } from './windows.ts'

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
  const pad = info.padInfo
  const out = [info.batchSize, x.shape[3]!, info.outHeight, info.outWidth]
  const made = graph.node(op, [transpose(graph, x, [0, 3, 1, 2])], out, {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [pad.top, pad.left, pad.bottom, pad.right],
  })
  return transpose(graph, made, [0, 2, 3, 1])
}

/** tf.js divides by the whole window, also at the borders where forward counts only the pixels inside. */
function averageGradient(graph: Graph, dy: Value, input: Value, attrs: PoolAttrs): Value {
  const w = windowOf(infoOf(input.shape, attrs))
  const c = input.shape[3]!
  const share = mul(graph, rowsWithZero(graph, dy, w), graph.scalar(1 / tapsOf(w)))
  const shape = [outPixels(w) + 1, tapsOf(w), c]
  const spread = graph.node('Expand', [reshape(graph, share, [outPixels(w) + 1, 1, c]), graph.ints(shape)], shape)
  return gatherColumns(graph, reshape(graph, spread, [outPixels(w) + 1, tapsOf(w) * c]), w, c, outPixels(w) * tapsOf(w))
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
}
