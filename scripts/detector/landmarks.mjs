// Finds the faces of the training pictures: one JSON line a picture, { file, faces: [{ score, points68, descriptor }] }.
// Usage: node scripts/detector/landmarks.mjs out.jsonl picture… (points in pixels of the picture, iBUG order)
import { createWriteStream, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import sharp from 'sharp'

const require = createRequire(import.meta.url)
const tf = require('@tensorflow/tfjs')
const wasm = require('@tensorflow/tfjs-backend-wasm')
const faceapi = require('@vladmandic/face-api/dist/face-api.node-wasm.js')

const PAD = 0.3

/** Decodes a picture, padded on all sides: the detector misses faces that fill the picture. */
async function readPadded(file) {
  const { width, height } = await sharp(file).metadata()
  const pad = Math.round(PAD * Math.min(width, height))
  const image = sharp(file)
    .removeAlpha()
    .toColourspace('srgb')
    .extend({ top: pad, bottom: pad, left: pad, right: pad, extendWith: 'mirror' })
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  return { tensor: tf.tensor3d(new Int32Array(data), [info.height, info.width, 3], 'int32'), pad, width, height }
}

async function facesOf(file) {
  const { tensor, pad, width, height } = await readPadded(file)
  const options = new faceapi.SsdMobilenetv1Options({ minConfidence: 0.4, maxResults: 40 })
  const found = await faceapi.detectAllFaces(tensor, options).withFaceLandmarks().withFaceDescriptors()
  tensor.dispose()
  return found
    .map((face) => ({
      score: face.detection.score,
      points68: face.landmarks.positions.map(({ x, y }) => [x - pad, y - pad]),
      descriptor: Array.from(face.descriptor),
    }))
    .filter(({ points68 }) => {
      const [x, y] = points68[30]
      return x > 0 && y > 0 && x < width && y < height
    })
}

const [out, ...files] = process.argv.slice(2)
wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`)
await tf.setBackend('wasm')
const models = join(dirname(require.resolve('@vladmandic/face-api/package.json')), 'model')
for (const net of ['ssdMobilenetv1', 'faceLandmark68Net', 'faceRecognitionNet']) await faceapi.nets[net].loadFromDisk(models)
const lines = createWriteStream(out)
const list = files.flatMap((file) => (file.endsWith('.txt') ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [file]))
for (const file of list) lines.write(`${JSON.stringify({ file, faces: await facesOf(file) })}\n`)
lines.end()
