import type { Point } from '../../picture/polygon.ts'
import { bandsOf, quantile, smooth } from './bands.ts'
import { type FaceView, scaledHull } from './view.ts'
import type { Reading } from './witness.ts'

/** Contours looked at, as parts of the landmarks' outline: seams lie within the face or along its outline. */
const SCALES = Array.from({ length: 13 }, (_, i) => 0.6 + 0.05 * i)
const INNER = { from: 0.72, to: 0.93 }
const OUTLINE = { from: 0.93, to: 1.13 }
const POINTS = 96
/** Neighbouring points over which a step must keep its sign: a seam does, texture does not. */
const RUN = 6
/** Of the contours' points at least this part must lie in the picture. */
const LEAST_SEEN = 0.6

/**
 * Searches contours about the face for a step in noise, sharpness, brightness or colour: where a face was blended in, the two sides
 * come from different pictures (the idea of Face X-ray, Li et al. CVPR 2020, by classical means). A step counts by how far the
 * contour stands out of the others.
 */
export function readBoundary(view: FaceView): Reading {
  const planes = planesFor(view)
  const contours = SCALES.map((scale) => contourOf(view, scale))
  const seen = contours.map(
    (contour) => contour.filter(({ inside, outside }) => within(view, inside) && within(view, outside)).length / POINTS,
  )
  if (seen.some((part, i) => SCALES[i]! < 1.01 && part < LEAST_SEEN))
    return { silent: 'Too little of the face’s outline is in the picture to look for a seam.' }
  const measures: Record<string, number> = {}
  for (const [name, plane] of Object.entries(planes)) {
    const steps = contours.map((contour) => stepAcross(view, plane, contour))
    const usual = quantile(steps)
    const highest = ({ from, to }: { from: number; to: number }) =>
      Math.max(...steps.filter((_, i) => SCALES[i]! >= from && SCALES[i]! < to))
    measures[`${name}Inner`] = Math.log((highest(INNER) + 1e-3) / (usual + 1e-3))
    measures[`${name}Outline`] = Math.log((highest(OUTLINE) + 1e-3) / (usual + 1e-3))
  }
  return { measures }
}

/** What may differ on the two sides of a seam: brightness, colour, and the logarithm of fine and middling detail. */
function planesFor({ width, height, y, cb, cr }: FaceView): Record<string, Float32Array> {
  const calm = (plane: Float32Array) => smooth(smooth(plane, width, height, 1), width, height, 2)
  const [fine, middle] = bandsOf(y, width, height, 2).map((band) => calm(calm(band.map(Math.abs)))) as [Float32Array, Float32Array]
  return {
    light: calm(y),
    red: calm(cr),
    blue: calm(cb),
    noise: fine.map((value) => Math.log(value + 0.1)),
    sharpness: fine.map((value, i) => Math.log((value + 0.1) / (middle[i]! + 0.1))),
  }
}

/** Two places facing each other across a contour. */
interface Across {
  readonly inside: Point
  readonly outside: Point
}

/** Evenly spaced places along the outline scaled by `scale`, a little inside and a little outside of it. */
function contourOf(view: FaceView, scale: number): Across[] {
  const [cx, cy] = view.centre
  const reach = Math.max(2, 0.06 * view.radiusPx)
  return alongPolygon(scaledHull(view, scale), POINTS).map(([x, y]) => {
    const length = Math.hypot(x - cx, y - cy)
    const [nx, ny] = [(x - cx) / length, (y - cy) / length]
    return { inside: [x - reach * nx, y - reach * ny], outside: [x + reach * nx, y + reach * ny] }
  })
}

/** `count` places at equal distances along a closed polygon. */
function alongPolygon(polygon: readonly Point[], count: number): Point[] {
  const sides = polygon.map(([x, y], i) => {
    const [toX, toY] = polygon[(i + 1) % polygon.length]!
    return { x, y, dx: toX - x, dy: toY - y, length: Math.hypot(toX - x, toY - y) }
  })
  const total = sides.reduce((sum, { length }) => sum + length, 0)
  const points: Point[] = []
  let done = 0
  for (const { x, y, dx, dy, length } of sides) {
    for (; points.length < count && (points.length / count) * total < done + length; ) {
      const part = ((points.length / count) * total - done) / length
      points.push([x + part * dx, y + part * dy])
    }
    done += length
  }
  return points
}

function within({ width, height }: FaceView, [x, y]: Point): boolean {
  return x >= 0 && y >= 0 && x < width && y < height
}

/** Mean size of the steps across a contour, each first averaged with its neighbours along it. */
function stepAcross(view: FaceView, plane: Float32Array, contour: readonly Across[]): number {
  const at = ([x, y]: Point) => plane[Math.floor(y) * view.width + Math.floor(x)]!
  const steps = contour.map(({ inside, outside }) =>
    within(view, inside) && within(view, outside) ? at(outside) - at(inside) : Number.NaN,
  )
  let sum = 0
  let count = 0
  for (let i = 0; i < steps.length; i++) {
    const run = Array.from({ length: RUN }, (_, k) => steps[(i + k) % steps.length]!).filter((step) => !Number.isNaN(step))
    if (run.length < RUN / 2) continue
    sum += Math.abs(run.reduce((a, b) => a + b, 0) / run.length)
    count += 1
  }
  return count === 0 ? 0 : sum / count
}
