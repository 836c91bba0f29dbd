// Finds the faces of the training pictures with dfk's own networks and redraws each with the base generator, as itself and as others:
//   npx tsx scripts/detector/faces.ts <out folder> <picture, clip, folder or list.txt>…     (of clips, each EVERY-th frame: 5)
// Writes faces.jsonl, one line a picture: { file, faces: [{ points68, descriptor, matrix, redrawn }] }, points in pixels of the picture; `redrawn` counts
// pictures of 64 px RGB in redrawn.raw, STYLES for each face; `matrix` [a, b, tx, c, d, ty] takes the picture to them. Frames of clips are kept in frames/.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { alignMatrix, type FaceAnalyser, type FoundFace, openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, encodePicture, readPicture } from '../../src/media/index.ts'
import { ANYBODY, inTheStyleOf } from '../../src/models/base.ts'
import { encode, renderMap } from '../../src/models/generator.ts'
import { parametersOf } from '../../src/models/layers.ts'
import { PRESETS } from '../../src/models/presets.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { warpAffine } from '../../src/picture/warp.ts'
import { type Device, openDevice, type Program, tf } from '../../src/tensor/index.ts'
import { readBaseWeights } from '../../src/train/base.ts'
import { padded } from './padded.ts'

const CLIPS = new Set(['.mp4', '.mpg', '.mov', '.webm', '.mkv', '.avi'])
const EVERY = Number(process.env['EVERY'] ?? 5)
const PAD = 0.3
const SMALLEST_PX = 56
/** How often a face is redrawn: as itself, and as each of so many others before it. */
const STYLES = 3
const SHAPE = PRESETS.quick.generator

/** The base generator as one program: a face [1, s, s, 3] 0–1 and descriptors [STYLES, 128] → the face in each style. */
async function openRedrawer(device: Device): Promise<Program> {
  const { tensors } = (await readBaseWeights('quick', SHAPE))!
  const size = SHAPE.sizePx
  return device.compile(
    ({ face, descriptors }) => {
      const weights = parametersOf(tensors)
      const { maps } = encode(tf.tile(face as tf.Tensor4D, [STYLES, 1, 1, 1]), weights, SHAPE)
      const { rgb } = renderMap(maps.source, weights, ANYBODY, SHAPE, inTheStyleOf(descriptors as tf.Tensor2D, weights))
      return { outputs: { rgb } }
    },
    { inputs: { face: { shape: [1, size, size, 3] }, descriptors: { shape: [STYLES, 128] } } },
    { name: 'redraw' },
  )
}

async function* picturesOf(path: string, out: string): AsyncGenerator<{ file: string; picture: Picture; pad: number }> {
  if (path.endsWith('.txt')) {
    for (const file of readFileSync(path, 'utf8').split('\n').filter(Boolean)) yield* picturesOf(file, out)
  } else if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) yield* picturesOf(join(path, name), out)
  } else if (CLIPS.has(extname(path).toLowerCase())) {
    const folder = join(out, 'frames', basename(path, extname(path)))
    mkdirSync(folder, { recursive: true })
    for await (const { index, picture } of decodeFrames(path, { every: EVERY })) {
      const file = join(folder, `${String(index).padStart(5, '0')}.png`)
      if (!existsSync(file)) writeFileSync(file, await encodePicture(picture, 'png'))
      yield { file, picture, pad: 0 }
    }
  } else {
    const picture = await readPicture(path)
    // The detector wants to see around a face that fills its picture.
    const pad = Math.round(PAD * Math.min(picture.width, picture.height))
    yield { file: path, picture: padded(picture, pad), pad }
  }
}

interface Person {
  readonly file: string
  readonly descriptor: Float32Array
}
/** The last people seen, of whom the others' styles are taken. */
const recent: Person[] = []

function stylesFor(descriptor: Float32Array, count: number): Float32Array {
  const styles = new Float32Array(STYLES * 128)
  styles.set(descriptor)
  for (let i = 1; i < STYLES; i += 1)
    styles.set(recent[(count * 7 + i * 3) % Math.max(1, recent.length)]?.descriptor ?? descriptor, i * 128)
  return styles
}

async function main([out, ...inputs]: string[]): Promise<void> {
  if (out === undefined || inputs.length === 0)
    throw new Error('expected: scripts/detector/faces.ts <out folder> <picture, clip, folder or list.txt>…')
  mkdirSync(out, { recursive: true })
  for (const file of ['faces.jsonl', 'redrawn.raw']) writeFileSync(join(out, file), '')
  const device = await openDevice('cpu', { threads: 1 })
  const analyser = await openFaceAnalyser(device)
  const redrawer = await openRedrawer(device)
  let count = 0
  for (const input of inputs) {
    for await (const { file, picture, pad } of picturesOf(input, out)) {
      const faces: object[] = []
      for (const found of await analyser.find(picture, { minSizePx: SMALLEST_PX, max: 40 })) {
        const { landmarks } = found
        const [x, y] = [landmarks.points68[60]! - pad, landmarks.points68[61]! - pad]
        if (x < 0 || y < 0 || x >= picture.width - 2 * pad || y >= picture.height - 2 * pad) continue // a mirror image in the padding
        const { descriptor, pixels, matrix } = await redraw(analyser, redrawer, picture, found, count)
        appendFileSync(join(out, 'redrawn.raw'), pixels)
        const points68 = Array.from({ length: 68 }, (_, i) => [landmarks.points68[2 * i]! - pad, landmarks.points68[2 * i + 1]! - pad])
        const { a, b, tx, c, d, ty } = matrix
        faces.push({
          points68,
          descriptor: Array.from(descriptor),
          matrix: [a, b, tx + pad * (a + b), c, d, ty + pad * (c + d)],
          redrawn: count,
        })
        recent.push({ file, descriptor })
        if (recent.length > 60) recent.shift()
        count += 1
      }
      appendFileSync(join(out, 'faces.jsonl'), `${JSON.stringify({ file, faces })}\n`)
    }
  }
  await redrawer.dispose()
  await analyser.dispose()
  console.error(`${count} faces`)
}

async function redraw(analyser: FaceAnalyser, redrawer: Program, picture: Picture, { landmarks }: FoundFace, count: number) {
  const size = SHAPE.sizePx
  const descriptor = await analyser.descriptor(picture, landmarks)
  const matrix = alignMatrix(landmarks, size)
  const face = warpAffine(picture, matrix, size, size, 'replicate')
  const { rgb } = await redrawer.run({
    face: { data: Float32Array.from(face.data, (v) => v / 255), shape: [1, size, size, 3] },
    descriptors: { data: stylesFor(descriptor, count), shape: [STYLES, 128] },
  })
  return { descriptor, matrix, pixels: Uint8Array.from(rgb!.data, (v) => Math.round(255 * Math.min(1, Math.max(0, v)))) }
}

await main(process.argv.slice(2))
