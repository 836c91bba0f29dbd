import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it, where they are missing; `mode`, as chmod has it, for what is made. Not Node's recursive mkdir: that spins for ever where the
 * system says ENOENT of a folder whose parent exists, as below /proc.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const make = () =>
    mkdir(path, { mode }).catch(async (error: NodeJS.ErrnoException) => {
      const isThere = error.code === 'EEXIST' && (await stat(path).catch(() => undefined))?.isDirectory()
      if (!isThere) throw error
    })
  await make().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path), mode)
    await make()
  })
}
