import type { Graph, Value } from '../graph.ts'
import { NCHWC } from '../lowering.ts'
import { concat, gatherRows, reshape, transpose } from './nodes.ts'

/** The window of a convolution in ONNX's words. */
export interface ConvolutionWindow {
  readonly kernel: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number]
  /** height and width of what it makes */
  readonly out: readonly [number, number]
}

/** Pixels of a whole batch below which turning the filter round costs more than a blocked convolution saves. */
const FEWEST_PIXELS = 1024

/** Whether the device has blocked convolutions, and these channels and so many pixels suit them. `from` may be a picture's few. */
export function suitsBlocks(graph: Graph, pixels: number, from: number, to: number): boolean {
  const block = graph.lowering.blockChannels
  return block !== undefined && pixels >= FEWEST_PIXELS && to % block === 0 && (from % block === 0 || from < block)
}

/**
 * A filter [taps, from, to] in ONNX Runtime's blocked order, to/B · from/B · taps · B · B (with fewer `from` channels than a block to/B · from ·
 * taps · B), its taps in the order of `taps`. One Gather of rows of B numbers.
 */
function blockedFilter(graph: Graph, filter: Value, taps: readonly number[]): Value {
  const block = graph.lowering.blockChannels!
  const [all, from, to] = filter.shape as [number, number, number]
  const inner = Math.min(block, from)
  const outer = to / block
  const index = graph.cachedConstant(`blocks ${filter.shape} ${taps}`, [outer * from * taps.length], () => {
    const rows = new Int32Array(outer * from * taps.length)
    let at = 0
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < from; i += inner) {
        // Few channels are not blocked: channel by channel, all taps of each.
        const [channels, each] = from < block ? [from, 1] : [1, inner]
        for (let c = 0; c < channels; c++)
          for (const tap of taps) for (let b = 0; b < each; b++) rows[at++] = (tap * from + i + c + b) * outer + o
      }
    }
    return rows
  })
  return gatherRows(graph, reshape(graph, filter, [all * from * outer, block]), index)
}

/** x [n, h, w, from], in blocks; a picture of few channels goes in as NCHW. */
function blockedInput(graph: Graph, x: Value): Value {
  const [n, h, w, c] = x.shape as [number, number, number, number]
  if (c < graph.lowering.blockChannels!) return transpose(graph, x, [0, 3, 1, 2])
  return graph.node('ReorderInput', [x], [n, c, h, w], { channels_last: 1 }, 'float32', NCHWC)
}

/** A blocked picture [n, c, h, w] back in NHWC. */
function unblocked(graph: Graph, x: Value): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  return graph.node('ReorderOutput', [x], [n, h, w, c], { channels: c, channels_last: 1 }, 'float32', NCHWC)
}

function convolveBlocks(graph: Graph, blocked: Value, filter: Value, taps: readonly number[], window: ConvolutionWindow): Value {
  const [, from, to] = filter.shape as [number, number, number]
  const ordered = reshape(graph, blockedFilter(graph, filter, taps), [to, from, ...window.kernel])
  const { kernel, strides, dilations, pads, out } = window
  const attributes = { kernel_shape: kernel, strides, dilations, pads, group: 1 }
  return graph.node('Conv', [blocked, ordered], [blocked.shape[0]!, to, ...out], attributes, 'float32', NCHWC)
}

/** A window with which of the filter's taps stand at its places, row by row. */
export interface TappedWindow {
  readonly taps: readonly number[]
  readonly window: ConvolutionWindow
}

/**
 * x [n, h, w, from] ⊛ filter [taps, from, to] by ONNX Runtime's direct convolution, once for each of `parts`, which are alike in size and lie one
 * behind the other in the channels: [n, oh, ow, parts · to].
 */
export function blockedConvolution(graph: Graph, x: Value, filter: Value, parts: readonly TappedWindow[]): Value {
  const blocked = blockedInput(graph, x)
  const made = parts.map(({ taps, window }) => convolveBlocks(graph, blocked, filter, taps, window))
  return unblocked(graph, concat(graph, made, 1))
}
