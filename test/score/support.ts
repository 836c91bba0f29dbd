import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type FaceAnalyser, openFaceAnalyser } from '../../src/faces/index.ts'
import { createEncoder, decodeFrames, encodePicture, probeMedia } from '../../src/media/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { cropPicture } from '../../src/picture/resize.ts'
import { appendFace, createDataset, type Dataset } from '../../src/store/dataset.ts'
import { openDevice } from '../../src/tensor/index.ts'

/** Opens the face networks on the CPU. */
export async function analyser(): Promise<FaceAnalyser> {
  return openFaceAnalyser(await openDevice('cpu'))
}

/** Reads `count` neighbouring frames of a clip, from frame `from` on. */
export async function readFrames(path: string, from: number, count: number): Promise<Picture[]> {
  const pictures: Picture[] = []
  for await (const { index, picture } of decodeFrames(path, { maxFrames: from + count })) if (index >= from) pictures.push(picture)
  return pictures
}

/** Writes pictures as a clip, as nearly lossless as the encoder gets. */
export async function writeClip(path: string, pictures: readonly Picture[], like: string): Promise<void> {
  const { fps } = await probeMedia(like)
  await rm(path, { force: true })
  const encoder = await createEncoder({ output: path, width: pictures[0]!.width, height: pictures[0]!.height, fps, quality: 4 })
  for (const picture of pictures) await encoder.write(picture)
  await encoder.finish()
}

/** A small dataset with faces of a clip, as collect would make it. */
export async function makeDataset(home: string, name: string, clip: string, count: number, faces: FaceAnalyser): Promise<Dataset> {
  const dataset = await createDataset(home, name, { hash: 'a'.repeat(64), subject: name, text: '{}' })
  const { frames } = await probeMedia(clip)
  const every = Math.floor(Math.min(frames, 600) / count)
  for await (const { index, timeS, picture } of decodeFrames(clip, { every, maxFrames: count })) {
    const [face] = await faces.find(picture)
    if (face === undefined) continue
    const box = {
      x: Math.max(0, Math.floor(face.box.x - face.box.width * 0.3)),
      y: Math.max(0, Math.floor(face.box.y - face.box.height * 0.3)),
      width: 0,
      height: 0,
    }
    box.width = Math.min(picture.width, Math.ceil(face.box.x + face.box.width * 1.3)) - box.x
    box.height = Math.min(picture.height, Math.ceil(face.box.y + face.box.height * 1.3)) - box.y
    const mesh = Array.from(face.landmarks.mesh, (value, i) => value - (i % 3 === 0 ? box.x : i % 3 === 1 ? box.y : 0))
    const id = `face-${index}`
    const record = {
      id,
      image: join('faces', `${id}.png`),
      source: 'clip.mp4',
      sha256: 'b'.repeat(64),
      frame: index,
      timeS,
      box: face.box,
      crop: box,
      score: face.score,
      confidence: face.landmarks.confidence,
      mesh,
      descriptor: Array.from(await faces.descriptor(picture, face.landmarks)),
      pose: face.pose,
      sharpness: 1,
    }
    await appendFace(dataset, record, await encodePicture(cropPicture(picture, box), 'png'))
  }
  return dataset
}
