import { realpath, stat } from 'node:fs/promises'

/** What all names of one file share, whatever links and capitals lead to it; undefined where there is none. */
export async function fileId(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  if (found === undefined) return undefined
  // Some file systems number nothing.
  return found.ino === 0n ? realpath(path) : `${found.dev}:${found.ino}`
}
