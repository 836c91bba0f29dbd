import type { GrayPicture } from './picture.ts'

export type Point = readonly [number, number]

const SUB_ROWS = 4

/** Corners of the smallest convex polygon around the points, in order (Andrew's monotone chain). */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((p, q) => p[0] - q[0] || p[1] - q[1])
  const half = (order: readonly Point[]): Point[] => {
    const chain: Point[] = []
    for (const p of order) {
      while (chain.length > 1 && turn(chain.at(-2)!, chain.at(-1)!, p) <= 0) chain.pop()
      chain.push(p)
    }
    chain.pop()
    return chain
  }
  return [...half(sorted), ...half(sorted.reverse())]
}

function turn(o: Point, a: Point, b: Point): number {
  return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])
}

/** Fills a convex polygon, anti-aliased: exact coverage along rows, four rows a pixel. 255 inside. */
export function fillConvex(polygon: readonly Point[], width: number, height: number): GrayPicture {
  const cover = new Float32Array(width * height)
  const part = 1 / SUB_ROWS
  const [xs, ys] = [0, 1].map((axis) => Float64Array.from(polygon, (point) => point[axis]!)) as [Float64Array, Float64Array]
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)]
  const [first, last] = [Math.max(0, Math.floor(top * SUB_ROWS) - 1), Math.min(height * SUB_ROWS, Math.ceil(bottom * SUB_ROWS) + 1)]
  for (let row = first; row < last; row++) {
    const y = (row + 0.5) / SUB_ROWS
    let enters = Number.POSITIVE_INFINITY
    let leaves = Number.NEGATIVE_INFINITY
    for (let i = 0; i < xs.length; i++) {
      const next = i + 1 === xs.length ? 0 : i + 1
      if (ys[i]! <= y === ys[next]! <= y) continue
      const x = xs[i]! + ((y - ys[i]!) / (ys[next]! - ys[i]!)) * (xs[next]! - xs[i]!)
      if (x < enters) enters = x
      if (x > leaves) leaves = x
    }
    if (enters >= leaves) continue
    const left = Math.max(0, enters)
    const right = Math.min(width, leaves)
    const base = Math.floor(row / SUB_ROWS) * width
    const [from, whole, to] = [Math.floor(left), Math.ceil(left), Math.floor(right)]
    for (let x = from; x < right && x < whole; x++) cover[base + x]! += (Math.min(right, x + 1) - left) * part
    for (let x = whole; x < to; x++) cover[base + x]! += part
    if (to >= whole && to < right) cover[base + to]! += (right - to) * part
  }
  const data = new Uint8Array(cover.length)
  for (let i = 0; i < data.length; i++) data[i] = Math.min(255, cover[i]! * 255 + 0.5)
  return { width, height, data }
}
