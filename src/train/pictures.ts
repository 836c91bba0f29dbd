import sharp from 'sharp'
import { checkInterrupted, DfkError } from '../work/errors.ts'
import { drawAccents } from './accents.ts'
import type { Face, Pictures } from './augment.ts'
import { type FaceList, pathsOf } from './faceList.ts'
import { LANDMARK_NUMBERS } from './landmarks.ts'

/** How many pictures are read at once: as many as Node has threads for it. */
const AT_ONCE = 4

/** Reads one face of a list at a side of `sizePx`; throws DfkError, naming the file, where it cannot be read. */
export async function readFace(list: FaceList, index: number, sizePx: number): Promise<Face> {
  const { image, mask } = pathsOf(list, index)
  const landmarks = list.landmarks.subarray(index * LANDMARK_NUMBERS, (index + 1) * LANDMARK_NUMBERS)
  const [rgb, inside] = await Promise.all([readPicture(image, sizePx, 3), readPicture(mask, sizePx, 1)])
  return {
    sizePx,
    rgb,
    mask: inside,
    accents: drawAccents(landmarks, 1, sizePx),
    landmarks,
    pose: list.poses.subarray(3 * index, 3 * index + 3),
    rest: list.rest,
  }
}

/** Reads all faces of a short list, one picture after the other in memory. */
export async function readPictures(
  list: FaceList,
  sizePx: number,
  signal?: AbortSignal,
  report?: (done: number) => void,
): Promise<Pictures> {
  const pixels = sizePx * sizePx
  const faces = new Uint8Array(list.count * pixels * 3)
  const masks = new Uint8Array(list.count * pixels)
  const accents = new Uint8Array(list.count * pixels)
  await eachOf(list.count, async (index) => {
    checkInterrupted(signal)
    const face = await readFace(list, index, sizePx)
    faces.set(face.rgb, index * pixels * 3)
    masks.set(face.mask, index * pixels)
    accents.set(face.accents, index * pixels)
    report?.(index)
  })
  return { sizePx, count: list.count, faces, masks, accents, landmarks: list.landmarks }
}

/** Does `work` for 0 … count − 1, a few at a time. */
export async function eachOf(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) {
      next += 1
      await work(next - 1)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

/** A picture's bytes [sizePx, sizePx, channels]; throws DfkError, naming the file, where it cannot be read. */
export async function readPicture(path: string, sizePx: number, channels: 1 | 3): Promise<Uint8Array> {
  try {
    return await sharp(path)
      .removeAlpha()
      .resize(sizePx, sizePx, { fit: 'fill', kernel: 'lanczos3' })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer()
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** What to throw where an aligned picture is missing or damaged. */
export function unreadable(path: string, cause: unknown): DfkError {
  return new DfkError(`expected an aligned picture at ${path} but it cannot be read`, { hint: 'run dfk align again on its dataset', cause })
}
