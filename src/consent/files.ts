import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RefusedError } from '../work/errors.ts'
import { makeFolder } from '../work/folder.ts'
import { writeWhole } from '../work/whole.ts'

/** Writes a file whole, in a folder that is made where it is missing, whoever else writes it at the same time; `mode` as chmod has it. */
export async function putWhole(path: string, text: string, mode = 0o644): Promise<void> {
  await makeFolder(dirname(path))
  await writeWhole(path, text, { beside: `${path}.${randomBytes(4).toString('hex')}`, mode })
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
