import type { FoundFace } from '../../faces/index.ts'
import type { Box, Picture } from '../../picture/picture.ts'
import { convexHull, fillConvex, type Point } from '../../picture/polygon.ts'
import { cropPicture } from '../../picture/resize.ts'
import { applyAffine, warpAffine } from '../../picture/warp.ts'
import { bandsOf } from './bands.ts'

/** The face's larger side in a view is at most this: more pixels cost time and say no more. */
const FACE_PX = 200
/** Around the face, a view shows so much of the face's larger side. */
const MARGIN = 0.3

/** A face and what lies around it, as planes of numbers 0–255. */
export interface FaceView {
  readonly width: number
  readonly height: number
  readonly y: Float32Array
  readonly cb: Float32Array
  readonly cr: Float32Array
  /** Luma's detail at three scales, finest first. */
  readonly bands: readonly Float32Array[]
  /** Outline of the landmarks, in pixels of the view, in order. */
  readonly hull: readonly Point[]
  readonly centre: Point
  /** Half of the hull's mean side. */
  readonly radiusPx: number
}

/** Where a pixel of a view belongs. */
export const REGION = { elsewhere: 0, face: 1, around: 2 } as const

/** The box around a hull with `margin` of its larger side on each side, whole pixels within the picture. */
export function boxAround(hull: readonly Point[], margin: number, { width, height }: Picture): Box {
  const xs = hull.map(([x]) => x)
  const ys = hull.map(([, y]) => y)
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const reach = margin * Math.max(right - left, bottom - top)
  const x = Math.max(0, Math.floor(left - reach))
  const y = Math.max(0, Math.floor(top - reach))
  return { x, y, width: Math.min(width, Math.ceil(right + reach)) - x, height: Math.min(height, Math.ceil(bottom + reach)) - y }
}

/** Convex outline of a face's landmarks, in pixels of the picture. */
export function outlineOf({ landmarks: { mesh } }: Pick<FoundFace, 'landmarks'>): Point[] {
  const points: Point[] = []
  for (let i = 0; i < mesh.length; i += 3) points.push([mesh[i]!, mesh[i + 1]!])
  return convexHull(points)
}

/** Cuts a face out with its surroundings: the picture's own pixels, averaged only where the face is over 200 px. Undefined where next to nothing of it is in the picture. */
export function viewOf(picture: Picture, face: Pick<FoundFace, 'landmarks'>): FaceView | undefined {
  const outline = outlineOf(face)
  const box = boxAround(outline, MARGIN, picture)
  if (box.width < 32 || box.height < 32) return undefined
  const side = Math.max(...[0, 1].map((axis) => Math.max(...outline.map((p) => p[axis]!)) - Math.min(...outline.map((p) => p[axis]!))))
  const scale = Math.min(1, FACE_PX / side)
  const matrix = { a: scale, b: 0, tx: -box.x * scale, c: 0, d: scale, ty: -box.y * scale }
  const seen =
    scale === 1 ? cropPicture(picture, box) : warpAffine(picture, matrix, Math.round(box.width * scale), Math.round(box.height * scale))
  const hull = outline.map(([x, y]): Point => {
    const at = applyAffine(matrix, x, y)
    return [at.x, at.y]
  })
  const planes = planesOf(seen)
  const bands = bandsOf(planes.y, planes.width, planes.height, 3)
  return { ...planes, bands, hull, centre: middle(hull), radiusPx: radius(hull) }
}

function middle(hull: readonly Point[]): Point {
  const mid = (axis: 0 | 1) => (Math.min(...hull.map((p) => p[axis])) + Math.max(...hull.map((p) => p[axis]))) / 2
  return [mid(0), mid(1)]
}

function radius(hull: readonly Point[]): number {
  const span = (axis: 0 | 1) => Math.max(...hull.map((p) => p[axis])) - Math.min(...hull.map((p) => p[axis]))
  return (span(0) + span(1)) / 4
}

/** Luma and colour differences of BT.601, not rounded. */
function planesOf({ width, height, data }: Picture): Pick<FaceView, 'width' | 'height' | 'y' | 'cb' | 'cr'> {
  const [y, cb, cr] = [new Float32Array(width * height), new Float32Array(width * height), new Float32Array(width * height)]
  for (let i = 0, p = 0; i < y.length; i++, p += 3) {
    const luma = 0.299 * data[p]! + 0.587 * data[p + 1]! + 0.114 * data[p + 2]!
    y[i] = luma
    cb[i] = 0.564 * (data[p + 2]! - luma)
    cr[i] = 0.713 * (data[p]! - luma)
  }
  return { width, height, y, cb, cr }
}

/** The hull grown or shrunk about its centre. */
export function scaledHull({ hull, centre: [cx, cy] }: Pick<FaceView, 'hull' | 'centre'>, factor: number): Point[] {
  return hull.map(([x, y]) => [cx + (x - cx) * factor, cy + (y - cy) * factor])
}

/** For each pixel of the view: the face within 0.9 of its outline, its surroundings between 1.1 and 1.6 of it, or neither. */
export function regionsOf(view: FaceView): Uint8Array {
  const fill = (factor: number) => fillConvex(scaledHull(view, factor), view.width, view.height).data
  const [inside, near, far] = [fill(0.9), fill(1.1), fill(1.6)]
  return inside.map((value, i) => (value > 127 ? REGION.face : near[i]! < 128 && far[i]! > 127 ? REGION.around : REGION.elsewhere))
}
