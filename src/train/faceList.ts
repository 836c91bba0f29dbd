import { join } from 'node:path'
import type { AlignedRecord } from '../store/dataset.ts'
import { LANDMARK_NUMBERS, NAMED_NUMBERS, restingFace } from './landmarks.ts'
import { eyeOpening, mouthOpening } from './openings.ts'

/**
 * What is known of one person's faces without their pictures: about 650 bytes a face, in memory that threads share. Pictures are read when they are
 * drawn.
 */
export interface FaceList {
  readonly folder: string
  /** Side of the pictures once they are read: at most twice the training size, so that turning them does not blur. */
  readonly sizePx: number
  readonly count: number
  /** 68 landmarks of each face [n, 136], x and y in turn, in parts of the side. */
  readonly landmarks: Float32Array
  /** The person's face at rest [139]; see landmarks.ts. */
  readonly rest: Float32Array
  /** Yaw, pitch and roll of each [n, 3], in degrees. */
  readonly poses: Float32Array
  /** How far mouth and eyes are open [n, 2]; see openings.ts. */
  readonly openings: Float32Array
  /** Paths of all pictures and masks as UTF-8, each with a line feed, and where each face's begin; one more says where they end. */
  readonly paths: Uint8Array
  readonly pathStarts: Uint32Array
}

/** Memory of its own that worker threads see without a copy. */
const shared = {
  floats: (length: number) => new Float32Array(new SharedArrayBuffer(4 * length)),
  words: (length: number) => new Uint32Array(new SharedArrayBuffer(4 * length)),
  bytes: (length: number) => new Uint8Array(new SharedArrayBuffer(length)),
}

/** Gathers records one at a time; `list` then makes a list of any of them, by the order in which they came. */
export function gatherFaces(folder: string, capacity: number) {
  const landmarks = new Float32Array(capacity * LANDMARK_NUMBERS)
  const poses = new Float32Array(capacity * 3)
  const paths: string[] = []
  return {
    add({ points68, sizePx, pose, image, mask }: AlignedRecord): void {
      const at = paths.length
      for (let i = 0; i < LANDMARK_NUMBERS; i += 1) landmarks[at * LANDMARK_NUMBERS + i] = points68[i]! / sizePx
      poses[3 * at] = pose.yaw
      poses[3 * at + 1] = pose.pitch
      poses[3 * at + 2] = pose.roll
      paths.push(`${image}\n${mask}\n`)
    },
    list(indices: readonly number[], sizePx: number): FaceList {
      const found = { landmarks: shared.floats(indices.length * LANDMARK_NUMBERS), poses: shared.floats(indices.length * 3) }
      for (const [to, from] of indices.entries()) {
        const points = landmarks.subarray(from * LANDMARK_NUMBERS, (from + 1) * LANDMARK_NUMBERS)
        found.landmarks.set(points, to * LANDMARK_NUMBERS)
        found.poses.set(poses.subarray(3 * from, 3 * from + 3), 3 * to)
      }
      const texts = indices.map((index) => paths[index]!)
      const rest = shared.floats(NAMED_NUMBERS)
      rest.set(restingFace(found.landmarks, found.poses))
      return {
        folder,
        sizePx,
        count: indices.length,
        ...found,
        rest,
        openings: openingsOf(found.landmarks),
        ...packed(texts),
      }
    },
  }
}

function openingsOf(landmarks: Float32Array): Float32Array {
  const openings = shared.floats((2 * landmarks.length) / LANDMARK_NUMBERS)
  for (let i = 0; 2 * i < openings.length; i += 1) {
    const points = landmarks.subarray(i * LANDMARK_NUMBERS, (i + 1) * LANDMARK_NUMBERS)
    openings[2 * i] = mouthOpening(points)
    openings[2 * i + 1] = eyeOpening(points)
  }
  return openings
}

function packed(texts: readonly string[]): Pick<FaceList, 'paths' | 'pathStarts'> {
  const pathStarts = shared.words(texts.length + 1)
  for (const [i, text] of texts.entries()) pathStarts[i + 1] = pathStarts[i]! + Buffer.byteLength(text)
  const paths = shared.bytes(pathStarts[texts.length]!)
  const view = Buffer.from(paths.buffer)
  for (const [i, text] of texts.entries()) view.write(text, pathStarts[i]!)
  return { paths, pathStarts }
}

/** Absolute paths of a face's picture and mask. */
export function pathsOf({ folder, paths, pathStarts }: FaceList, index: number): { image: string; mask: string } {
  const text = Buffer.from(paths.buffer as SharedArrayBuffer, pathStarts[index]!, pathStarts[index + 1]! - pathStarts[index]!)
  const [image, mask] = text.toString('utf8').split('\n')
  return { image: join(folder, image!), mask: join(folder, mask!) }
}
