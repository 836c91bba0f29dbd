/**
 * How far the face lies behind its steady points, by place in the aligned picture: 9 rows of 9 places, corner to corner, in parts of the picture's
 * side, away from the camera. Measured: the meshes of three talking-head clips turned to the front and averaged, made symmetric; beyond the face
 * it only has to be smooth.
 */
// biome-ignore format: a table
const DEPTH = [
  0.110, 0.085, 0.047, 0.004, -0.013, 0.004, 0.047, 0.085, 0.110,
  0.153, 0.123, 0.071, 0.001, -0.026, 0.001, 0.071, 0.123, 0.153,
  0.200, 0.164, 0.064, -0.006, -0.037, -0.006, 0.064, 0.164, 0.200,
  0.232, 0.202, 0.076, 0.002, -0.061, 0.002, 0.076, 0.202, 0.232,
  0.235, 0.213, 0.113, -0.063, -0.114, -0.063, 0.113, 0.213, 0.235,
  0.213, 0.186, 0.113, -0.035, -0.073, -0.035, 0.113, 0.186, 0.213,
  0.194, 0.167, 0.107, -0.007, -0.059, -0.007, 0.107, 0.167, 0.194,
  0.150, 0.129, 0.073, 0.006, -0.031, 0.006, 0.073, 0.129, 0.150,
  0.090, 0.060, 0.041, -0.001, -0.020, -0.001, 0.041, 0.060, 0.090,
]
const SIDE = 9
/** Heads turn farther than the mesh says, and its depths are as flat: the slope of landmarks over `headPose` in two clips is 1.2 to 1.7 times these depths. */
const GAIN = 1.5
const RADIANS = Math.PI / 180

/** Depth at a place of the aligned picture, x and y in parts of its side; bilinear, borders repeated. In parts of the side. */
export function depthAt(x: number, y: number): number {
  const across = Math.max(0, Math.min(SIDE - 1, x * (SIDE - 1)))
  const down = Math.max(0, Math.min(SIDE - 1, y * (SIDE - 1)))
  const column = Math.min(SIDE - 2, across | 0)
  const row = Math.min(SIDE - 2, down | 0)
  const fx = across - column
  const fy = down - row
  const at = row * SIDE + column
  const top = DEPTH[at]! + (DEPTH[at + 1]! - DEPTH[at]!) * fx
  const bottom = DEPTH[at + SIDE]! + (DEPTH[at + SIDE + 1]! - DEPTH[at + SIDE]!) * fx
  return top + (bottom - top) * fy
}

/** A turn of the head: how far a point moves to the right and down for each unit of its depth. */
export interface Turn {
  readonly x: number
  readonly y: number
}

/** What `yaw` and `pitch`, in degrees as `headPose` has them, do to the places of an aligned face: depth times this. */
export function turnOf(yaw: number, pitch: number): Turn {
  return { x: -GAIN * Math.sin(yaw * RADIANS), y: GAIN * Math.sin(pitch * RADIANS) }
}
