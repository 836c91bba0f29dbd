import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { baseShapes, fitsBase, specialise } from '../models/base.ts'
import type { GeneratorShape, Person } from '../models/generator.ts'
import { PRESETS, type PresetName } from '../models/presets.ts'
import { unpackBytes } from '../store/bytes.ts'
import { decodeSafetensors } from '../store/safetensors.ts'
import type { HostTensors } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'

/** Base weights that come with dfk, for a preset: a generator of many people that a new run begins with. */
export interface BaseWeights {
  readonly sha256: string
  readonly tensors: HostTensors
}

/** Presets that base weights come with. */
const WITH_BASE: readonly PresetName[] = ['quick', 'standard']
/** The same place from src/train and dist/train, in a checkout and in the npm package. */
const MODELS = fileURLToPath(new URL('../../models/', import.meta.url))

/**
 * Reads the base weights of a preset, from `folder`; undefined where there are none, for it or for a generator of this shape. Throws DfkError where they
 * should have come with dfk but are missing.
 */
export async function readBaseWeights(preset: string, shape: GeneratorShape, folder: string = MODELS): Promise<BaseWeights | undefined> {
  const name = WITH_BASE.find((each) => each === preset)
  if (name === undefined || !alike(shape, PRESETS[name].generator)) return undefined
  const path = join(folder, `base-${name}.safetensors`)
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new DfkError(`expected the base weights of the preset ${name}, which come with dfk, but found no ${path}`, {
      hint: 'install dfk again, or begin with random weights: --from-scratch',
      cause: error,
    })
  })
  const tensors = unpackBytes(decodeSafetensors(bytes, path).tensors, path)
  return fitsBase(tensors, shape) ? { sha256: createHash('sha256').update(bytes).digest('hex'), tensors } : undefined
}

/** Whether base weights of a preset's generator would be of one of this shape too. */
function alike(shape: GeneratorShape, preset: GeneratorShape): boolean {
  if (shape.architecture === 'liae') return false
  const [asked, own] = [shape, preset].map((of) => Object.entries(baseShapes(of)).sort().join())
  return asked === own
}

/** The weights that a run begins with, under their groups' names; throws DfkError where its base weights are not those that come with this dfk. */
export async function firstWeights(
  base: string,
  preset: string,
  shape: GeneratorShape,
  descriptors: Readonly<Record<Person, readonly number[]>>,
): Promise<HostTensors> {
  const found = await readBaseWeights(preset, shape)
  if (found?.sha256 !== base) {
    throw new DfkError(
      `expected the base weights ${base.slice(0, 12)}… that the run began with but this dfk has ${found?.sha256.slice(0, 12) ?? 'none'}`,
      {
        hint: 'begin again under another name; a run that has a checkpoint needs its base weights no more',
      },
    )
  }
  const weights = specialise(found.tensors, descriptors, shape)
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [`weights/${name}`, tensor]))
}
