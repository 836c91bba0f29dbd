import { randomBytes } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UsageError } from '../work/errors.ts'
import { fileId } from '../work/fileId.ts'
import { writeWhole } from '../work/whole.ts'

/** A file that a command is to write: its path by the flag that names it, undefined where none does. */
export type Outputs = Readonly<Record<`--${string}`, string | undefined>>

/**
 * Throws UsageError, before minutes of work, where one of the `outputs` could not be written, would replace one of the `inputs`, or is the same file as another one of them,
 * whatever links and capitals lead there.
 */
export async function checkOutputs(outputs: Outputs, inputs: readonly string[]): Promise<void> {
  const places = new Map<string, string>()
  for (const [flag, path] of Object.entries(outputs)) {
    if (path === undefined) continue
    await checkPlace(path, flag)
    const id = await fileId(path)
    if (id !== undefined && (await isAmong(id, inputs)))
      throw new UsageError(`${flag}: expected a new file but ${path} is one of the input files`, { hint: 'choose another name for it' })
    for (const place of [id, await placeOf(path)]) {
      const other = place && places.get(place)
      if (other !== undefined && other !== flag)
        throw new UsageError(`${flag}: expected another file than that of ${other} but both are ${path}`, {
          hint: 'give each a name of its own',
        })
      if (place !== undefined) places.set(place, flag)
    }
  }
}

async function checkPlace(path: string, flag: string): Promise<void> {
  const existing = await stat(path).catch(() => undefined)
  if (existing?.isDirectory() === true)
    throw new UsageError(`${flag}: expected a file but ${path} is a folder`, { hint: 'name a file in it' })
  const folder = await stat(dirname(resolve(path))).catch(() => undefined)
  if (folder?.isDirectory() !== true)
    throw new UsageError(`${flag}: expected an existing folder for ${path} but found none`, { hint: `mkdir -p "${dirname(path)}"` })
}

async function isAmong(id: string, inputs: readonly string[]): Promise<boolean> {
  for (const input of inputs) if ((await fileId(input)) === id) return true
  return false
}

/** Where a file will be, the same for names that some file systems take for one. */
async function placeOf(path: string): Promise<string> {
  const folder = await realpath(dirname(resolve(path)))
  return join(folder, basename(path)).normalize('NFC').toLowerCase()
}

/** Writes a page whole, whoever else writes it at the same time. */
export async function writePage(path: string, page: string): Promise<void> {
  await writeWhole(path, page, { beside: `${path}.part-${randomBytes(4).toString('hex')}` })
}
