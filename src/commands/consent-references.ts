import type { FaceAnalyser } from '../faces/index.ts'
import { decodeFrames, expandInputs, probeMedia, readPicture } from '../media/index.ts'
import type { Picture } from '../picture/picture.ts'
import { DfkError, RefusedError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'

/** Frames looked at in a clip, spread over its first part. */
const FRAMES_OF_CLIP = 12
/** Frames between two of them at most, so that a long clip is not decoded whole. */
const MOST_APART = 60
/** Most references that a record keeps: enough for turns of the head, few enough to read. */
const MOST_REFERENCES = 6
/** Faces of a smaller height are not looked at. */
export const MIN_FACE_PX = 64

async function describeFace(analyser: FaceAnalyser, picture: Picture, from: string): Promise<Float32Array | undefined> {
  const faces = await analyser.find(picture, { minSizePx: MIN_FACE_PX })
  if (faces.length > 1) {
    throw new RefusedError('biometric.references', `expected one person in a reference but found ${faces.length} faces in ${from}`, {
      hint: 'give pictures or clips that show the subject alone',
    })
  }
  const [face] = faces
  return face === undefined ? undefined : analyser.descriptor(picture, face.landmarks)
}

async function* picturesOf(path: string, signal: AbortSignal | undefined): AsyncGenerator<Picture> {
  const info = await probeMedia(path, signal)
  if (info.kind === 'image') {
    yield await readPicture(path)
    return
  }
  const every = Math.min(MOST_APART, Math.max(1, Math.floor(info.frames / FRAMES_OF_CLIP)))
  for await (const { picture } of decodeFrames(info, { every, maxFrames: FRAMES_OF_CLIP, signal })) yield picture
}

/** Those that lie farthest apart, the first being the one nearest to all others: they cover most of how the person looks. */
function spreadOut(found: readonly Float32Array[], distance: (a: Float32Array, b: Float32Array) => number): Float32Array[] {
  const total = (candidate: Float32Array) => found.reduce((sum, other) => sum + distance(candidate, other), 0)
  const kept = found.toSorted((a, b) => total(a) - total(b)).slice(0, 1)
  while (kept.length < Math.min(MOST_REFERENCES, found.length)) {
    const nearest = (candidate: Float32Array) => Math.min(...kept.map((other) => distance(candidate, other)))
    kept.push(found.toSorted((a, b) => nearest(b) - nearest(a))[0]!)
  }
  return kept
}

/**
 * Descriptors of the subject out of stills and clips that show nobody else, at most six, rounded to six decimals.
 * `onFaceless` hears of each file that shows none, while others do. Throws DfkError where there is no face in any, RefusedError where there is more than one, or different people.
 */
export async function referenceDescriptors(
  paths: readonly string[],
  { signal, onProgress }: WorkOptions,
  onFaceless: (path: string) => void,
): Promise<number[][]> {
  const { descriptorDistance, openFaceAnalyser, SAME_PERSON_DISTANCE } = await import('../faces/index.ts')
  const { openDevice } = await import('../tensor/index.ts')
  const inputs = await expandInputs(paths, signal)
  const analyser = await openFaceAnalyser(await openDevice('cpu'))
  const found: Float32Array[] = []
  try {
    for (const [i, { path }] of inputs.entries()) {
      const before = found.length
      for await (const picture of picturesOf(path, signal)) {
        const descriptor = await describeFace(analyser, picture, path)
        if (descriptor !== undefined) found.push(descriptor)
        onProgress?.({ done: i, total: inputs.length, note: `${found.length} faces` })
      }
      if (found.length === before) onFaceless(path)
    }
  } finally {
    await analyser.dispose()
  }
  if (found.length === 0) {
    throw new DfkError(`expected the subject's face in ${paths.join(', ')} but found none`, {
      hint: `give pictures in which the face is larger than ${MIN_FACE_PX} pixels and well lit`,
    })
  }
  const kept = spreadOut(found, descriptorDistance)
  if (kept.some((other) => descriptorDistance(kept[0]!, other) > SAME_PERSON_DISTANCE)) {
    throw new RefusedError('biometric.references', 'expected one person in all references but found different people', {
      hint: 'give pictures or clips that show the subject alone',
    })
  }
  return kept.map((descriptor) => Array.from(descriptor, (value) => Math.round(value * 1e6) / 1e6))
}
