import type { Picture } from '../picture/picture.ts'
import type { Detection, DetectOptions, FoundFace, Landmarks } from './face.ts'

export type { Detection, DetectOptions, FoundFace, Landmarks, Pose } from './face.ts'

/** Finds and describes faces with pretrained networks, all run on one device. One call at a time per analyser is fastest. */
export interface FaceAnalyser {
  /** All faces, best first. Candidates that the landmark network does not take for faces are dropped. */
  detect(picture: Picture, options?: DetectOptions): Promise<Detection[]>
  /** Landmarks of the face in a box, which need not fit tightly. */
  landmarks(picture: Picture, box: Detection['box']): Promise<Landmarks>
  /** Faces with landmarks and pose, best first. */
  find(picture: Picture, options?: DetectOptions): Promise<FoundFace[]>
  /** Landmarks from the last frame's region without the detector; undefined when the face is lost. */
  track(picture: Picture, previous: Landmarks): Promise<FoundFace | undefined>
  /** 128-d identity descriptor; compare with `descriptorDistance`. */
  descriptor(picture: Picture, landmarks: Landmarks): Promise<Float32Array>
  /** Descriptor of a second, independent recogniser, of length 1: for judging results only. */
  judge(picture: Picture, landmarks: Landmarks): Promise<Float32Array>
  dispose(): Promise<void>
}

/** Euclidean distance of two descriptors; same person below SAME_PERSON_DISTANCE. */
export function descriptorDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return Math.sqrt(sum)
}
