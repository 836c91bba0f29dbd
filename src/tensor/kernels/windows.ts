import type { Graph, Value } from '../graph.ts'
import { concat, gatherRows, reshape } from './nodes.ts'

/**
 * How a window slides over pictures [n, h, w, c]: the geometry that convolution and pooling share.
 * Output pixel (oy, ox) sees input pixel (oy·stride − top + ky·dilation, …) through tap (ky, kx).
 */
export interface Window {
  readonly batch: number
  readonly inHeight: number
  readonly inWidth: number
  readonly outHeight: number
  readonly outWidth: number
  readonly tapRows: number
  readonly tapColumns: number
  readonly strideY: number
  readonly strideX: number
  readonly dilationY: number
  readonly dilationX: number
  readonly top: number
  readonly left: number
}

/** What `tf.backend_util.computeConv2DInfo` and `computePool2DInfo` return, as far as a window needs it. */
export interface WindowInfo {
  readonly batchSize: number
  readonly inHeight: number
  readonly inWidth: number
  readonly outHeight: number
  readonly outWidth: number
  readonly filterHeight: number
  readonly filterWidth: number
  readonly strideHeight: number
  readonly strideWidth: number
  readonly dilationHeight: number
  readonly dilationWidth: number
  readonly padInfo: { readonly top: number; readonly left: number; readonly bottom: number; readonly right: number }
}

export function windowOf(info: WindowInfo): Window {
  return {
    batch: info.batchSize,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    tapRows: info.filterHeight,
    tapColumns: info.filterWidth,
    strideY: info.strideHeight,
    strideX: info.strideWidth,
    dilationY: info.dilationHeight,
    dilationX: info.dilationWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
  }
}

export const tapsOf = (w: Window): number => w.tapRows * w.tapColumns
export const inPixels = (w: Window): number => w.batch * w.inHeight * w.inWidth
export const outPixels = (w: Window): number => w.batch * w.outHeight * w.outWidth

/** True where every output pixel is the input pixel at the same place: a 1×1 window. */
function isPointwise(w: Window): boolean {
  const inPlace = w.strideY === 1 && w.strideX === 1 && w.top === 0 && w.left === 0
  return tapsOf(w) === 1 && inPlace && w.outHeight === w.inHeight && w.outWidth === w.inWidth
}

/** For every output pixel and tap the number of the input pixel that it sees; −1 outside the picture. */
export function seenPixels(w: Window): Int32Array {
  const index = new Int32Array(outPixels(w) * tapsOf(w))
  let at = 0
  for (let n = 0; n < w.batch; n++) {
    for (let oy = 0; oy < w.outHeight; oy++) {
      for (let ox = 0; ox < w.outWidth; ox++) {
        for (let ky = 0; ky < w.tapRows; ky++) {
          const y = oy * w.strideY - w.top + ky * w.dilationY
          for (let kx = 0; kx < w.tapColumns; kx++) {
            const x = ox * w.strideX - w.left + kx * w.dilationX
            const inside = y >= 0 && y < w.inHeight && x >= 0 && x < w.inWidth
            index[at++] = inside ? (n * w.inHeight + y) * w.inWidth + x : -1
          }
        }
      }
    }
  }
  return index
}

const keyOf = (kind: string, w: Window): string => `${kind} ${JSON.stringify(w)}`

/** im2col as one Gather: x [n, h, w, c] → [output pixels, taps·c]; outside the picture it reads `border`. */
export function columns(graph: Graph, x: Value, w: Window, border = 0): Value {
  const channels = x.shape[3]!
  const rows = reshape(graph, x, [inPixels(w), channels])
  if (isPointwise(w)) return rows
  const shape = [outPixels(w) * tapsOf(w)]
  const seen = seenPixels(w)
  const outside = inPixels(w)
  const index = graph.cachedConstant(keyOf('columns', w), shape, () => seen.map((pixel) => (pixel < 0 ? outside : pixel)))
  const source = seen.includes(-1) ? withRow(graph, rows, border) : rows
  return reshape(graph, gatherRows(graph, source, index), [outPixels(w), tapsOf(w) * channels])
}

/** `rows` with one more row that holds `value` only: what an index past the end stands for. */
export function withRow(graph: Graph, rows: Value, value: number): Value {
  const channels = rows.shape[1]!
  return concat(graph, [rows, graph.constant(new Float32Array(channels).fill(value), [1, channels])], 0)
}

/** For every input pixel and tap the number of the output pixel that sees it through that tap; −1 where none does. */
function seeingPixels(w: Window): Int32Array {
  const taps = tapsOf(w)
  const seeing = new Int32Array(inPixels(w) * taps).fill(-1)
  seenPixels(w).forEach((pixel, at) => {
    if (pixel >= 0) seeing[pixel * taps + (at % taps)] = Math.floor(at / taps)
  })
  return seeing
}

/** The columns of the gradient: dy [n, oh, ow, k] → [input pixels, taps·k], zero where no output pixel sees the input one. */
export function gradientColumns(graph: Graph, dy: Value, w: Window): Value {
  const channels = dy.shape[3]!
  const rows = reshape(graph, dy, [outPixels(w), channels])
  if (isPointwise(w)) return rows
  const outside = outPixels(w)
  const index = graph.cachedConstant(keyOf('gradient', w), [inPixels(w) * tapsOf(w)], () =>
    seeingPixels(w).map((pixel) => (pixel < 0 ? outside : pixel)),
  )
  return reshape(graph, gatherRows(graph, withRow(graph, rows, 0), index), [inPixels(w), tapsOf(w) * channels])
}

/** The most taps through which one input pixel is seen. */
const slotsOf = (w: Window): number => {
  const along = (taps: number, dilation: number, stride: number) => (dilation % stride === 0 ? taps : Math.ceil(taps / stride))
  return along(w.tapRows, w.dilationY, w.strideY) * along(w.tapColumns, w.dilationX, w.strideX)
}

/** For every input pixel the rows (output pixel·taps + tap) that it took part in, `slots` of them, the rest `outside`. */
function contributions(w: Window, slots: number, outside: number): Int32Array {
  const taps = tapsOf(w)
  const index = new Int32Array(inPixels(w) * slots).fill(outside)
  const used = new Int32Array(inPixels(w))
  seenPixels(w).forEach((pixel, at) => {
    if (pixel < 0) return
    index[pixel * slots + used[pixel]!] = Math.floor(at / taps) * taps + (at % taps)
    used[pixel]! += 1
  })
  return index
}

/** The other way round (col2im): adds up columns [output pixels (+ any), taps·c] into pictures; row `outside` must be zero. */
export function gatherColumns(graph: Graph, cols: Value, w: Window, channels: number, outside: number): Value {
  const slots = slotsOf(w)
  const rows = reshape(graph, cols, [(cols.shape[0]! * cols.shape[1]!) / channels, channels])
  const index = graph.cachedConstant(keyOf(`scatter ${outside}`, w), [inPixels(w) * slots], () => contributions(w, slots, outside))
  const parts = reshape(graph, gatherRows(graph, rows, index), [inPixels(w), slots, channels])
  const sums = slots === 1 ? parts : graph.node('ReduceSum', [parts, graph.ints([1])], [inPixels(w), channels], { keepdims: 0 })
  return reshape(graph, sums, [w.batch, w.inHeight, w.inWidth, channels])
}

/** dy [n, oh, ow, k] as rows [output pixels + 1, k], the last one zero. */
export function rowsWithZero(graph: Graph, dy: Value, w: Window): Value {
  return withRow(graph, reshape(graph, dy, [outPixels(w), dy.shape[3]!]), 0)
}
