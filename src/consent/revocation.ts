import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { DfkError, RefusedError } from '../work/errors.ts'
import { canonicalJson } from './canonical.ts'
import { publicKeyOf, signText, verifyText } from './keys.ts'
import type { SignedConsent } from './record.ts'
import { consentHash } from './signed.ts'

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

/** The list that is consulted whatever a record says. */
export function defaultRevocationPath(home: string): string {
  return join(home, 'consent', 'revocations.json')
}

/** Reads a revocation file and checks every signature in it; undefined when there is no such file. Throws RefusedError when it was tampered with. */
export function readRevocations(path: string): RevocationFile | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const hint = 'restore the file, or have it signed anew with: dfk consent revoke --refresh --key <key>'
  let file: RevocationFile
  try {
    file = fileSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new RefusedError('revocation.list', `expected a revocation list at ${path} but found something else`, { hint, cause })
  }
  const bad = file.lists.find(({ list, signature }) => !verifyText(canonicalJson(list), signature, list.publicKey))
  if (bad !== undefined) {
    throw new RefusedError('revocation.list', `expected the revocation list at ${path} as it was signed but found it changed since`, {
      hint,
    })
  }
  return file
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
    const named = what.record.record.signer.publicKey
    if (named !== publicKey) {
      throw new DfkError(`expected the key that signed the record (${named ?? 'none: it is unsigned'}) but found ${publicKey}`, {
        hint: 'only the signer of a record can revoke it',
      })
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

/** Why a record cannot be used any more, by the lists that count for it, or undefined. A list that cannot be trusted refuses too. */
export function revocationProblem(signed: SignedConsent, home: string, now: Date): RefusedError | undefined {
  const { list: named, maxStalenessDays } = signed.record.revocation
  const namedPath = named === undefined ? undefined : isAbsolute(named) ? named : resolve(home, named)
  const paths = [...new Set([defaultRevocationPath(home), ...(namedPath === undefined ? [] : [namedPath])])]
  const refresh = 'have its signer confirm it with: dfk consent revoke --refresh --key <key>'
  let newest = Number.NEGATIVE_INFINITY
  for (const path of paths) {
    let file: RevocationFile | undefined
    try {
      file = readRevocations(path)
    } catch (error) {
      if (error instanceof RefusedError) return error
      throw error
    }
    if (file === undefined && path === namedPath) {
      return new RefusedError('revocation.list', `expected the revocation list ${path}, which the record names, but found no such file`, {
        hint: refresh,
      })
    }
    const own = file?.lists.find(({ list }) => list.publicKey === signed.record.signer.publicKey)?.list
    if (own === undefined) continue
    newest = Math.max(newest, Math.min(Date.parse(own.issuedAt), now.getTime()))
    const hash = consentHash(signed)
    const hit = own.revoked.find(({ record }) => record === hash)
    if (hit !== undefined) {
      return new RefusedError(
        'revocation',
        `expected consent that still holds but found it revoked on ${hit.revokedAt.slice(0, 10)}${hit.reason === undefined ? '' : ` (${hit.reason})`}`,
        {
          hint: 'stop using it and delete what was made under it; a new use needs a new record',
        },
      )
    }
  }
  if (maxStalenessDays !== undefined && now.getTime() - newest > maxStalenessDays * 86_400_000) {
    const found = Number.isFinite(newest) ? `one of ${new Date(newest).toISOString().slice(0, 10)}` : 'none'
    return new RefusedError(
      'revocation.maxStalenessDays',
      `expected a revocation list by the signer of the last ${maxStalenessDays} days but found ${found}`,
      { hint: refresh },
    )
  }
  return undefined
}
