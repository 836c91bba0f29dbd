// Cuts out the faces that the base weights are trained on: `npx tsx scripts/base/faces.ts <out folder> <picture, clip or folder>…`
// Writes faces.jsonl, and faces.raw (RGB), masks.raw and accents.raw (gray) with as many pictures of SIDE px in the same order.
import { appendFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { alignMatrix, type FaceAnalyser, faceHull, openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, readPicture } from '../../src/media/index.ts'
import { applyAffineToPoints } from '../../src/picture/affine.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { warpAffine } from '../../src/picture/warp.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { drawAccents } from '../../src/train/accents.ts'
import { padded } from '../detector/padded.ts'

/** Side of the stored faces, px. */
const SIDE = 192
/** Of a clip, each n-th frame. */
const EVERY = 2
/** Pictures that a face fills are padded: the detector wants to see around it. */
const PAD = 0.3
const CLIPS = new Set(['.mp4', '.mpg', '.mov', '.webm', '.mkv'])
const MOST_YAW = 60

async function* picturesOf(path: string): AsyncGenerator<{ name: string; picture: Picture; clip: boolean }> {
  if (statSync(path).isDirectory()) {
    for (const file of readdirSync(path).sort()) yield* picturesOf(join(path, file))
    return
  }
  const name = basename(path)
  if (CLIPS.has(extname(path).toLowerCase())) {
    for await (const { index, picture } of decodeFrames(path)) if (index % EVERY === 0) yield { name, picture, clip: true }
    return
  }
  const picture = await readPicture(path)
  yield { name, picture: padded(picture, Math.round(PAD * Math.min(picture.width, picture.height))), clip: false }
}

async function cut(analyser: FaceAnalyser, out: string, from: { name: string; picture: Picture; clip: boolean }): Promise<number> {
  const found = await analyser.find(from.picture, { minSizePx: 64 })
  let kept = 0
  for (const { landmarks, pose } of found) {
    if (Math.abs(pose.yaw) > MOST_YAW) continue
    const matrix = alignMatrix(landmarks, SIDE)
    const descriptor = await analyser.descriptor(from.picture, landmarks)
    appendFileSync(join(out, 'faces.raw'), warpAffine(from.picture, matrix, SIDE, SIDE, 'replicate').data)
    appendFileSync(join(out, 'masks.raw'), faceHull(landmarks, matrix, SIDE).data)
    const points68 = Array.from(applyAffineToPoints(matrix, landmarks.points68))
    appendFileSync(join(out, 'accents.raw'), drawAccents(points68, SIDE, SIDE))
    const line = { name: from.name, clip: from.clip, points68, pose, descriptor: Array.from(descriptor) }
    appendFileSync(join(out, 'faces.jsonl'), `${JSON.stringify(line)}\n`)
    kept += 1
  }
  return kept
}

const [out, ...inputs] = process.argv.slice(2)
if (out === undefined || inputs.length === 0) throw new Error('expected: scripts/base/faces.ts <out folder> <picture, clip or folder>…')
mkdirSync(out, { recursive: true })
for (const file of ['faces.raw', 'masks.raw', 'accents.raw', 'faces.jsonl']) writeFileSync(join(out, file), '')
const analyser = await openFaceAnalyser(await openDevice('cpu'))
const counts = { pictures: 0, faces: 0 }
for (const input of inputs) {
  for await (const from of picturesOf(input)) {
    counts.pictures += 1
    counts.faces += await cut(analyser, out, from)
  }
}
await analyser.dispose()
console.error(`${counts.faces} faces in ${counts.pictures} pictures and frames`)
