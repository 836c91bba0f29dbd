import { realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { UsageError } from '../../work/errors.ts'

/** The path without links, as far as it exists. */
async function real(path: string): Promise<string> {
  const found = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (found !== undefined) return found
  const parent = dirname(path)
  return parent === path ? path : join(await real(parent), basename(path))
}

/** Makes sure that a job's paths lie in a worker's folder, links followed. Throws UsageError for one that is outside or relative. */
export async function requireInside(root: string | undefined, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (!isAbsolute(path))
      throw new UsageError(`expected absolute paths in a job but found ${path}`, { hint: 'queue it with dfk swap --queue of this version' })
    if (root === undefined) continue
    const from = relative(await real(root), await real(path))
    if (from === '..' || from.startsWith(`..${sep}`) || isAbsolute(from))
      throw new UsageError(`expected the paths of a job inside ${root}, which this worker was started for, but found ${path}`, {
        hint: 'start the worker with another --root, or move the files',
      })
  }
}

/**
 * Makes sure that a job's home, whose trusted keys and revocations decide, is the worker's own or one in the folder that it works for: whoever can write to the queue could
 * name one that trusts everybody. Throws UsageError for another.
 */
export async function requireHome(
  { home, root }: { readonly home: string; readonly root: string | undefined },
  asked: string,
): Promise<void> {
  if (root !== undefined || (await real(asked)) === (await real(home))) return
  throw new UsageError(`expected a job of this worker's own DFK_HOME (${home}) but found one of ${asked}`, {
    hint: 'start the worker with the DFK_HOME that dfk swap uses, or with --root',
  })
}
