import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DfkError } from '../work/errors.ts'

/** Throws DfkError when a file is there already, which consent commands never write over. */
export function requireAbsent(path: string): void {
  if (existsSync(path)) {
    throw new DfkError(`expected no file at ${path} but found one`, { hint: 'give another name with -o, or move the file away' })
  }
}

/** Writes a file beside its place and renames it, so that no reader meets half of it; `mode` as chmod has it. */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  const partial = `${path}.${randomBytes(4).toString('hex')}`
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(partial, text, { mode, flag: 'wx', flush: true })
    await rename(partial, path)
  } finally {
    await rm(partial, { force: true })
  }
}

/** JSON as consent files are written: for people to read too, but descriptors in one line. */
export function consentText(value: unknown): string {
  const pretty = JSON.stringify(value, null, 2)
  return `${pretty.replace(/\[\s+(-?[\d.e+-]+(?:,\s+-?[\d.e+-]+)*)\s+\]/g, (_, numbers: string) => `[${numbers.replace(/\s+/g, ' ')}]`)}\n`
}
