import type { Graph, Value } from '../graph.ts'
import { gemm, reshape, transpose } from './nodes.ts'
import { columns, gradientColumns, inPixels, outPixels, tapsOf, type Window } from './windows.ts'
import { winogradFilterGradient, winogradForm } from './winograd.ts'

/** Products of few numbers out of many are summed up in so many pieces: more fit the caches, and threads take one each. */
const PIECES = 8
const SMALL_PRODUCT = 1 << 16
const SHORTEST_PIECE = 512

/** aᵀ × b for a [rows, m] and b [rows, n]: [m, n]. */
function outerProduct(graph: Graph, a: Value, b: Value): Value {
  const [rows, m] = a.shape as [number, number]
  const n = b.shape[1]!
  const piece = rows / PIECES
  if (m * n > SMALL_PRODUCT || piece < SHORTEST_PIECE || !Number.isInteger(piece)) return gemm(graph, a, b, { transA: true })
  const left = transpose(graph, reshape(graph, a, [PIECES, piece, m]), [0, 2, 1])
  const each = graph.node('MatMul', [left, reshape(graph, b, [PIECES, piece, n])], [PIECES, m, n])
  return graph.node('ReduceSum', [each, graph.ints([0])], [m, n], { keepdims: 0 })
}

/**
 * The filter's gradient [fh, fw, c, k]: a product over all pixels of what each tap pairs, x shifted and dy. The shift may be written into columns
 * of x, or the other way into columns of dy, or along one axis into each: whichever copies the fewest numbers, the flops being the same.
 */
export function filterGradient(graph: Graph, x: Value, dy: Value, w: Window): Value {
  const [c, k] = [x.shape[3]!, dy.shape[3]!]
  const form = winogradForm(graph, w, c, k)
  if (form !== undefined) return winogradFilterGradient(graph, x, dy, w, form)
  const shape = [w.tapRows, w.tapColumns, c, k]
  const strides = w.strideY === 1 && w.strideX === 1
  const costs = { x: tapsOf(w) * c * outPixels(w), dy: tapsOf(w) * k * inPixels(w), both: splitCost(w, c, k) }
  if (!strides || (costs.x <= costs.dy && costs.x <= costs.both)) {
    return reshape(graph, outerProduct(graph, columns(graph, x, w), reshape(graph, dy, [outPixels(w), k])), shape)
  }
  if (costs.dy <= costs.both) {
    const made = outerProduct(graph, reshape(graph, x, [inPixels(w), c]), gradientColumns(graph, dy, w)) // [c, taps·k]
    return reshape(graph, transpose(graph, reshape(graph, made, [c, tapsOf(w), k]), [1, 0, 2]), shape)
  }
  const made = outerProduct(graph, columns(graph, x, across(w)), gradientColumns(graph, dy, down(w))) // [fw·c, fh·k]
  return reshape(graph, transpose(graph, reshape(graph, made, [w.tapColumns, c, w.tapRows, k]), [2, 0, 1, 3]), shape)
}

/** Numbers that the split writes: rows of the input × columns of the output, shifted sideways of x and upright of dy. */
function splitCost(w: Window, c: number, k: number): number {
  return w.batch * w.inHeight * w.outWidth * (w.tapColumns * c + w.tapRows * k)
}

/** The window's horizontal half: every row of the input stays. */
const across = (w: Window): Window => ({ ...w, outHeight: w.inHeight, tapRows: 1, strideY: 1, dilationY: 1, top: 0 })
/** Its vertical half, on pictures that have the output's width. */
const down = (w: Window): Window => ({ ...w, inWidth: w.outWidth, tapColumns: 1, strideX: 1, dilationX: 1, left: 0 })
