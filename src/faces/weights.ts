import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { sizeOf } from '../tensor/graph.ts'
import { tf } from '../tensor/tf.ts'
import { DfkError } from '../work/errors.ts'

const require = createRequire(import.meta.url)

export const FACE_API = '@vladmandic/face-api'
export const HUMAN = '@vladmandic/human'

/** A tensor of a weight file, in host memory. */
export interface Weight {
  readonly data: Float32Array
  readonly shape: readonly number[]
}

interface ManifestEntry {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string
  readonly quantization?: { readonly dtype: string; readonly scale: number; readonly min: number }
}

interface Package {
  readonly folder: string
  readonly version: string
}

const packageFile = z.object({ name: z.string(), version: z.string() })
const packages = new Map<string, Promise<Package>>()

/** A package, by the package.json above its entry point that has its name: these packages export none. */
function openPackage(name: string): Promise<Package> {
  const opened = packages.get(name) ?? findPackage(name)
  packages.set(name, opened)
  return opened
}

async function findPackage(name: string): Promise<Package> {
  const entry = require.resolve(name)
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}')
    const found = packageFile.safeParse(JSON.parse(text))
    if (found.success && found.data.name === name) return { folder, version: found.data.version }
  }
  throw new DfkError(`expected a package.json of ${name} above ${entry} but found none`, { hint: 'install the packages again: npm ci' })
}

/** Version of a package. */
export async function versionOf(name: string): Promise<string> {
  return (await openPackage(name)).version
}

/** Reads a file of a package, by its path in there. */
export async function readPackageFile(name: string, ...path: string[]): Promise<Buffer> {
  const { folder } = await openPackage(name)
  try {
    return await readFile(join(folder, ...path))
  } catch (cause) {
    throw new DfkError(`expected ${path.join('/')} in the package ${name} but it cannot be read`, {
      hint: 'install the packages again: npm ci',
      cause,
    })
  }
}

function dequantised({ shape, quantization }: ManifestEntry, bytes: Buffer, offset: number): Float32Array {
  const data = new Float32Array(sizeOf(shape))
  if (quantization === undefined) for (let i = 0; i < data.length; i++) data[i] = bytes.readFloatLE(offset + i * 4)
  else for (let i = 0; i < data.length; i++) data[i] = bytes[offset + i]! * quantization.scale + quantization.min
  return data
}

/** Reads one of face-api's weight files (`model/<name>-weights_manifest.json`), each dequantised when it is asked for. Integers, which are constants of the graph that it came from, are left out. */
export async function readFaceApiWeights(name: string): Promise<(name: string) => Weight> {
  const [manifest] = JSON.parse((await readPackageFile(FACE_API, 'model', `${name}-weights_manifest.json`)).toString()) as [
    { weights: ManifestEntry[]; paths: [string] },
  ]
  const bytes = await readPackageFile(FACE_API, 'model', manifest.paths[0])
  const weights = new Map<string, () => Weight>()
  let offset = 0
  for (const entry of manifest.weights) {
    const at = offset
    if (entry.dtype === 'float32') weights.set(entry.name, () => ({ data: dequantised(entry, bytes, at), shape: entry.shape }))
    offset += sizeOf(entry.shape) * (entry.quantization?.dtype === 'uint8' ? 1 : 4)
  }
  return (name) => {
    const weight = weights.get(name)?.()
    if (weight === undefined) throw new DfkError(`expected the weight ${name} in face-api's files but found none`, { hint: 'npm ci' })
    return weight
  }
}

/** Loads one of human's graph models (`models/<name>.json`). */
export async function loadHumanModel(name: string): Promise<tf.GraphModel> {
  const { weightsManifest, ...model } = JSON.parse((await readPackageFile(HUMAN, 'models', `${name}.json`)).toString()) as {
    modelTopology: object
    weightsManifest: [{ weights: import('@tensorflow/tfjs').io.WeightsManifestEntry[] }]
  }
  const bytes = await readPackageFile(HUMAN, 'models', `${name}.bin`)
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  return tf.loadGraphModel({ load: async () => ({ ...model, weightSpecs: weightsManifest[0].weights, weightData }) })
}
