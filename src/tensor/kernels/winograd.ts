import type { Graph, Value } from '../graph.ts'
import { gatherRows, reshape, transpose } from './nodes.ts'
import { seenPixels, type Window, withRow } from './windows.ts'

// Winograd's F(m×m, 3×3) after Lavin and Gray 2016: Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A makes m×m output pixels of a tile of (m+2)×(m+2) input pixels.
interface Form {
  /** Output pixels along a tile. */
  readonly m: 2 | 4
  readonly bt: Matrix
  readonly g: Matrix
  readonly at: Matrix
}

const F2: Form = {
  m: 2,
  bt: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  g: [
    [1, 0, 0],
    [1 / 2, 1 / 2, 1 / 2],
    [1 / 2, -1 / 2, 1 / 2],
    [0, 0, 1],
  ],
  at: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
}

const F4: Form = {
  m: 4,
  bt: [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ],
  g: [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
  ],
  at: [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
  ],
}

type Matrix = readonly (readonly number[])[]

const flipped = (matrix: Matrix): Matrix => matrix[0]!.map((_, column) => matrix.map((row) => row[column]!))

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

/** The fewest channels and pixels of a batch from which each form costs less than the other ways, all directions together, as measured. */
const LIMITS = [
  { form: F4, channels: 64, pixels: 2048 },
  { form: F2, channels: 128, pixels: 512 },
] as const

/**
 * The form in which a convolution of c channels to k costs least, or undefined where other ways cost less: it multiplies 4 (F4) or 2.25 times (F2)
 * less, but passes over its input and output 2.25 or 4 times as large, and over 36 or 16 numbers for the filter's 9.
 */
export function winogradForm(graph: Graph, w: Window, c: number, k: number): Form | undefined {
  const square = w.tapRows === 3 && w.tapColumns === 3 && w.strideY === 1 && w.strideX === 1 && w.dilationY === 1 && w.dilationX === 1
  if (graph.lowering.cpu !== true || !square) return undefined
  const sides = [w.inHeight, w.inWidth, w.outHeight, w.outWidth]
  return LIMITS.find(
    ({ form, channels, pixels }) =>
      sides.every((size) => size % form.m === 0) && w.batch * w.outHeight * w.outWidth >= pixels && Math.min(c, k) >= channels,
  )?.form
}

const tilesOf = (w: Window, m: number): number => (w.batch * w.outHeight * w.outWidth) / (m * m)

/** The window that sees a tile from each block of m×m output pixels. */
const tiling = (w: Window, m: number): Window => ({
  ...w,
  outHeight: w.outHeight / m,
  outWidth: w.outWidth / m,
  tapRows: m + 2,
  tapColumns: m + 2,
  strideY: m,
  strideX: m,
})

/** Tiles of x [n, h, w, c], pixel by pixel one behind the other, transformed: [(m+2)², tiles, c]. */
function inputTiles(graph: Graph, x: Value, w: Window, { m, bt }: Form): Value {
  const c = x.shape[3]!
  const [tiles, pixels, places] = [tilesOf(w, m), w.batch * w.inHeight * w.inWidth, (m + 2) ** 2]
  const index = graph.cachedConstant(`tiles ${m} ${JSON.stringify(w)}`, [places * tiles], () => {
    const seen = seenPixels(tiling(w, m)) // [tiles, (m+2)²]
    return Int32Array.from({ length: places * tiles }, (_, i) => {
      const pixel = seen[(i % tiles) * places + Math.floor(i / tiles)]!
      return pixel < 0 ? pixels : pixel
    })
  })
  const rows = gatherRows(graph, withRow(graph, reshape(graph, x, [pixels, c]), 0), index)
  return transformed(graph, bt, reshape(graph, rows, [places, tiles, c]))
}

/** The filter [3, 3, c, k], transformed: [(m+2)², c, k]; `turned`: as if it were turned round. */
function filterTiles(graph: Graph, filter: Value, { g }: Form, turned: boolean): Value {
  const [, , c, k] = filter.shape as [number, number, number, number]
  return transformed(graph, turned ? g.map((row) => row.toReversed()) : g, reshape(graph, filter, [9, c, k]))
}

/** For each pixel of pictures [n, h, w] its row among the pixels of tiles, one behind the other [m², tiles]. */
function tileRows(batch: number, height: number, width: number, m: number): Int32Array {
  const tiles = (batch * height * width) / (m * m)
  const rows = new Int32Array(batch * height * width)
  let at = 0
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const tile = (n * (height / m) + Math.floor(y / m)) * (width / m) + Math.floor(x / m)
        rows[at++] = ((y % m) * m + (x % m)) * tiles + tile
      }
    }
  }
  return rows
}

/** What the tiles [(m+2)², tiles, k] of the product make: [n, h, w, k]. */
function outputOf(graph: Graph, products: Value, shape: readonly [number, number, number, number], { m, at }: Form): Value {
  const [n, h, w, k] = shape
  const made = reshape(graph, transformed(graph, at, products), [n * h * w, k])
  const index = graph.cachedConstant(`untile ${m} ${n} ${h} ${w}`, [n * h * w], () => tileRows(n, h, w, m))
  return reshape(graph, gatherRows(graph, made, index), shape)
}

/** x [n, h, w, c] ⊛ filter [3, 3, c, k]. */
export function winograd(graph: Graph, x: Value, filter: Value, w: Window, form: Form): Value {
  const [left, right] = [inputTiles(graph, x, w, form), filterTiles(graph, filter, form, false)]
  const k = filter.shape[3]!
  const products = graph.node('MatMul', [left, right], [left.shape[0]!, left.shape[1]!, k])
  return outputOf(graph, products, [w.batch, w.outHeight, w.outWidth, k], form)
}

/** The input's gradient: dy ⊛ the filter turned round, its channels exchanged. */
export function winogradInputGradient(graph: Graph, dy: Value, filter: Value, w: Window, form: Form): Value {
  const c = filter.shape[2]!
  const back: Window = {
    ...w,
    ...{ inHeight: w.outHeight, inWidth: w.outWidth, outHeight: w.inHeight, outWidth: w.inWidth },
    ...{ top: 2 - w.top, left: 2 - w.left },
  }
  const left = inputTiles(graph, dy, back, form)
  const right = transpose(graph, filterTiles(graph, filter, form, true), [0, 2, 1])
  const products = graph.node('MatMul', [left, right], [left.shape[0]!, left.shape[1]!, c])
  return outputOf(graph, products, [w.batch, w.inHeight, w.inWidth, c], form)
}

/** The filter's gradient [3, 3, c, k] from the same tiles of x. */
export function winogradFilterGradient(graph: Graph, x: Value, dy: Value, w: Window, form: Form): Value {
  const { m, at, g } = form
  const [c, k, tiles] = [x.shape[3]!, dy.shape[3]!, tilesOf(w, m)]
  const index = graph.cachedConstant(`tile ${m} ${w.batch} ${w.outHeight} ${w.outWidth}`, [m * m * tiles], () => {
    const order = new Int32Array(m * m * tiles)
    tileRows(w.batch, w.outHeight, w.outWidth, m).forEach((row, pixel) => {
      order[row] = pixel
    })
    return order
  })
  const cut = gatherRows(graph, reshape(graph, dy, [m * m * tiles, k]), index)
  const spread = transformed(graph, flipped(at), reshape(graph, cut, [m * m, tiles, k]))
  const left = transpose(graph, inputTiles(graph, x, w, form), [0, 2, 1])
  const products = graph.node('MatMul', [left, spread], [(m + 2) ** 2, c, k])
  return reshape(graph, transformed(graph, flipped(g), products), [3, 3, c, k])
}
