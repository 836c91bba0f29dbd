import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { DfkError, RefusedError } from '../work/errors.ts'
import { canonicalJson } from './canonical.ts'
import { readIfThere } from './files.ts'
import { publicKeyOf, signText, verifyText } from './keys.ts'
import type { SignedConsent } from './record.ts'
import { consentHash } from './signed.ts'
import { parseStrictJson } from './strictJson.ts'

const entry = z.strictObject({
  record: z.string().regex(/^[0-9a-f]{64}$/),
  id: z.string(),
  revokedAt: z.iso.datetime(),
  reason: z.string().exactOptional(),
})

/** What one key revoked, signed as a whole; `issuedAt` says when its owner last looked at it. */
const listSchema = z.strictObject({ publicKey: z.string(), issuedAt: z.iso.datetime(), revoked: z.array(entry) })
const fileSchema = z.strictObject({
  schema: z.literal(1),
  lists: z.array(z.strictObject({ list: listSchema, signature: z.base64url() })),
})

export type RevocationFile = z.infer<typeof fileSchema>
export type RevocationList = z.infer<typeof listSchema>

/** The list that is consulted whatever a record says. */
export function defaultRevocationPath(home: string): string {
  return join(home, 'consent', 'revocations.json')
}

/** Reads a revocation file and checks every signature in it. `place`: for the message. Throws RefusedError when it was tampered with. */
export function parseRevocations(text: string, place: string): RevocationFile {
  const hint =
    'put the file back from a copy; where there is none, move it away and have those who revoked something in it do so again: dfk consent revoke <record> --key <key>'
  let file: RevocationFile
  try {
    file = fileSchema.parse(parseStrictJson(text))
  } catch (cause) {
    throw new RefusedError('revocation.list', `expected a revocation list at ${place} but found something else`, { hint, cause })
  }
  const bad = file.lists.find(({ list, signature }) => !verifyText(canonicalJson(list), signature, list.publicKey))
  if (bad !== undefined) {
    throw new RefusedError('revocation.list', `expected the revocation list at ${place} as it was signed but found it changed since`, {
      hint,
    })
  }
  if (new Set(file.lists.map(({ list }) => list.publicKey)).size < file.lists.length)
    throw new RefusedError('revocation.list', `expected one list of each signer at ${place} but found two of one`, { hint })
  return file
}

/** Reads a revocation file from the disk; undefined when there is no such file. Throws as `parseRevocations` does. */
export async function readRevocations(path: string): Promise<RevocationFile | undefined> {
  const text = await readIfThere(path, 'revocation.list')
  return text === undefined ? undefined : parseRevocations(text, path)
}

/** Who can take a record back: whoever signed it, and whoever countersigns. */
export function revokersOf({ record }: SignedConsent): readonly string[] {
  const { signer, countersigners = [] } = record
  return [...(signer.publicKey === undefined ? [] : [signer.publicKey]), ...countersigners.map(({ publicKey }) => publicKey)]
}

/** Adds a record (or, without one, only the present moment) to what `key` revoked, and signs it. Throws DfkError when the record is another signer's. */
export function revoke(
  file: RevocationFile | undefined,
  key: KeyObject,
  now: Date,
  what?: { readonly record: SignedConsent; readonly reason?: string | undefined },
): RevocationFile {
  const publicKey = publicKeyOf(key)
  const lists = file?.lists ?? []
  const revoked = [...(lists.find(({ list }) => list.publicKey === publicKey)?.list.revoked ?? [])]
  if (what !== undefined) {
    const named = revokersOf(what.record)
    if (!named.includes(publicKey)) {
      throw new DfkError(
        `expected the key that signed the record (${named.join(' or ') || 'none: it is unsigned'}) but found ${publicKey}`,
        {
          hint: 'only those who signed a record can revoke it',
        },
      )
    }
    const record = consentHash(what.record)
    const reason = what.reason === undefined ? {} : { reason: what.reason }
    if (!revoked.some((old) => old.record === record)) {
      revoked.push({ record, id: what.record.record.id, revokedAt: now.toISOString(), ...reason })
    }
  }
  const list = { publicKey, issuedAt: now.toISOString(), revoked }
  const signed = { list, signature: signText(canonicalJson(list), key) }
  return { schema: 1, lists: [...lists.filter((other) => other.list.publicKey !== publicKey), signed] }
}
