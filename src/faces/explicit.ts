import { runInNewContext } from 'node:vm'
import type { io } from '@tensorflow/tfjs'
import type { Picture } from '../picture/picture.ts'
import { tf } from '../tensor/tf.ts'
import type { Device, ProgramFn } from '../tensor/types.ts'
import { type LoadedNetwork, type Network, openNetwork } from './networks.ts'
import { readPackageFile } from './weights.ts'

const SIZE_PX = 224
const NSFWJS = 'nsfwjs'
const MODEL = 'mobilenet_v2_mid'

interface Topology {
  readonly modelTopology: object
  readonly weightsManifest: [{ readonly paths: string[]; readonly weights: io.WeightsManifestEntry[] }]
}

/** What the classifier tells apart, in its own order. */
const CLASSES = ['drawing', 'hentai', 'neutral', 'porn', 'sexy'] as const
/** How sure the classifier is of each, 0–1; all together 1. */
export type ExplicitScores = Readonly<Record<(typeof CLASSES)[number], number>>

/** The MobileNet v2 of nsfwjs, whose package carries its weights as JavaScript: pictures [n, 224, 224, 3] RGB in 0–1 → shares [n, 5]. */
const EXPLICIT: Network = { name: 'explicit content', sizePx: SIZE_PX, pack: NSFWJS, load: loadExplicit }

/** What one of the package's bundles exports. Run by itself: requiring 6 MB of it has every loader of modules look through it. */
async function unpack<T>(file: string): Promise<T> {
  const module = { exports: {} as T }
  runInNewContext((await readPackageFile(NSFWJS, 'dist', 'models', MODEL, file)).toString(), { module, exports: module.exports })
  return module.exports
}

async function loadExplicit(): Promise<LoadedNetwork> {
  const { modelTopology, weightsManifest } = await unpack<Topology>('model.min.js')
  const [{ paths, weights }] = weightsManifest
  const shards = await Promise.all(paths.map((name) => unpack<string>(`${name}.min.js`)))
  const weightData = Uint8Array.from(Buffer.concat(shards.map((text) => Buffer.from(text, 'base64')))).buffer
  const model = await tf.loadGraphModel({ load: async () => ({ modelTopology, weightSpecs: weights, weightData }) })
  const program: ProgramFn = ({ pictures }) => ({ outputs: { shares: model.predict(pictures!) as tf.Tensor } })
  return Object.assign(program, { dispose: () => model.dispose() })
}

/** The picture as the classifier was trained to see it: squeezed into a square, corner pixels on corners (as nsfwjs does it). */
function squeeze({ width, height, data }: Picture): Float32Array {
  const out = new Float32Array(SIZE_PX * SIZE_PX * 3)
  const [stepX, stepY] = [(width - 1) / (SIZE_PX - 1), (height - 1) / (SIZE_PX - 1)]
  for (let y = 0, o = 0; y < SIZE_PX; y++) {
    const top = Math.floor(y * stepY)
    const down = y * stepY - top
    const [row, next] = [top * width, Math.min(height - 1, top + 1) * width]
    for (let x = 0; x < SIZE_PX; x++) {
      const left = Math.floor(x * stepX)
      const across = x * stepX - left
      const right = Math.min(width - 1, left + 1)
      for (let c = 0; c < 3; c++) {
        const above = data[(row + left) * 3 + c]! * (1 - across) + data[(row + right) * 3 + c]! * across
        const below = data[(next + left) * 3 + c]! * (1 - across) + data[(next + right) * 3 + c]! * across
        out[o++] = (above * (1 - down) + below * down) / 255
      }
    }
  }
  return out
}

/** Tells how explicit pictures are. */
export interface ExplicitJudge {
  judge(pictures: readonly Picture[]): Promise<ExplicitScores[]>
  dispose(): Promise<void>
}

/** Opens nsfwjs' classifier on a device; it loads when it first judges. */
export function openExplicitJudge(device: Device): ExplicitJudge {
  const network = openNetwork(device, EXPLICIT)
  return {
    async judge(pictures) {
      const seen = await network.look(pictures.map(squeeze))
      return seen.map(({ shares }) => Object.fromEntries(CLASSES.map((name, i) => [name, shares![i]!])) as unknown as ExplicitScores)
    },
    dispose: () => network.dispose(),
  }
}
