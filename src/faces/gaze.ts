import type { Eye, Eyes, Landmarks, Pose } from './face.ts'
import { headPose } from './pose.ts'
import { eyeWidth } from './shape.ts'

/** A unit vector in the picture's frame: x to the right, y down, z away from the camera. */
export type Direction = readonly [x: number, y: number, z: number]

// A mean eye in widths of its opening (30 mm): the iris turns about a centre 10.5 mm behind it, which lies 5.5 mm behind the corners.
const IRIS_RADIUS = 0.35
const CENTRE_DEPTH = 0.18
/** An eye less open than this hides its iris. */
const CLOSED = 0.14
/** In an eye smaller than this a pixel is more than 15 degrees. */
const SMALLEST_PX = 11
/** Noise may put the iris further out than an eye turns. */
const MOST_SINE = 0.95
const DEGREES = 180 / Math.PI

/** Where the back of the head points. */
function backwards({ yaw, pitch, roll }: Pose): readonly [number, number] {
  const [y, p, r] = [yaw / DEGREES, pitch / DEGREES, roll / DEGREES]
  const x = -Math.sin(y)
  const down = Math.sin(p) * Math.cos(y)
  return [x * Math.cos(r) - down * Math.sin(r), x * Math.sin(r) + down * Math.cos(r)]
}

function sineOf({ iris, corners: [outer, inner] }: Eye, widthPx: number, [backX, backY]: readonly [number, number]): [number, number] {
  const centreX = (outer[0] + inner[0]) / 2 + backX * CENTRE_DEPTH * widthPx
  const centreY = (outer[1] + inner[1]) / 2 + backY * CENTRE_DEPTH * widthPx
  return [(iris[0] - centreX) / (IRIS_RADIUS * widthPx), (iris[1] - centreY) / (IRIS_RADIUS * widthPx)]
}

/**
 * Where a face looks, by a ball model of the eye in an orthographic picture: the iris's offset from the eyeball's centre over the radius on which it turns,
 * mean of the eyes that can be read. Null where both are closed or too small.
 */
export function gazeOf(eyes: Eyes, { mesh }: Landmarks): Direction | null {
  const back = backwards(headPose(mesh))
  const widthPx = eyeWidth(mesh)
  const readable = eyes.filter((eye) => eye.opening >= CLOSED && eye.pictureSizePx >= SMALLEST_PX)
  if (readable.length === 0) return null
  const sines = readable.map((eye) => sineOf(eye, widthPx, back))
  const x = sines.reduce((sum, sine) => sum + sine[0], 0) / sines.length
  const y = sines.reduce((sum, sine) => sum + sine[1], 0) / sines.length
  const shrink = Math.min(1, MOST_SINE / (Math.hypot(x, y) || 1))
  return [x * shrink, y * shrink, -Math.sqrt(1 - (x * shrink) ** 2 - (y * shrink) ** 2)]
}

/** Angle between two directions, degrees. */
export function angleBetween(a: Direction, b: Direction): number {
  // By the chord: the cosine of equal vectors may round to more than nothing.
  return 2 * Math.asin(Math.min(1, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) / 2)) * DEGREES
}
