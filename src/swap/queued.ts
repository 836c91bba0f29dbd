import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DfkError } from '../work/errors.ts'
import { writeWhole } from '../work/whole.ts'

/** File in a render's folder that says that a queue has it: workers of many machines write there, and nobody renders it alone. */
const QUEUED = 'queued'

/** On which queue a render is; undefined: on none. */
export async function queueOf(folder: string): Promise<string | undefined> {
  return readFile(join(folder, QUEUED), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** Says that a render is on `queue`. */
export async function markQueued(folder: string, queue: string): Promise<void> {
  await writeWhole(join(folder, QUEUED), queue)
}

/** Throws DfkError where a render is on a queue, but for the one `allowed`. */
export async function requireUnqueued(folder: string, output: string, allowed: string | undefined): Promise<void> {
  const queue = await queueOf(folder)
  if (queue === undefined || queue === allowed) return
  throw new DfkError(`expected the rendering of ${basename(output)} to be free but it is on the queue ${queue}`, {
    hint: `wait for it with the same command and the same --queue; to take it back, remove ${join(folder, QUEUED)}`,
  })
}
