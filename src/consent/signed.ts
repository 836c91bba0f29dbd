import type { KeyObject } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { z } from 'zod'
import { DfkError, RefusedError } from '../work/errors.ts'
import { canonicalHash, canonicalJson } from './canonical.ts'
import { publicKeyOf, signText, verifyText } from './keys.ts'
import { type SignedConsent, signedConsentSchema } from './record.ts'
import { parseStrictJson } from './strictJson.ts'

function explain(issue: z.core.$ZodIssue | undefined): { clause: string; text: string } {
  const path = (issue?.path ?? []).map(String)
  // Of what is no record at all, nothing in it needs naming.
  if (issue === undefined || (path.length === 0 && issue.code === 'invalid_type')) return { clause: 'record', text: 'something else' }
  if (path[0] === 'record') path.shift()
  const clause = path.join('.') || 'record'
  return { clause, text: `its ${clause} missing or wrong: ${issue.message.replace(/^Invalid input: /, '')}` }
}

/** Reads a record out of parsed JSON. Throws RefusedError whose clause is the first field that is missing or wrong. */
export function parseConsent(value: unknown, from: string): SignedConsent {
  const parsed = signedConsentSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const { clause, text } = explain(parsed.error.issues[0])
  throw new RefusedError(clause, `expected a consent record in ${from} but found ${text}`, {
    hint: 'write a new one with: dfk consent draft',
  })
}

/** No record with its footage and descriptors comes near this. */
const MOST_BYTES = 4 << 20

/** The text of a record's file, which must be a plain file: of a pipe or a device nobody can say what it will say next time. */
async function readRecord(path: string): Promise<string> {
  let file: FileHandle | undefined
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const found = await file.stat()
    if (!found.isFile()) throw new Error('it is not a plain file')
    if (found.size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES >> 20} MB`)
    return await file.readFile('utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const found = code === 'ENOENT' ? 'no such file' : `a file that cannot be read (${message})`
    throw new RefusedError(code === undefined ? 'record' : 'file', `expected a consent record at ${path} but found ${found}`, {
      hint: 'nothing touches a face without one; write it with: dfk consent draft, then dfk consent sign',
      cause,
    })
  } finally {
    await file?.close()
  }
}

/** Loads a consent record, signed or not; whether it holds is for `authorize` to say. Throws RefusedError when the file is missing or may not be read (clause `file`), or is no record. */
export async function loadConsent(path: string): Promise<SignedConsent> {
  const text = await readRecord(path)
  let value: unknown
  try {
    value = parseStrictJson(text)
  } catch (cause) {
    const other = text.trim() === '' ? 'an empty file' : 'a file that is not JSON, or only a part of it'
    const found = cause instanceof DfkError ? `one with a flaw: ${cause.message}` : other
    throw new RefusedError('record', `expected a consent record at ${path} but found ${found}`, {
      hint: 'write a new one with: dfk consent draft',
      cause,
    })
  }
  return parseConsent(value, path)
}

/** The hash that names a record in datasets, checkpoints and outputs: SHA-256 of the record's canonical JSON, without the signature. */
export function consentHash(signed: SignedConsent): string {
  return canonicalHash(signed.record)
}

/** Signs a draft; the signer's public key goes into the record first. Throws DfkError when the record names another key. */
export function signConsent(draft: SignedConsent, key: KeyObject, now: Date): SignedConsent {
  const publicKey = publicKeyOf(key)
  const named = draft.record.signer.publicKey
  if (named !== undefined && named !== publicKey) {
    throw new DfkError(`expected the key ${named}, which the record names as its signer, but found ${publicKey}`, {
      hint: 'sign with that key, or draft a new record',
    })
  }
  const record = { ...draft.record, signer: { ...draft.record.signer, publicKey } }
  const value = signText(canonicalJson(record), key)
  return { record, signature: { algorithm: 'Ed25519', publicKey, value, signedAt: now.toISOString() } }
}

/** What is wrong with the signature, or undefined when it is the signer's own over exactly this record. */
export function signatureProblem({ record, signature }: SignedConsent): RefusedError | undefined {
  if (signature === undefined || record.signer.publicKey === undefined) {
    return new RefusedError('signature', 'expected a signed consent record but found a draft that nobody signed', {
      hint: 'sign it with: dfk consent sign <record> --key <key>',
    })
  }
  if (signature.publicKey !== record.signer.publicKey) {
    return new RefusedError(
      'signer.publicKey',
      `expected a signature by the key ${record.signer.publicKey} but found one by ${signature.publicKey}`,
      {
        hint: 'the person whom the record names has to sign it',
      },
    )
  }
  if (!verifyText(canonicalJson(record), signature.value, signature.publicKey)) {
    return new RefusedError('signature', 'expected a record as it was signed but found one that was changed since', {
      hint: 'use the file that was signed, or draft a new record and have it signed',
    })
  }
  return undefined
}
