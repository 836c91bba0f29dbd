import type { FaceAnalyser } from '../src/faces/index.ts'
import { decodeFrames } from '../src/media/index.ts'
import { generatorShapes } from '../src/models/generator.ts'
import { initialise } from '../src/models/layers.ts'
import { PRESETS, type PresetName } from '../src/models/presets.ts'
import { seedRandom } from '../src/models/random.ts'
import type { Picture } from '../src/picture/picture.ts'
import { swapProgram } from '../src/store/generator.ts'
import { FACE_BATCH } from '../src/swap/render.ts'
import { type Device, type Signature, tf } from '../src/tensor/index.ts'
import { DfkError } from '../src/work/errors.ts'
import { randomInputs, sizeOf } from './sampling.ts'

/** One thing to time: so many faces go through in a call, or whole pictures. */
export interface Subject {
  readonly name: string
  readonly size: number
  readonly unit: 'faces' | 'pictures'
  call(): Promise<unknown>
}

/** The generator with fresh weights, as a swap runs it: their values do not change its speed. */
export async function openSwap(device: Device, preset: PresetName) {
  const { generator } = PRESETS[preset]
  const shapes = generatorShapes(generator)
  const weights = Object.entries(initialise(shapes, seedRandom(1)))
  const tensors = Object.fromEntries(weights.map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape], 'float32')]))
  const signature: Signature = { inputs: { faces: { shape: [FACE_BATCH, generator.sizePx, generator.sizePx, 3] } } }
  const program = await device.compile(swapProgram(tensors, generator), signature, { name: 'generator' })
  const inputs = randomInputs(signature, {})
  const subject: Subject = { name: 'generator', size: FACE_BATCH, unit: 'faces', call: () => program.run(inputs) }
  return {
    subject,
    parameters: Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0),
    async dispose() {
      await program.dispose()
      tf.dispose(tensors)
    },
  }
}

async function firstFrame(clip: string): Promise<Picture> {
  for await (const { picture } of decodeFrames(clip, { maxFrames: 1 })) return picture
  throw new DfkError(`expected frames in ${clip} but found none`)
}

/** Detector, landmarks from a box and from the frame before, and descriptor, on one frame. */
export async function faceSubjects(analyser: FaceAnalyser, clip: string): Promise<Subject[]> {
  const picture = await firstFrame(clip)
  const [face] = await analyser.find(picture, { max: 1 })
  if (face === undefined)
    throw new DfkError(`expected a face in the first frame of ${clip} but found none`, { hint: 'choose another --clip' })
  const { box, landmarks } = face
  return [
    { name: 'detector and the landmarks that confirm', size: 1, unit: 'pictures', call: () => analyser.detect(picture) },
    { name: 'landmarks in a box', size: 1, unit: 'faces', call: () => analyser.landmarks(picture, box) },
    { name: 'landmarks followed', size: 1, unit: 'faces', call: () => analyser.track(picture, landmarks) },
    { name: 'descriptor', size: 1, unit: 'faces', call: () => analyser.descriptor(picture, landmarks) },
  ]
}
