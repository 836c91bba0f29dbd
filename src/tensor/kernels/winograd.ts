import type { Graph, Value } from '../graph.ts'
import { gatherRows, reshape, transpose } from './nodes.ts'
import { seenPixels, type Window, withRow } from './windows.ts'

// Winograd's F(2×2, 3×3) after Lavin and Gray 2016: Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, tiles of 2×2 output pixels from 4×4 input pixels.
const BT = [
  [1, 0, -1, 0],
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, 1, 0, -1],
]
const G = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
]
const AT = [
  [1, 1, 1, 0],
  [0, 1, -1, -1],
]
/** Where each row of G is when the filter is turned round. */
const TURNED = [3, 1, 2, 0]

type Matrix = readonly (readonly number[])[]

const flipped = (matrix: Matrix): Matrix => matrix[0]!.map((_, column) => matrix.map((row) => row[column]!))
const rowsOf = (matrix: Matrix, order: readonly number[]): Matrix => order.map((row) => matrix[row]!)

/** matrix ⊗ matrix: what works along both axes at once. */
function squared(matrix: Matrix): Matrix {
  return matrix.flatMap((a) => matrix.map((b) => a.flatMap((x) => b.map((y) => x * y))))
}

/** The matrix applied along both axes of pictures that lie one behind the other: x [from², rest…] → [to², rest…]. */
function transformed(graph: Graph, matrix: Matrix, x: Value): Value {
  const both = squared(matrix)
  const [from, ...rest] = x.shape as [number, ...number[]]
  const each = rest.reduce((product, size) => product * size, 1)
  const left = graph.constant(Float32Array.from(both.flat()), [both.length, from])
  const made = graph.node('MatMul', [left, reshape(graph, x, [from, each])], [both.length, each], {}, 'float32')
  return reshape(graph, made, [both.length, ...rest])
}

const FEWEST_CHANNELS = 128
const FEWEST_PIXELS = 512

/**
 * Whether a convolution of c channels to k costs less this way, all of its directions together: it multiplies 2.25 times less, but passes over
 * what it reads and writes four times as large; below about 128 channels that eats up the gain.
 */
export function suitsWinograd(graph: Graph, w: Window, c: number, k: number): boolean {
  const square = w.tapRows === 3 && w.tapColumns === 3 && w.strideY === 1 && w.strideX === 1 && w.dilationY === 1 && w.dilationX === 1
  const even = [w.inHeight, w.inWidth, w.outHeight, w.outWidth].every((size) => size % 2 === 0)
  const many = w.batch * w.outHeight * w.outWidth >= FEWEST_PIXELS && Math.min(c, k) >= FEWEST_CHANNELS
  return graph.lowering.cpu === true && square && even && many
}

const tilesOf = (w: Window): number => (w.batch * w.outHeight * w.outWidth) / 4

/** The window that sees a 4×4 tile from each 2×2 block of output pixels. */
const tiling = (w: Window): Window => ({
  ...w,
  outHeight: w.outHeight / 2,
  outWidth: w.outWidth / 2,
  tapRows: 4,
  tapColumns: 4,
  strideY: 2,
  strideX: 2,
})

/** Tiles of x [n, h, w, c] as pictures one behind the other, transformed: [16, tiles, c]. */
function inputTiles(graph: Graph, x: Value, w: Window, order: readonly number[]): Value {
  const c = x.shape[3]!
  const [tiles, pixels] = [tilesOf(w), w.batch * w.inHeight * w.inWidth]
  const index = graph.cachedConstant(`tiles ${JSON.stringify(w)}`, [16 * tiles], () => {
    const seen = seenPixels(tiling(w)) // [tiles, 16]
    return Int32Array.from({ length: 16 * tiles }, (_, i) => {
      const pixel = seen[(i % tiles) * 16 + Math.floor(i / tiles)]!
      return pixel < 0 ? pixels : pixel
    })
  })
  const rows = gatherRows(graph, withRow(graph, reshape(graph, x, [pixels, c]), 0), index)
  return transformed(graph, rowsOf(BT, order), reshape(graph, rows, [16, tiles, c]))
}

/** The filter [3, 3, c, k], transformed: [16, c, k]. */
function filterTiles(graph: Graph, filter: Value): Value {
  const [, , c, k] = filter.shape as [number, number, number, number]
  return transformed(graph, G, reshape(graph, filter, [9, c, k]))
}

/** For each pixel of pictures [n, h, w] its row among tiles one behind the other [4, tiles]. */
function tileRows(batch: number, height: number, width: number): Int32Array {
  const tiles = (batch * height * width) / 4
  const rows = new Int32Array(batch * height * width)
  let at = 0
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const tile = (n * (height / 2) + (y >> 1)) * (width / 2) + (x >> 1)
        rows[at++] = ((y & 1) * 2 + (x & 1)) * tiles + tile
      }
    }
  }
  return rows
}

/** What the tiles [16, tiles, k] of the product make: [n, h, w, k]. */
function outputOf(graph: Graph, products: Value, shape: readonly [number, number, number, number], order: readonly number[]): Value {
  const [n, h, w, k] = shape
  const matrix = AT.map((row) => order.map((column) => row[column]!))
  const made = reshape(graph, transformed(graph, matrix, products), [n * h * w, k])
  const index = graph.cachedConstant(`untile ${n} ${h} ${w}`, [n * h * w], () => tileRows(n, h, w))
  return reshape(graph, gatherRows(graph, made, index), shape)
}

const PLAIN = [0, 1, 2, 3]

/** x [n, h, w, c] ⊛ filter [3, 3, c, k]. */
export function winograd(graph: Graph, x: Value, filter: Value, w: Window): Value {
  const k = filter.shape[3]!
  const products = graph.node('MatMul', [inputTiles(graph, x, w, PLAIN), filterTiles(graph, filter)], [16, tilesOf(w), k])
  return outputOf(graph, products, [w.batch, w.outHeight, w.outWidth, k], PLAIN)
}

/** The input's gradient: the same with the filter turned round, which in its transformed form is only another order. */
export function winogradInputGradient(graph: Graph, dy: Value, filter: Value, w: Window): Value {
  const c = filter.shape[2]!
  const back: Window = {
    ...w,
    ...{ inHeight: w.outHeight, inWidth: w.outWidth, outHeight: w.inHeight, outWidth: w.inWidth },
    ...{ top: 2 - w.top, left: 2 - w.left },
  }
  const right = transpose(graph, filterTiles(graph, filter), [0, 2, 1])
  const products = graph.node('MatMul', [inputTiles(graph, dy, back, TURNED), right], [16, tilesOf(back), c])
  return outputOf(graph, products, [w.batch, w.inHeight, w.inWidth, c], TURNED)
}

/** The filter's gradient [3, 3, c, k] from the same tiles of x. */
export function winogradFilterGradient(graph: Graph, x: Value, dy: Value, w: Window): Value {
  const [c, k] = [x.shape[3]!, dy.shape[3]!]
  const tiles = tilesOf(w)
  const index = graph.cachedConstant(`tile ${w.batch} ${w.outHeight} ${w.outWidth}`, [4 * tiles], () => {
    const order = new Int32Array(4 * tiles)
    tileRows(w.batch, w.outHeight, w.outWidth).forEach((row, pixel) => {
      order[row] = pixel
    })
    return order
  })
  const cut = gatherRows(graph, reshape(graph, dy, [4 * tiles, k]), index)
  const spread = transformed(graph, flipped(AT), reshape(graph, cut, [4, tiles, k]))
  const left = transpose(graph, inputTiles(graph, x, w, PLAIN), [0, 2, 1])
  const products = graph.node('MatMul', [left, spread], [16, c, k])
  return reshape(graph, transformed(graph, flipped(G), products), [3, 3, c, k])
}
