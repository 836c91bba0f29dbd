import { existsSync } from 'node:fs'
import { loadConsent, type SignedConsent } from '../consent/index.ts'
import { type RevocationFile, readRevocations } from '../consent/revocation.ts'
import { DfkError, RefusedError } from '../work/errors.ts'

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

/** A refusal as the failure that it is where nothing is asked of a record: a file that is to be shown, signed or added to. */
function failure(error: unknown, hint: (error: RefusedError) => string | undefined): unknown {
  if (!(error instanceof RefusedError)) return error
  const text = hint(error)
  return new DfkError(error.message, { ...(text !== undefined && { hint: text }), cause: error })
}

/** Loads the record that a command is about, to show, sign, replace or revoke it. Throws DfkError where its file is missing or no record. */
export async function openRecord(path: string): Promise<SignedConsent> {
  return loadConsent(path).catch((error: unknown) => {
    throw failure(error, () => 'give a file that dfk consent draft or dfk consent sign wrote')
  })
}

/** Reads the revocation list that is to be added to. Throws DfkError where there is something else. */
export async function openRevocations(path: string): Promise<RevocationFile | undefined> {
  return readRevocations(path).catch((error: unknown) => {
    throw failure(error, ({ hint }) => hint)
  })
}
