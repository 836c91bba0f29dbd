import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RefusedError } from '../work/errors.ts'
import { makeFolder } from '../work/folder.ts'

/** Writes a file beside its place and renames it, so that no reader meets half of it; `mode` as chmod has it. */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  const partial = `${path}.${randomBytes(4).toString('hex')}`
  await makeFolder(dirname(path))
  try {
    await writeFile(partial, text, { mode, flag: 'wx', flush: true })
    await rename(partial, path)
  } finally {
    await rm(partial, { force: true })
  }
}

/** The text of a file, or undefined where there is none. Throws RefusedError, with the clause of what it is about, where it cannot be read. */
export async function readIfThere(path: string, clause = 'audit'): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new RefusedError(clause, `expected a file that can be read at ${path} but found another thing (${error.message}) [${clause}]`, {
      hint: 'put back the file that dfk wrote there, or move away what stands in its place',
      cause: error,
    })
  })
}
