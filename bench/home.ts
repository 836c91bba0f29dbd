import { access, cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DfkError } from '../src/work/errors.ts'
import { ROOT } from './dfk.ts'

/** Where runs and datasets lie: DFK_HOME, else what `npm run demo` left. */
export function demoHome(): string {
  return resolve(process.env['DFK_HOME'] || join(ROOT, 'demo-out'))
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Throws DfkError where one of the files or folders that a benchmark needs is missing. */
export async function requireThere(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (await exists(path)) continue
    throw new DfkError(`expected ${path} but found nothing there`, { hint: 'npm run demo first' })
  }
}

/**
 * Runs `work` in a temporary DFK_HOME, which is removed with everything written into it. Nothing in `home` changes, yet its trusted keys, its
 * revocations and its count of outputs hold; `datasets` of it can be read by name.
 */
export async function inScratchHome<T>(home: string, datasets: readonly string[], work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'dfk-bench-'))
  try {
    for (const folder of ['consent', 'datasets', 'checkpoints']) await mkdir(join(scratch, folder))
    // With the log, which remembers, and its key.
    for (const folder of ['consent', '.dfk']) {
      const path = join(home, folder)
      if (await exists(path)) await cp(path, join(scratch, folder), { recursive: true, filter: (file) => !file.endsWith('lock') })
    }
    for (const name of datasets) await symlink(join(home, 'datasets', name), join(scratch, 'datasets', name), 'junction')
    return await work(scratch)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
