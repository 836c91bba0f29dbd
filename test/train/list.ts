import type { FaceList } from '../../src/train/faceList.ts'

/** How a face looks: degrees, and openings of mouth and eyes. */
export interface Look {
  readonly yaw?: number
  readonly pitch?: number
  readonly mouth?: number
  readonly eyes?: number
}

/** A list of faces without pictures. */
export function listOf(looks: readonly Look[]): FaceList {
  return {
    folder: '',
    sizePx: 64,
    count: looks.length,
    landmarks: new Float32Array(looks.length * 136),
    rest: new Float32Array(139),
    poses: Float32Array.from(looks.flatMap(({ yaw = 1, pitch = 1 }) => [yaw, pitch, 0])),
    openings: Float32Array.from(looks.flatMap(({ mouth = 0.02, eyes = 0.28 }) => [mouth, eyes])),
    paths: new Uint8Array(),
    pathStarts: new Uint32Array(looks.length + 1),
  }
}
