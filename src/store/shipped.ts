import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { DfkError } from '../work/errors.ts'

/** Reads a file of `models/`: the same place from src/store and dist/store, in a checkout and in the npm package. `whose`: as in "the detector's". Throws DfkError for a missing one. */
export async function readModelFile(name: string, whose: string): Promise<Buffer> {
  const path = fileURLToPath(new URL(`../../models/${name}`, import.meta.url))
  return readFile(path).catch((cause: unknown) => {
    throw new DfkError(`expected ${whose} file models/${name} but it cannot be read`, { hint: 'install dfk again', cause })
  })
}

/** Throws DfkError where weights are not those that belong to this version. `what`: as in "detector weights". */
export function requireSha256(bytes: Uint8Array, sha256: string, what: string, hint: string): void {
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found !== sha256)
    throw new DfkError(`expected ${what} with SHA-256 ${sha256.slice(0, 12)}… but found ${found.slice(0, 12)}…`, { hint })
}

/** Reads weights of `models/` that belong to this version: both of the above. */
export async function readShippedWeights(name: string, sha256: string, model: string): Promise<Buffer> {
  const bytes = await readModelFile(name, `the ${model}'s`)
  requireSha256(bytes, sha256, `${model} weights`, 'install dfk again: the weights are not those of this version')
  return bytes
}
