import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadHumanModel } from '../../src/faces/weights.ts'
import { type HostTensor, openDevice, type TensorMap, tf } from '../../src/tensor/index.ts'
import { expectClose, numbers } from './against.ts'

const require = createRequire(import.meta.url)
const packageFolder = (name: string): string => dirname(dirname(require.resolve(name)))

/** One of face-api's networks, as far as it is used here. */
interface FaceApiNet {
  loadFromDisk(folder: string): Promise<void>
  forwardInput(input: object, size?: number): tf.Tensor | Record<string, tf.Tensor | tf.Tensor[]>
}
interface FaceApi {
  readonly nets: Readonly<Record<string, FaceApiNet>>
  readonly NetInput: new (pictures: tf.Tensor[]) => object
}

interface Nsfw {
  load(
    name: string,
    options: { size: number; type?: 'graph' },
  ): Promise<{ model: { predict(pictures: tf.Tensor): tf.Tensor | tf.Tensor[] } }>
}

/** Pictures [n, size, size, channels] from 0 to `top` in, any tensors out. */
interface Network {
  readonly size: number
  readonly channels?: number
  readonly top: number
  /** The graph takes one picture at a time. */
  readonly single?: boolean
  load(): Promise<(pictures: tf.Tensor) => tf.Tensor[]>
}

const faceApi = (name: string, size: number): Network => ({
  size,
  top: 255,
  load: async () => {
    const { nets, NetInput } = require('@vladmandic/face-api/dist/face-api.node-wasm.js') as FaceApi
    const net = nets[name]!
    await net.loadFromDisk(join(packageFolder('@vladmandic/face-api'), 'model'))
    return (pictures) => {
      const made = net.forwardInput(new NetInput(tf.unstack(pictures)), ...(name === 'tinyFaceDetector' ? [size] : []))
      return made instanceof tf.Tensor ? [made] : Object.values(made).flat()
    }
  },
})

const human = (name: string, size: number, options: { top?: number; channels?: number; single?: boolean } = {}): Network => ({
  size,
  top: 1,
  ...options,
  load: async () => {
    const model = await loadHumanModel(name)
    return (pictures) => [model.execute(pictures)].flat()
  },
})

/** One of nsfwjs' classifiers, which unpacks its weights from JavaScript of its own. */
const nsfw = (name: string, size: number, type?: 'graph'): Network => ({
  size,
  top: 1,
  load: async () => {
    const { load } = require('nsfwjs') as Nsfw
    const { model } = await load(name, { size, ...(type !== undefined && { type }) })
    return (pictures) => [model.predict(pictures)].flat()
  },
})

const networks: Record<string, Network> = {
  'face-api, detector': faceApi('ssdMobilenetv1', 512),
  'face-api, tiny detector': faceApi('tinyFaceDetector', 224),
  'face-api, 68 landmarks': faceApi('faceLandmark68Net', 112),
  'face-api, tiny 68 landmarks': faceApi('faceLandmark68TinyNet', 112),
  'face-api, recognition': faceApi('faceRecognitionNet', 150),
  'face-api, age and gender': faceApi('ageGenderNet', 112),
  'face-api, expression': faceApi('faceExpressionNet', 112),
  'human, blazeface': human('blazeface', 256, { single: true }),
  'human, facemesh': human('facemesh', 192),
  'human, iris': human('iris', 64),
  'human, faceres': human('faceres', 224, { top: 255 }),
  'human, emotion': human('emotion', 64, { channels: 1 }),
  'human, antispoof': human('antispoof', 128),
  'human, liveness': human('liveness', 32),
  'nsfwjs, MobileNet v2': nsfw('MobileNetV2', 224),
  'nsfwjs, MobileNet v2, middle size': nsfw('MobileNetV2Mid', 224, 'graph'),
  // Loading it takes 50 seconds, and dfk has no use for it: DFK_SLOW=1 npx vitest run test/tensor/pretrained.test.ts
  ...(process.env['DFK_SLOW'] === '1' && { 'nsfwjs, Inception v3': nsfw('InceptionV3', 299) }),
}

beforeAll(async () => {
  const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(folder: string): void }
  wasm.setWasmPaths(join(packageFolder('@tensorflow/tfjs-backend-wasm'), 'dist/'))
  await tf.setBackend('wasm')
})

/** Something between noise and a picture: waves of a few frequencies, with noise on top. */
function pictures({ size, channels = 3, top }: Network, batch: number): HostTensor {
  const noise = numbers(batch * size * size * channels, 9, 0, 0.2)
  const data = noise.map((value, at) => {
    const [x, y, n] = [Math.floor(at / channels) % size, Math.floor(at / channels / size) % size, Math.floor(at / channels / size / size)]
    return top * (value + 0.4 + 0.2 * Math.sin((x * (3 + n)) / size + (at % channels)) + 0.2 * Math.cos((y * 7) / size + n))
  })
  return { data, shape: [batch, size, size, channels] }
}

describe('pretrained networks give compiled what they give on the WebAssembly backend', () => {
  it.each(Object.entries(networks))('%s', async (_, network) => {
    const forward = await network.load()
    const program = ({ input }: TensorMap) => ({
      outputs: Object.fromEntries(forward(input!).map((tensor, i) => [`y${i}`, tensor])),
    })
    const device = await openDevice('cpu', { threads: 1 })
    for (const batch of network.single ? [1] : [1, 2]) {
      const input = pictures(network, batch)
      const compiled = await device.compile(program, { inputs: { input: { shape: input.shape } } })
      const made = await compiled.run({ input })
      await compiled.dispose()
      const eager = tf.tidy(() =>
        Object.entries(program({ input: tf.tensor(input.data, [...input.shape]) }).outputs).map(
          ([name, tensor]) => [name, tensor.shape, tensor.dataSync()] as const,
        ),
      )
      expect(eager.length).toBeGreaterThan(0)
      for (const [name, shape, data] of eager) {
        expect(made[name]!.shape).toEqual(shape)
        expectClose(made[name]!.data, data, `${name} of ${batch}`, 1e-3)
      }
    }
  })
})
