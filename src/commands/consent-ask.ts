import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { z } from 'zod'
import { DfkError, UsageError } from '../work/errors.ts'

/** Whether somebody is there to answer. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Asks on the terminal; `hidden` shows nothing of what is typed. */
export async function ask(question: string, { hidden = false, signal }: { hidden?: boolean; signal?: AbortSignal } = {}): Promise<string> {
  let muted = false
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) process.stderr.write(chunk)
      done()
    },
  })
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  try {
    const answer = lines.question(`${question}: `, signal === undefined ? {} : { signal })
    muted = hidden
    return (await answer).trim()
  } finally {
    lines.close()
    if (hidden) process.stderr.write('\n')
  }
}

/** Options of every command that opens a key. */
export const passphraseOptions = {
  passphraseFile: z.string().optional().describe('file whose first line is the passphrase of the key'),
}

/** The passphrase from --passphrase-file or DFK_PASSPHRASE, or undefined. */
async function givenPassphrase(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return process.env['DFK_PASSPHRASE'] || undefined
  try {
    const [line = ''] = (await readFile(file, 'utf8')).split(/\r?\n/)
    if (line !== '') return line
  } catch (cause) {
    throw new DfkError(`expected a passphrase in ${file} but found no file that can be read`, { cause, hint: 'check the path' })
  }
  throw new DfkError(`expected a passphrase in ${file} but found an empty first line`, { hint: 'write the passphrase into its first line' })
}

/** The passphrase of a key that is encrypted: given, or asked for. Throws UsageError where nobody can be asked. */
export async function openingPassphrase(file: string | undefined, signal: AbortSignal): Promise<string> {
  const given = await givenPassphrase(file)
  if (given !== undefined) return given
  if (isInteractive()) return ask('Passphrase of the key', { hidden: true, signal })
  throw new UsageError('expected the passphrase of the key but found none', { hint: 'set DFK_PASSPHRASE or give --passphrase-file' })
}

/** A passphrase for a new key: given, or asked for twice. Throws UsageError where nobody can be asked. */
export async function newPassphrase(file: string | undefined, signal: AbortSignal): Promise<string> {
  const given = await givenPassphrase(file)
  if (given !== undefined) return given
  if (!isInteractive()) {
    throw new UsageError('expected a passphrase for the new key but found none', {
      hint: 'set DFK_PASSPHRASE, give --passphrase-file, or say --no-passphrase to leave the key unencrypted',
    })
  }
  const first = await ask('Passphrase for the new key', { hidden: true, signal })
  if (first === '') throw new UsageError('expected a passphrase but found none', { hint: '--no-passphrase leaves the key unencrypted' })
  if ((await ask('The same again', { hidden: true, signal })) !== first)
    throw new UsageError('expected the same passphrase twice but found two', { hint: 'run this again' })
  return first
}
