import { access, constants, stat } from 'node:fs/promises'
import { DfkError } from '../work/errors.ts'

/** Throws DfkError where `path` is missing, a folder, empty, or may not be read. */
export async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' || cause.code === 'ENOTDIR' ? 'found no such file' : `it cannot be read (${cause.code})`
    throw new DfkError(`expected a video or an image at ${path} but ${what}`, { hint: 'check the path', cause })
  })
  if (found.isDirectory()) throw new DfkError(`expected a file but found a folder at ${path}`, { hint: 'name a file in it' })
  if (found.size === 0) throw new DfkError(`expected a video or an image but ${path} is empty (0 bytes)`, { hint: 'copy it again' })
  await access(path, constants.R_OK).catch((cause: NodeJS.ErrnoException) => {
    throw new DfkError(`expected a video or an image but ${path} may not be read (${cause.code})`, {
      hint: 'allow yourself to read it',
      cause,
    })
  })
}
