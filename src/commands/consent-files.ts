import { existsSync } from 'node:fs'
import { DfkError } from '../work/errors.ts'

/** Throws DfkError when a file is there already, which consent commands never write over. */
export function requireAbsent(path: string): void {
  if (existsSync(path)) {
    throw new DfkError(`expected no file at ${path} but found one`, { hint: 'give another name with -o, or move the file away' })
  }
}

/** JSON as consent files are written: for people to read too, but descriptors in one line. */
export function consentText(value: unknown): string {
  const pretty = JSON.stringify(value, null, 2)
  return `${pretty.replace(/\[\s+(-?[\d.e+-]+(?:,\s+-?[\d.e+-]+)*)\s+\]/g, (_, numbers: string) => `[${numbers.replace(/\s+/g, ' ')}]`)}\n`
}
