import type { Box, Picture } from '../picture/picture.ts'

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
  /** Then, unless those found suffice, the same picture is searched down to this size as if it had been asked for at once; what was seen is not looked at twice. */
  readonly finer?: { readonly minSizePx: number; suffices(found: readonly FoundFace[]): boolean }
}

/** A part of a picture: its corner lies at (x, y) of the whole, a pixel of it is `step` × `step` of the whole's. */
export interface Part {
  readonly picture: Picture
  readonly x: number
  readonly y: number
  readonly step: number
}

/** A picture that is made only where somebody looks. */
export interface Parts {
  readonly width: number
  readonly height: number
  /** At least what `box` covers of it. `neededPx`: pixels across that are enough for the box; the part may be as much coarser than the whole. */
  part(box: Box, neededPx?: number): Part
}

/** One eye, in pixels of the picture. */
export interface Eye {
  /** Eye aspect ratio: height of the opening over its width (Soukupová and Čech 2016). */
  readonly opening: number
  /** Centre of the iris. */
  readonly iris: readonly [x: number, y: number]
  /** Outer and inner corner. */
  readonly corners: readonly [outer: readonly [x: number, y: number], inner: readonly [x: number, y: number]]
  /** How wide the eye is in the picture: below about a dozen pixels nobody could tell where it looks. */
  readonly pictureSizePx: number
}

/** Both eyes, in the picture's order from left to right. */
export type Eyes = readonly [Eye, Eye]

/** Finds and describes faces with pretrained networks, all run on one device. */
export interface FaceAnalyser {
  /** All faces, best first. Candidates that the landmark network does not take for faces are dropped. */
  detect(picture: Picture, options?: DetectOptions): Promise<Detection[]>
  /** Landmarks of the face in a box, which need not fit tightly. */
  landmarks(picture: Picture, box: Box): Promise<Landmarks>
  /** Faces with landmarks and pose, best first. */
  find(picture: Picture, options?: DetectOptions): Promise<FoundFace[]>
  /** Landmarks from the last frame's region without the detector; undefined when the face is lost. */
  track(picture: Picture | Parts, previous: Landmarks): Promise<FoundFace | undefined>
  /** 128-d identity descriptor; compare with `descriptorDistance`. */
  descriptor(picture: Picture, landmarks: Landmarks): Promise<Float32Array>
  /** Descriptor of a second, independent recogniser, of length 1: for judging results only. */
  judge(picture: Picture, landmarks: Landmarks): Promise<Float32Array>
  /** Lids and irises by a network of their own. */
  eyes(picture: Picture, landmarks: Landmarks): Promise<Eyes>
  dispose(): Promise<void>
}
