export { alignMatrix, FRAMING, faceHull } from './align.ts'
export { openFaceAnalyser } from './analyser.ts'
export { descriptorDistance, SAME_PERSON_DISTANCE } from './descriptor.ts'
export type { Detection, DetectOptions, FaceAnalyser, FoundFace, Landmarks, Pose } from './face.ts'
