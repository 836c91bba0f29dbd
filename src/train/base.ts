import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { fitsBase, specialise } from '../models/base.ts'
import type { GeneratorShape, Person } from '../models/generator.ts'
import { decodeSafetensors } from '../store/safetensors.ts'
import type { HostTensors } from '../tensor/index.ts'
import { DfkError } from '../work/errors.ts'

/** Base weights that come with dfk, for a preset: a generator of many people that a new run begins with. */
export interface BaseWeights {
  readonly sha256: string
  readonly tensors: HostTensors
}

/** Reads the base weights of a preset; undefined where there are none, for it or for a generator of this shape. */
export async function readBaseWeights(preset: string, shape: GeneratorShape): Promise<BaseWeights | undefined> {
  // The same place from src/train and dist/train, in a checkout and in the npm package.
  const path = fileURLToPath(new URL(`../../models/base-${preset}.safetensors`, import.meta.url))
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (bytes === undefined) return undefined
  const { tensors } = decodeSafetensors(bytes, path)
  return fitsBase(tensors, shape) ? { sha256: createHash('sha256').update(bytes).digest('hex'), tensors } : undefined
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
