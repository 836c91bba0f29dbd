import { cropBox, faceRecordOf } from '../../src/collect/record.ts'
import { lookOf } from '../../src/collect/variety.ts'
import { type FaceAnalyser, type FoundFace, type Landmarks, openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, encodePicture, probeMedia } from '../../src/media/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { cropPicture } from '../../src/picture/resize.ts'
import { appendFace, createDataset, type Dataset } from '../../src/store/dataset.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { writeClip } from '../support/clips.ts'

/** Remembers what the networks said of the same picture and landmarks: the target clip is looked at once, not once a test. */
function remember<P extends object, K extends object, T>(ask: (picture: P, key: K) => Promise<T>): (picture: P, key: K) => Promise<T> {
  const known = new WeakMap<P, WeakMap<K, Promise<T>>>()
  return (picture, key) => {
    const answers = known.get(picture) ?? new WeakMap<K, Promise<T>>()
    known.set(picture, answers)
    const answer = answers.get(key) ?? ask(picture, key)
    answers.set(key, answer)
    return answer
  }
}

/** Opens the face networks on the CPU. */
export async function analyser(): Promise<FaceAnalyser> {
  const faces = await openFaceAnalyser(await openDevice('cpu'))
  const everything = {}
  const find = remember<Picture, object, FoundFace[]>((picture) => faces.find(picture))
  return {
    ...faces,
    find: (picture) => find(picture, everything),
    track: remember((picture: Picture, previous: Landmarks) => faces.track(picture, previous)),
    descriptor: remember((picture: Picture, landmarks: Landmarks) => faces.descriptor(picture, landmarks)),
    eyes: remember((picture: Picture, landmarks: Landmarks) => faces.eyes(picture, landmarks)),
    judge: remember((picture: Picture, landmarks: Landmarks) => faces.judge(picture, landmarks)),
  }
}

/** Reads `count` neighbouring frames of a clip, from frame `from` on. */
export async function readFrames(path: string, from: number, count: number): Promise<Picture[]> {
  const pictures: Picture[] = []
  for await (const { index, picture } of decodeFrames(path, { maxFrames: from + count })) if (index >= from) pictures.push(picture)
  return pictures
}

/** Writes pictures as a clip with another one's frame rate; by default as nearly lossless as the encoder gets. */
export async function writeLike(path: string, pictures: readonly Picture[], like: string, quality = 4): Promise<void> {
  const { fps } = await probeMedia(like)
  await writeClip(path, pictures, { fps, quality })
}

/** A small dataset with faces of a clip, as collect would make it. */
export async function makeDataset(home: string, name: string, clip: string, count: number, faces: FaceAnalyser): Promise<Dataset> {
  const dataset = await createDataset(home, name, { hash: 'a'.repeat(64), subject: name, text: '{}' })
  const info = await probeMedia(clip)
  const { frames } = info
  const footage = { info, hash: { name: 'clip.mp4', sha256: 'b'.repeat(64) }, isNamed: true }
  const every = Math.floor(Math.min(frames, 600) / count)
  for await (const { index, timeS, picture } of decodeFrames(clip, { every, maxFrames: count })) {
    const [face] = await faces.find(picture)
    if (face === undefined) continue
    const crop = cropBox(picture, face.landmarks)
    const descriptor = await faces.descriptor(picture, face.landmarks)
    const look = lookOf(picture, face.landmarks)
    const record = faceRecordOf(footage, { index, timeS, picture }, face, { sharpness: 1, descriptor, look, crop })
    await appendFace(dataset, record, await encodePicture(cropPicture(picture, crop), 'jpg'))
  }
  return dataset
}
