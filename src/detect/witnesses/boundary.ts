import { blurPlane } from '../../picture/plane.ts'
import type { Point } from '../../picture/polygon.ts'
import { quantile } from './bands.ts'
import { type FaceView, scaledHull } from './view.ts'
import type { Reading } from './witness.ts'

/** Contours looked at, as parts of the landmarks' outline: seams lie within the face or along its outline. */
const SCALES = Array.from({ length: 13 }, (_, i) => 0.6 + 0.05 * i)
interface Range {
  readonly from: number
  readonly to: number
}
const MIDST: Range = { from: 0.58, to: 0.73 }
const INNER: Range = { from: 0.72, to: 0.93 }
const SEAM: Range = { from: 0.83, to: 1.03 }
const OUTLINE: Range = { from: 0.93, to: 1.13 }
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
  const quantities = quantitiesOf(view)
  const contours = SCALES.map((scale) => contourOf(view, scale))
  const seen = contours.map(
    (contour) => contour.filter(({ inside, outside }) => within(view, inside) && within(view, outside)).length / POINTS,
  )
  if (seen.some((part, i) => SCALES[i]! < 1.01 && part < LEAST_SEEN))
    return { silent: 'Too little of the face’s outline is in the picture to look for a seam.' }
  const measures: Record<string, number> = {}
  for (const [name, plane] of Object.entries(quantities)) {
    const steps = contours.map((contour) => coherentStep(stepsAcross(view, plane, contour)))
    const usual = quantile(steps)
    const highest = (range: Range) => Math.max(...between(steps, range))
    measures[`${name}Inner`] = Math.log((highest(INNER) + 1e-3) / (usual + 1e-3))
    measures[`${name}Outline`] = Math.log((highest(OUTLINE) + 1e-3) / (usual + 1e-3))
  }
  for (const name of ['noise', 'sharpness', 'light', 'red'] as const) {
    const steps = contours.map((contour) => stepsAcross(view, quantities[name], contour))
    const [seam, midst] = [between(steps, SEAM), between(steps, MIDST)]
    measures[`${name}Drop`] = meanOf(seam.flat()) - meanOf(midst.flat())
    measures[`${name}Steady`] = steadiness(seam)
  }
  for (const name of ['noise', 'sharpness'] as const) {
    const levels = contours.map((contour) => meanOf(contour.map(({ at }) => valueAt(view, quantities[name], at))))
    measures[`${name}Dip`] = Math.max(...between(levels.map((level, i) => dip(levels, level, i)), SEAM)) // biome-ignore format: one thought
  }
  return { measures }
}

/** A quantity at a pixel of the view. */
type Quantity = (pixel: number) => number

/** What may differ on the two sides of a seam: brightness, colour, and the logarithm of fine and middling detail, which is asked for at few of the pixels. */
function quantitiesOf({ width, height, y, cb, cr, bands }: FaceView): Record<'light' | 'red' | 'blue' | 'noise' | 'sharpness', Quantity> {
  const blur = (data: Float32Array, sigma: number) => blurPlane({ width, height, data }, sigma).data
  const sizes = (band: Float32Array) => {
    const out = new Float32Array(band.length)
    for (let i = 0; i < out.length; i++) out[i] = Math.abs(band[i]!)
    return out
  }
  const [fine, middle] = [blur(sizes(bands[0]!), 2.5), blur(sizes(bands[1]!), 2.5)]
  const [light, red, blue] = [blur(y, 1.5), blur(cr, 1.5), blur(cb, 1.5)]
  return {
    light: (i) => light[i]!,
    red: (i) => red[i]!,
    blue: (i) => blue[i]!,
    noise: (i) => Math.log(fine[i]! + 0.1),
    sharpness: (i) => Math.log((fine[i]! + 0.1) / (middle[i]! + 0.1)),
  }
}

/** Two places facing each other across a contour. */
interface Across {
  readonly at: Point
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
    return { at: [x, y], inside: [x - reach * nx, y - reach * ny], outside: [x + reach * nx, y + reach * ny] }
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

/** The quantity at a place; NaN outside of the picture. */
function valueAt(view: FaceView, plane: Quantity, point: Point): number {
  return within(view, point) ? plane(Math.floor(point[1]) * view.width + Math.floor(point[0])) : Number.NaN
}

function stepsAcross(view: FaceView, plane: Quantity, contour: readonly Across[]): number[] {
  return contour.map(({ inside, outside }) => valueAt(view, plane, outside) - valueAt(view, plane, inside))
}

/** Mean size of the steps across a contour, each first averaged with its neighbours along it. */
function coherentStep(steps: readonly number[]): number {
  let [sum, count] = [0, 0]
  for (let i = 0; i < steps.length; i++) {
    let [total, known] = [0, 0]
    for (let k = 0; k < RUN; k++) {
      const step = steps[(i + k) % steps.length]!
      if (Number.isNaN(step)) continue
      total += step
      known += 1
    }
    if (known < RUN / 2) continue
    sum += Math.abs(total / known)
    count += 1
  }
  return count === 0 ? 0 : sum / count
}

/** Mean of those that are numbers; 0 of none. */
function meanOf(values: readonly number[]): number {
  let [sum, count] = [0, 0]
  for (const value of values) {
    if (Number.isNaN(value)) continue
    sum += value
    count += 1
  }
  return count === 0 ? 0 : sum / count
}

/** What belongs to the contours of a range. */
function between<T>(values: readonly T[], { from, to }: Range): T[] {
  return values.filter((_, i) => SCALES[i]! >= from && SCALES[i]! < to)
}

/** How steadily the steps of several contours point one way all around: their mean over its deviation from place to place. */
function steadiness(contours: readonly (readonly number[])[]): number {
  const places = contours[0]!.map((_, i) => meanOf(contours.map((steps) => steps[i]!)))
  const mean = meanOf(places)
  return mean / (Math.sqrt(meanOf(places.map((place) => (place - mean) ** 2))) + 1e-3)
}

/** How far a contour lies below those two on either side: where two pictures are mixed half and half, their noise is averaged away. */
function dip(levels: readonly number[], level: number, i: number): number {
  const [inner, outer] = [levels[i - 2], levels[i + 2]]
  return inner === undefined || outer === undefined ? 0 : (inner + outer) / 2 - level
}
