// Makes the pairs that the enhancer is trained on: `npx tsx scripts/enhancer/pairs.ts <out folder> <picture, clip or folder>…`
// Each face twice, in the same order: fine.raw [n, 256, 256, 3] as the picture shows it, and plate.raw [n, 64, 64, 3] as `quick` draws it and dfk swap fits it
// into that picture; hull.raw [n, 256, 256], where the face is; faces.jsonl, where it comes from.
import { appendFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { alignMatrix, type FaceAnalyser, faceHull, openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, readPicture } from '../../src/media/index.ts'
import { ANYBODY, inTheStyleOf } from '../../src/models/base.ts'
import { encode, renderMap } from '../../src/models/generator.ts'
import { parametersOf } from '../../src/models/layers.ts'
import { PRESETS } from '../../src/models/presets.ts'
import { affineScale } from '../../src/picture/affine.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { warpAffine } from '../../src/picture/warp.ts'
import { cutFace } from '../../src/swap/cut.ts'
import { fitFace } from '../../src/swap/face.ts'
import { FaceMemory, type Look } from '../../src/swap/look.ts'
import { viewOf } from '../../src/swap/view.ts'
import { type Device, openDevice, type Program, type tf } from '../../src/tensor/index.ts'
import { readBaseWeights } from '../../src/train/base.ts'
import { padded } from '../detector/padded.ts'

const FINE_PX = 256
/** A face that would have to be enlarged more than this has no detail to teach. */
const MOST_ENLARGED = 1.35
/** Of a clip, each n-th frame. */
const EVERY = 12
/** Pictures that a face fills are padded: the detector wants to see around it. */
const PAD = 0.3
const CLIPS = new Set(['.mp4', '.mpg', '.mov', '.webm', '.mkv'])
const PICTURES = new Set(['.jpg', '.jpeg', '.png', '.webp'])
const MOST_YAW = 55

/** The face as it goes into the enhancer: fitted, but neither sharpened nor grained. */
const LOOK: Look = {
  retarget: 0,
  hair: 0,
  mask: { kind: 'both', erodePercent: 2, blurPercent: 4 },
  ...{ occlusion: 0, colour: 'rct', blend: 'feather', detail: 0, sharpen: 0, enhance: 0, grain: 0 },
}

const { generator: shape } = PRESETS.quick

async function* picturesOf(path: string): AsyncGenerator<{ name: string; picture: Picture }> {
  if (statSync(path).isDirectory()) {
    for (const file of readdirSync(path).sort()) yield* picturesOf(join(path, file))
    return
  }
  const [name, kind] = [basename(path), extname(path).toLowerCase()]
  if (CLIPS.has(kind)) {
    for await (const { index, picture } of decodeFrames(path)) if (index % EVERY === 0) yield { name, picture }
  } else if (PICTURES.has(kind)) {
    const picture = await readPicture(path)
    yield { name, picture: padded(picture, Math.round(PAD * Math.min(picture.width, picture.height))) }
  }
}

/** Draws a face [1, 64, 64, 3] as the base weights know it, as the person of a descriptor [1, 128]. */
async function drawAnybody(device: Device): Promise<Program> {
  const { tensors } = (await readBaseWeights('quick', shape))!
  return device.compile(
    ({ faces, descriptors }) => {
      const parameters = parametersOf(tensors)
      const { maps } = encode(faces as tf.Tensor4D, parameters, shape)
      return { outputs: { ...renderMap(maps.source, parameters, ANYBODY, shape, inTheStyleOf(descriptors as tf.Tensor2D, parameters)) } }
    },
    { inputs: { faces: { shape: [1, shape.sizePx, shape.sizePx, 3] }, descriptors: { shape: [1, 128] } } },
  )
}

const bytes = (rgb: Float32Array) => Uint8Array.from(rgb, (value) => Math.max(0, Math.min(255, Math.round(value * 255))))

async function cut(analyser: FaceAnalyser, program: Program, out: string, { name, picture }: { name: string; picture: Picture }) {
  let kept = 0
  for (const { landmarks, pose } of await analyser.find(picture, { minSizePx: 120 })) {
    const matrix = alignMatrix(landmarks, FINE_PX)
    const scale = affineScale(matrix)
    if (Math.abs(pose.yaw) > MOST_YAW || scale > MOST_ENLARGED) continue
    const face = cutFace(viewOf(picture), landmarks, shape.sizePx, false)
    const descriptor = await analyser.descriptor(picture, landmarks)
    const { rgb, mask } = await program.run({
      faces: { data: face.rgb, shape: [1, shape.sizePx, shape.sizePx, 3] },
      descriptors: { data: Float32Array.from(descriptor), shape: [1, 128] },
    })
    const rendered = { rgb: rgb!.data as Float32Array, mask: mask!.data as Float32Array }
    appendFileSync(join(out, 'fine.raw'), warpAffine(picture, matrix, FINE_PX, FINE_PX, 'replicate').data)
    appendFileSync(join(out, 'plate.raw'), bytes(fitFace(face, rendered, LOOK, new FaceMemory(LOOK), 0).rgb))
    appendFileSync(join(out, 'hull.raw'), faceHull(landmarks, matrix, FINE_PX).data)
    appendFileSync(join(out, 'faces.jsonl'), `${JSON.stringify({ name, scale, pose })}\n`)
    kept += 1
  }
  return kept
}

const [out, ...inputs] = process.argv.slice(2)
if (out === undefined || inputs.length === 0) throw new Error('expected: scripts/enhancer/pairs.ts <out folder> <picture, clip or folder>…')
mkdirSync(out, { recursive: true })
for (const file of ['fine.raw', 'plate.raw', 'hull.raw', 'faces.jsonl']) writeFileSync(join(out, file), '')
const device = await openDevice('cpu')
const [analyser, program] = [await openFaceAnalyser(device), await drawAnybody(device)]
const counts = { pictures: 0, faces: 0 }
for (const input of inputs) {
  for await (const from of picturesOf(input)) {
    counts.pictures += 1
    counts.faces += await cut(analyser, program, out, from)
  }
}
await program.dispose()
await analyser.dispose()
console.error(`${counts.faces} faces in ${counts.pictures} pictures and frames`)
