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
    const filled = fillConvex(widened(convexHull(points), widen), sizePx, sizePx)
    const soft = blurPlane(planeOf(filled), SOFT * sizePx)
    for (let i = 0; i < accents.length; i += 1) accents[i] = Math.max(accents[i]!, Math.round(255 * soft.data[i]!))
  }
  return accents
}

/** A polygon drawn away from the mean of its corners; its height at least a third of its width, so that a closed eye or mouth counts too. */
function widened(polygon: readonly Point[], factor: number): Point[] {
  const mean = (axis: 0 | 1) => polygon.reduce((sum, point) => sum + point[axis], 0) / Math.max(1, polygon.length)
  const [x, y] = [mean(0), mean(1)]
  const extent = (axis: 0 | 1) => Math.max(...polygon.map((point) => point[axis])) - Math.min(...polygon.map((point) => point[axis]))
  const tall = polygon.length < 3 ? 1 : Math.max(1, extent(0) / 3 / Math.max(1e-6, extent(1)))
  return polygon.map((point) => [x + (point[0] - x) * factor, y + (point[1] - y) * factor * tall])
}
