import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UsageError } from '../work/errors.ts'
import { writeWhole } from '../work/whole.ts'

/** Throws UsageError, before minutes of work, where what `flag` names could not be written to `path` or would replace one of the `inputs`. */
export async function checkReportPath(path: string, inputs: readonly string[], flag = '--report'): Promise<void> {
  if (inputs.some((input) => resolve(input) === resolve(path)))
    throw new UsageError(`${flag}: expected a new file but ${path} is one of the files to examine`, { hint: 'choose another name for it' })
  const existing = await stat(path).catch(() => undefined)
  if (existing?.isDirectory() === true)
    throw new UsageError(`${flag}: expected a file but ${path} is a folder`, { hint: 'name a file in it' })
  const folder = await stat(dirname(resolve(path))).catch(() => undefined)
  if (folder?.isDirectory() !== true)
    throw new UsageError(`${flag}: expected an existing folder for ${path} but found none`, { hint: `mkdir -p "${dirname(path)}"` })
}

/** Writes a page whole, whoever else writes it at the same time. */
export async function writePage(path: string, page: string): Promise<void> {
  await writeWhole(path, page, { beside: `${path}.part-${randomBytes(4).toString('hex')}` })
}
