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
  const [top, bottom] = [Math.min(...polygon.map(([, y]) => y)), Math.max(...polygon.map(([, y]) => y))]
  const [first, last] = [Math.max(0, Math.floor(top * SUB_ROWS) - 1), Math.min(height * SUB_ROWS, Math.ceil(bottom * SUB_ROWS) + 1)]
  for (let row = first; row < last; row++) {
    const span = spanAt(polygon, (row + 0.5) / SUB_ROWS)
    if (span === undefined) continue
    const left = Math.max(0, span[0])
    const right = Math.min(width, span[1])
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

/** Where a horizontal line enters and leaves the polygon. */
function spanAt(polygon: readonly Point[], y: number): [number, number] | undefined {
  let left = Number.POSITIVE_INFINITY
  let right = Number.NEGATIVE_INFINITY
  for (let i = 0; i < polygon.length; i++) {
    const [x0, y0] = polygon[i]!
    const [x1, y1] = polygon[(i + 1) % polygon.length]!
    if (y0 <= y === y1 <= y) continue
    const x = x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)
    left = Math.min(left, x)
    right = Math.max(right, x)
  }
  return left < right ? [left, right] : undefined
}
