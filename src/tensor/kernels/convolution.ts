import { DfkError } from '../../work/errors.ts'
import type { Graph, Value } from '../graph.ts'
import { tf } from '../tf.ts'
import { activate, addBias, type Fused, type FusedAttrs } from './activation.ts'
import { blockedConvolution, type ConvolutionWindow, suitsBlocks } from './blocked.ts'
import { filterGradient } from './filterGradient.ts'
import { type KernelTable, kernel } from './kernel.ts'
import { gemm, reshape, transpose } from './nodes.ts'
import { paddingOf } from './padding.ts'
import { phasePads, windowPhases } from './phases.ts'
import {
  columns,
  gatherColumns,
  gradientColumns,
  outPixels,
  rowsWithZero,
  tapsOf,
  type Window,
  type WindowInfo,
  windowOf,
} from './windows.ts'
import { winograd, winogradForm, winogradInputGradient } from './winograd.ts'

type Pair = [number, number]
type Four = [number, number, number, number]

interface ConvAttrs {
  readonly strides: Pair | number
  readonly pad: 'valid' | 'same' | number
  readonly dilations?: Pair | number
  readonly dataFormat?: string
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** Above this many bytes the columns cost more to write and read than `Conv` takes. */
const LARGEST_COLUMNS = 20e6
/** With fewer input channels a Gather copies too little at a time to pay. */
const FEWEST_CHANNELS = 8

function infoOf(x: readonly number[], filter: readonly number[], attrs: ConvAttrs, depthwise = false): WindowInfo {
  if (attrs.dataFormat !== undefined && attrs.dataFormat !== 'NHWC') {
    throw new DfkError(`expected convolutions in NHWC but found ${attrs.dataFormat}`, { hint: 'transpose the input' })
  }
  return tf.backend_util.computeConv2DInfo(
    x as Four,
    filter as Four,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
  )
}

/** x [n, h, w, c] ⊛ filter [fh, fw, c, k] → [n, oh, ow, k]. A constant filter becomes `Conv`, which ONNX Runtime blocks for inference. */
function conv2d(graph: Graph, x: Value, filter: Value, attrs: ConvAttrs): Value {
  const info = infoOf(x.shape, filter.shape, attrs)
  const w = windowOf(info)
  const [, , c, k] = filter.shape as Four
  const bytes = outPixels(w) * tapsOf(w) * c * 4
  const form = filter.data === undefined ? winogradForm(graph, w, c, k) : undefined
  if (form !== undefined) return winograd(graph, x, filter, w, form)
  if (filter.data === undefined && tapsOf(w) > 1 && suitsBlocks(graph, outPixels(w), c, k)) {
    const all = Array.from({ length: tapsOf(w) }, (_, tap) => tap)
    return blockedConvolution(graph, x, reshape(graph, filter, [tapsOf(w), c, k]), [{ taps: all, window: onnxWindow(info) }])
  }
  if (filter.data !== undefined || bytes > LARGEST_COLUMNS || (c < FEWEST_CHANNELS && tapsOf(w) > 1)) {
    return convolve(graph, x, transpose(graph, filter, [3, 2, 0, 1]), info, 1)
  }
  const flat = gemm(graph, columns(graph, x, w), reshape(graph, filter, [tapsOf(w) * c, k]))
  return reshape(graph, flat, [w.batch, w.outHeight, w.outWidth, k])
}

function onnxWindow(info: WindowInfo): ConvolutionWindow {
  return {
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: paddingOf(info),
    out: [info.outHeight, info.outWidth],
  }
}

/** ONNX's own convolution: x in NHWC goes through NCHW and back. `filter` is [k, c / groups, fh, fw]. */
function convolve(graph: Graph, x: Value, filter: Value, info: WindowInfo, group: number): Value {
  const { kernel: kernel_shape, strides, dilations, pads, out } = onnxWindow(info)
  const shape = [info.batchSize, filter.shape[0]!, ...out]
  const made = graph.node('Conv', [transpose(graph, x, [0, 3, 1, 2]), filter], shape, { kernel_shape, strides, dilations, pads, group })
  return transpose(graph, made, [0, 2, 3, 1])
}

/**
 * The input's gradient: by blocked convolutions of dy where they suit. Else, with stride 1, the columns of dy × the filter turned per tap, and
 * with other strides dy × filterᵀ, where every input pixel then gathers and adds up what it took part in.
 */
function inputGradient(graph: Graph, dy: Value, filter: Value, attrs: ConvAttrs & { inputShape: Four }): Value {
  const w = windowOf(infoOf(attrs.inputShape, filter.shape, attrs))
  const [, , c, k] = filter.shape as Four
  const taps = tapsOf(w)
  const form = winogradForm(graph, w, c, k)
  if (form !== undefined) return winogradInputGradient(graph, dy, filter, w, form)
  const turned = () => transpose(graph, reshape(graph, filter, [taps, c, k]), [0, 2, 1])
  if (taps > 1 && k % (graph.lowering.blockChannels ?? 1) === 0 && suitsBlocks(graph, outPixels(w), k, c)) {
    const made = phasedGradient(graph, dy, turned(), w)
    if (made !== undefined) return made
  }
  if (w.strideY === 1 && w.strideX === 1 && k <= 2 * c) {
    return reshape(graph, gemm(graph, gradientColumns(graph, dy, w), reshape(graph, turned(), [taps * k, c])), attrs.inputShape)
  }
  const spread = gemm(graph, rowsWithZero(graph, dy, w), reshape(graph, filter, [taps * c, k]), { transB: true })
  return gatherColumns(graph, spread, w, c, outPixels(w) * taps)
}

/**
 * Input pixels fall into strideY·strideX phases; each phase is a convolution of dy with those taps that reach it, and the phases are shuffled
 * together. `turned` is the filter as [taps, k, c]. Undefined where the phases are not alike.
 */
function phasedGradient(graph: Graph, dy: Value, turned: Value, w: Window): Value | undefined {
  const phases = windowPhases(w)
  if (phases === undefined) return undefined
  const [h, width] = [w.inHeight / w.strideY, w.inWidth / w.strideX]
  const parts = phases.rows.flatMap((row) =>
    phases.columns.map((column) => {
      const [rows, columns] = [phasePads(row, h, w.outHeight), phasePads(column, width, w.outWidth)]
      if (rows === undefined || columns === undefined) return undefined
      const window: ConvolutionWindow = {
        kernel: [row.taps.length, column.taps.length],
        strides: [1, 1],
        dilations: [row.dilation, column.dilation],
        pads: [rows[0], columns[0], rows[1], columns[1]],
        out: [h, width],
      }
      return { taps: row.taps.flatMap((y) => column.taps.map((x) => y * w.tapColumns + x)), window }
    }),
  )
  if (!parts.every((part) => part !== undefined)) return undefined
  const c = turned.shape[2]!
  const made = blockedConvolution(graph, dy, turned, parts)
  if (parts.length === 1) return made
  const apart = reshape(graph, made, [w.batch, h, width, w.strideY, w.strideX, c])
  return reshape(graph, transpose(graph, apart, [0, 1, 3, 2, 4, 5]), [w.batch, w.inHeight, w.inWidth, c])
}

function depthwise(graph: Graph, x: Value, filter: Value, attrs: ConvAttrs): Value {
  const info = infoOf(x.shape, filter.shape, attrs, true)
  const [fh, fw, c, m] = filter.shape as Four
  const weights = reshape(graph, transpose(graph, filter, [2, 3, 0, 1]), [c * m, 1, fh, fw])
  return convolve(graph, x, weights, info, c)
}

function depthwiseWindow(x: readonly number[], filter: readonly number[], attrs: ConvAttrs): Window {
  return windowOf(infoOf(x, filter, attrs, true))
}

/** Columns [p, taps, c, 1] × dy [p, 1, c, m], added up over the pixels. */
function depthwiseFilterGradient(graph: Graph, x: Value, dy: Value, attrs: ConvAttrs & { filterShape: Four }): Value {
  const w = depthwiseWindow(x.shape, attrs.filterShape, attrs)
  const [, , c, m] = attrs.filterShape
  const [p, taps] = [outPixels(w), tapsOf(w)]
  const cols = reshape(graph, columns(graph, x, w), [p, taps, c, 1])
  const product = graph.node('Mul', [cols, reshape(graph, dy, [p, 1, c, m])], [p, taps, c, m])
  const sum = graph.node('ReduceSum', [product, graph.ints([0])], [taps, c, m], { keepdims: 0 })
  return reshape(graph, sum, attrs.filterShape)
}

/** Columns of dy [p, taps, c, m] × the filter, added up over taps and multiples. */
function depthwiseInputGradient(graph: Graph, dy: Value, filter: Value, attrs: ConvAttrs & { inputShape: Four }): Value {
  const w = depthwiseWindow(attrs.inputShape, filter.shape, attrs)
  const [, , c, m] = filter.shape as Four
  const pixels = attrs.inputShape[0] * attrs.inputShape[1] * attrs.inputShape[2]
  const taps = tapsOf(w)
  const cols = reshape(graph, gradientColumns(graph, dy, w), [pixels, taps, c, m])
  const product = graph.node('Mul', [cols, reshape(graph, filter, [1, taps, c, m])], [pixels, taps, c, m])
  return reshape(graph, graph.node('ReduceSum', [product, graph.ints([1, 3])], [pixels, c], { keepdims: 0 }), attrs.inputShape)
}

interface XF extends Fused {
  readonly x: Value
  readonly filter: Value
}
interface XD {
  readonly x: Value
  readonly dy: Value
}
interface DF {
  readonly dy: Value
  readonly filter: Value
}

export const convolutions: KernelTable = {
  Conv2D: kernel<XF, ConvAttrs>((graph, { x, filter }, attrs) => conv2d(graph, x, filter, attrs)),
  Conv2DBackpropFilter: kernel<XD, ConvAttrs & { filterShape: Four }>((graph, { x, dy }, attrs) =>
    filterGradient(graph, x, dy, windowOf(infoOf(x.shape, attrs.filterShape, attrs))),
  ),
  Conv2DBackpropInput: kernel<DF, ConvAttrs & { inputShape: Four }>((graph, { dy, filter }, attrs) =>
    inputGradient(graph, dy, filter, attrs),
  ),
  DepthwiseConv2dNative: kernel<XF, ConvAttrs>((graph, { x, filter }, attrs) => depthwise(graph, x, filter, attrs)),
  DepthwiseConv2dNativeBackpropFilter: kernel<XD, ConvAttrs & { filterShape: Four }>((graph, { x, dy }, attrs) =>
    depthwiseFilterGradient(graph, x, dy, attrs),
  ),
  DepthwiseConv2dNativeBackpropInput: kernel<DF, ConvAttrs & { inputShape: Four }>((graph, { dy, filter }, attrs) =>
    depthwiseInputGradient(graph, dy, filter, attrs),
  ),
  FusedConv2D: kernel<XF, ConvAttrs & FusedAttrs>((graph, inputs, attrs) =>
    activate(graph, addBias(graph, conv2d(graph, inputs.x, inputs.filter, attrs), inputs.bias), inputs, attrs),
  ),
  FusedDepthwiseConv2D: kernel<XF, ConvAttrs & FusedAttrs>((graph, inputs, attrs) =>
    activate(graph, addBias(graph, depthwise(graph, inputs.x, inputs.filter, attrs), inputs.bias), inputs, attrs),
  ),
}
