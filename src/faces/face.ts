import type { Box } from '../picture/picture.ts'

/** Landmarks of one face, in pixels of the picture (continuous: pixel centres lie at .5). */
export interface Landmarks {
  /** 468 × (x, y, z) in MediaPipe's face-mesh order; z in the same units, smaller is nearer to the camera. */
  readonly mesh: Float32Array
  /** 68 × (x, y) in iBUG order, taken from the mesh. */
  readonly points68: Float32Array
  /** How sure the network is that this is a face, 0–1. */
  readonly confidence: number
}

/** Rotation of the head in degrees. yaw > 0: turned to the picture's right; pitch > 0: looking up; roll > 0: tilted clockwise as seen in the picture. */
export interface Pose {
  readonly yaw: number
  readonly pitch: number
  readonly roll: number
}

/** A face box with the detector's score, 0–1. */
export interface Detection {
  readonly box: Box
  readonly score: number
}

export interface FoundFace extends Detection {
  readonly landmarks: Landmarks
  readonly pose: Pose
}

export interface DetectOptions {
  /** Lowest score of the detector, 0–1. */
  readonly minScore?: number
  /** Smallest side of a box, pixels of the picture. */
  readonly minSizePx?: number
  /** Most faces to return, best first. */
  readonly max?: number
}
