import { blurPlane, planeOf } from '../picture/plane.ts'
import { convexHull, fillConvex, type Point } from '../picture/polygon.ts'

/** The parts of a face that speak, as first and last of their points in iBUG's scheme, and how far their outline is widened. */
const PARTS = [
  { from: 36, to: 41, widen: 1.7 },
  { from: 42, to: 47, widen: 1.7 },
  { from: 48, to: 59, widen: 1.35 },
] as const
/** Softness of the border, as a part of the picture's side. */
const SOFT = 0.02

/** Where eyes and mouth lie in an aligned face, 0–255 [sizePx, sizePx]: `points68` holds (x, y) in pixels of a picture of side `from`. */
export function drawAccents(points68: ArrayLike<number>, from: number, sizePx: number): Uint8Array {
  const scale = sizePx / from
  const accents = new Uint8Array(sizePx * sizePx)
  for (const { from: first, to: last, widen } of PARTS) {
    const points: Point[] = []
    for (let i = first; i <= last; i += 1) points.push([points68[2 * i]! * scale, points68[2 * i + 1]! * scale])
    drawPart(widened(convexHull(points), widen), accents, sizePx)
  }
  return accents
}

/** Fills a polygon with a soft border, working only on the part of the picture that it reaches. */
function drawPart(polygon: readonly Point[], accents: Uint8Array, sizePx: number): void {
  const soft = SOFT * sizePx
  const margin = Math.ceil(3 * soft) + 2
  const [left, right] = reach(polygon, 0, margin, sizePx)
  const [top, bottom] = reach(polygon, 1, margin, sizePx)
  if (right <= left || bottom <= top) return
  const [width, height] = [right - left, bottom - top]
  const moved = polygon.map(([x, y]): Point => [x - left, y - top])
  const { data } = blurPlane(planeOf(fillConvex(moved, width, height)), soft)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (top + y) * sizePx + left + x
      accents[at] = Math.max(accents[at]!, Math.round(255 * data[y * width + x]!))
    }
  }
}

/** First pixel that a polygon and its margin reach along an axis, and the one after the last. */
function reach(polygon: readonly Point[], axis: 0 | 1, margin: number, sizePx: number): [number, number] {
  const places = polygon.map((point) => point[axis])
  return [Math.max(0, Math.floor(Math.min(...places) - margin)), Math.min(sizePx, Math.ceil(Math.max(...places) + margin))]
}

/** A polygon drawn away from the mean of its corners; its height at least a third of its width, so that a closed eye or mouth counts too. */
function widened(polygon: readonly Point[], factor: number): Point[] {
  const mean = (axis: 0 | 1) => polygon.reduce((sum, point) => sum + point[axis], 0) / Math.max(1, polygon.length)
  const [x, y] = [mean(0), mean(1)]
  const extent = (axis: 0 | 1) => Math.max(...polygon.map((point) => point[axis])) - Math.min(...polygon.map((point) => point[axis]))
  const tall = polygon.length < 3 ? 1 : Math.max(1, extent(0) / 3 / Math.max(1e-6, extent(1)))
  return polygon.map((point) => [x + (point[0] - x) * factor, y + (point[1] - y) * factor * tall])
}
