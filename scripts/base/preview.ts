import sharp from 'sharp'
import { ANYBODY, inTheStyleOf } from '../../src/models/base.ts'
import { encode, type GeneratorShape, renderMap } from '../../src/models/generator.ts'
import { seedRandom } from '../../src/models/random.ts'
import { pick } from '../../src/models/state.ts'
import { type Device, type HostTensors, tf } from '../../src/tensor/index.ts'
import { drawBatch, type Faces } from './batches.ts'

const COUNT = 12

/** A picture: faces, the same drawn as themselves, and each drawn as the next; PNG bytes. */
export async function writeBasePreview(device: Device, shape: GeneratorShape, state: HostTensors, faces: Faces): Promise<Buffer> {
  const size = shape.sizePx
  const weights = pick(state, 'average')
  const program = await device.compile(
    (inputs) => {
      const parameters = Object.fromEntries(
        Object.entries({ ...weights, 'style.mean': state['mean']! }).map(([name, { data, shape: of }]) => [
          name,
          tf.tensor(data, [...of], 'float32'),
        ]),
      )
      const { maps } = encode(inputs['faces'] as tf.Tensor4D, parameters, shape)
      const drawn = (descriptors: tf.Tensor) =>
        renderMap(maps.source, parameters, ANYBODY, shape, inTheStyleOf(descriptors as tf.Tensor2D, parameters)).rgb
      const next = tf.concat([tf.slice(inputs['descriptors']!, [1, 0]), tf.slice(inputs['descriptors']!, [0, 0], [1, -1])], 0)
      return { outputs: { own: drawn(inputs['descriptors']!), next: drawn(next) } }
    },
    { inputs: { faces: { shape: [COUNT, size, size, 3] }, descriptors: { shape: [COUNT, 128] } } },
  )
  const { faces: pictures, descriptors } = drawBatch(faces, size, COUNT, 0, seedRandom(99))
  const outputs = await program.run({ faces: pictures!, descriptors: descriptors! })
  await program.dispose()
  const rows = [pictures!, outputs['own']!, outputs['next']!]
  const tiles = rows.flatMap(({ data }, row) =>
    Array.from({ length: COUNT }, (_, i) => ({
      input: Buffer.from(
        Uint8Array.from((data as Float32Array).subarray(i * size * size * 3, (i + 1) * size * size * 3), (v) => Math.round(v * 255)),
      ),
      raw: { width: size, height: size, channels: 3 as const },
      left: i * size,
      top: row * size,
    })),
  )
  return sharp({ create: { width: COUNT * size, height: 3 * size, channels: 3, background: 'black' } })
    .composite(tiles)
    .png()
    .toBuffer()
}
