import { lstat, readdir, realpath, rm, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { checkInterrupted, DfkError } from '../work/errors.ts'
import { hashFile } from '../work/hashFile.ts'
import { lockFolder } from '../work/lock.ts'
import type { WorkOptions } from '../work/progress.ts'
import type { Made } from './made.ts'

/** A file that was deleted. */
interface DeletedFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** Something that was deleted, with all its files. */
export interface Deleted extends Made {
  readonly files: readonly DeletedFile[]
  readonly bytes: number
}

async function filesIn(path: string): Promise<string[]> {
  const found = await stat(path)
  if (!found.isDirectory()) return [path]
  const inside = await readdir(path, { withFileTypes: true })
  const all = await Promise.all(inside.map((entry) => (entry.isDirectory() ? filesIn(join(path, entry.name)) : [join(path, entry.name)])))
  return all.flat()
}

/** What deleting something deletes: each file with its hash. A link inside a folder counts as the link, not as what it leads to. */
async function listFiles(path: string, signal: AbortSignal | undefined): Promise<DeletedFile[]> {
  const files: DeletedFile[] = []
  for (const file of await filesIn(path)) {
    checkInterrupted(signal)
    const found = file === path ? await stat(file) : await lstat(file)
    if (found.isFile()) files.push({ path: file, bytes: found.size, sha256: await hashFile(file) })
  }
  return files
}

/** Throws DfkError for what would take more with it than itself: DFK_HOME, or a folder that holds it. */
function requireInner(home: string, path: string): void {
  const from = relative(path, resolve(home))
  if (from !== '' && (from === '..' || from.startsWith(`..${sep}`))) return
  throw new DfkError(`expected something within ${home} to delete but found ${path}, which holds all of it`, {
    hint: 'this is a folder that says it is a dataset or run: look at its manifest.json or config.json',
  })
}

/** Deletes what was found, links and what they lead to. Throws DfkError where a process works with a run. */
export async function deleteMade(home: string, all: readonly Made[], { signal, onProgress }: WorkOptions): Promise<Deleted[]> {
  for (const { path } of all) requireInner(await realpath(home), await realpath(path))
  const deleted: Deleted[] = []
  for (const made of all) {
    checkInterrupted(signal)
    if ((await lstat(made.path).catch(() => undefined)) === undefined) continue
    const real = await realpath(made.path).catch(() => undefined)
    if (real === undefined) {
      // A link to something that was deleted just now.
      await rm(made.path)
      deleted.push({ ...made, files: [], bytes: 0 })
      continue
    }
    const lock = made.kind === 'run' || made.kind === 'unfinished render' ? await lockFolder(real, `${made.kind} ${made.path}`) : undefined
    try {
      const files = await listFiles(made.path, signal)
      await rm(real, { recursive: true, force: true })
      await rm(made.path, { recursive: true, force: true })
      deleted.push({ ...made, files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) })
    } finally {
      await lock?.release()
    }
    onProgress?.({ done: deleted.length, total: all.length })
  }
  return deleted
}
