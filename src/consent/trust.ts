import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { RefusedError, UsageError } from '../work/errors.ts'
import { appendAudit } from './audit.ts'
import { putWhole, readIfThere } from './files.ts'
import type { Memory } from './memory.ts'
import { SIGNER_ROLES, type SignedConsent, type SignerRole, word } from './record.ts'
import { parseStrictJson } from './strictJson.ts'

/** As what a key may sign: as whoever the record says, or as the person of the target footage who countersigns. */
export const TRUST_ROLES = [...SIGNER_ROLES, 'target'] as const

const keySchema = z.strictObject({
  publicKey: z.string(),
  /** Whose key it is, in words. */
  name: word,
  /** What it may sign as; absent: as anything. */
  roles: z.array(z.enum(TRUST_ROLES)).min(1).exactOptional(),
  /** About whom it may sign (subject ids); absent: about anybody. */
  subjects: z.array(word).min(1).exactOptional(),
  addedAt: z.iso.datetime(),
})
export type TrustedKey = z.output<typeof keySchema>
const fileSchema = z.strictObject({ schema: z.literal(1), keys: z.array(keySchema) })

export function trustedPath(home: string): string {
  return join(home, 'consent', 'trusted.json')
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

/**
 * The keys that this installation accepts. The audit log remembers the file's hash: throws RefusedError where it is not as dfk wrote it last, an older one put
 * back included. A missing file trusts nobody.
 */
export async function readTrusted(home: string, memory: Memory): Promise<readonly TrustedKey[]> {
  const text = await readIfThere(trustedPath(home), 'trust')
  if (text === undefined) return []
  const fail = (cause?: unknown) =>
    new RefusedError('trust', `expected ${trustedPath(home)} as dfk consent trust wrote it but found it changed since [trust]`, {
      hint: `remove it and add the keys that you trust again: dfk consent trust add <key.pub> --name <whose>`,
      cause,
    })
  if (hashOf(text) !== memory.trusted) throw fail()
  const parsed = fileSchema.safeParse(parseStrictJson(text))
  if (!parsed.success) throw fail(parsed.error)
  return parsed.data.keys
}

async function change(
  home: string,
  now: Date,
  what: 'trust' | 'distrust',
  alter: (keys: readonly TrustedKey[]) => { keys: readonly TrustedKey[]; key: TrustedKey },
): Promise<TrustedKey> {
  let changed: TrustedKey | undefined
  await appendAudit(home, now, async ({ memory }) => {
    const { keys, key } = alter(await readTrusted(home, memory))
    const text = `${JSON.stringify({ schema: 1, keys }, null, 2)}\n`
    await putWhole(trustedPath(home), text)
    changed = key
    const { name, roles = [], subjects = [] } = key
    return [{ what, records: [], about: { trusted: key.publicKey, name, roles, subjects }, remember: { trusted: hashOf(text) } }]
  })
  return changed!
}

/** Accepts a key from now on; one that is accepted already (`before`) gets the new limits. */
export async function trustKey(
  home: string,
  now: Date,
  key: Omit<TrustedKey, 'addedAt'>,
): Promise<{ added: TrustedKey; before: TrustedKey | undefined }> {
  const added = { ...key, addedAt: now.toISOString() }
  let before: TrustedKey | undefined
  await change(home, now, 'trust', (keys) => {
    before = keys.find(({ publicKey }) => publicKey === key.publicKey)
    return { key: added, keys: [...keys.filter((each) => each !== before), added] }
  })
  return { added, before }
}

/** Accepts a key no longer. Throws UsageError where `which`, a key or the name of its owner, is not exactly one of them. */
export function distrustKey(home: string, now: Date, which: string): Promise<TrustedKey> {
  return change(home, now, 'distrust', (keys) => {
    const found = keys.filter(({ publicKey, name }) => publicKey === which || name === which)
    const [key] = found
    if (key === undefined || found.length > 1)
      throw new UsageError(`expected one trusted key or the name of its owner but found ${found.length} for ${which}`, {
        hint: 'see: dfk consent trust list',
      })
    return { key, keys: keys.filter((each) => each !== key) }
  })
}

/** Whether a record needs a key that is trusted: one of kind sample is bound to the sample clips instead, which everybody has. */
export function needsTrust({ record }: SignedConsent): boolean {
  return record.kind !== 'sample'
}

const CERTAIN = 'make sure that the key is theirs, then'

/** A word as a shell takes it, whatever stands in it: names come out of records of others. */
const quoted = (word: string) => (/^[\w-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** The command that adds a key once more, with the limits that it has and one exception more: it sets all of them anew. */
function addAgain({ publicKey, name, roles, subjects }: TrustedKey, { role, subject }: { role?: string; subject?: string }): string {
  const flag = (text: string, had: readonly string[] | undefined, more: string | undefined) =>
    had === undefined ? '' : ` ${text} ${[...had, ...(more === undefined ? [] : [more])].map(quoted).join(' ')}`
  return `dfk consent trust add ${publicKey} --name ${quoted(name)}${flag('--as', roles, role)}${flag('--for', subjects, subject)}`
}

/** Why a key does not count here, or undefined. */
export function trustProblem(
  { record }: SignedConsent,
  publicKey: string | undefined,
  role: SignerRole | 'target',
  keys: readonly TrustedKey[],
): RefusedError | undefined {
  if (publicKey === undefined) return undefined
  const known = keys.find((key) => key.publicKey === publicKey)
  const { id } = record.subject
  const as = role === 'target' ? 'the person in the target footage' : role
  if (known === undefined)
    return new RefusedError(
      'trust',
      `expected a signature by a key that is trusted here but found ${publicKey}, which signs for ${id} as ${as}`,
      { hint: `${CERTAIN}: dfk consent trust add ${publicKey} --name <whose>` },
    )
  if (known.roles !== undefined && !known.roles.includes(role))
    return new RefusedError(
      'trust.roles',
      `expected the key of ${known.name} to sign as ${known.roles.join(' or ')} but found it sign as ${as}`,
      { hint: `${CERTAIN}: ${addAgain(known, { role })}` },
    )
  if (role !== 'target' && known.subjects !== undefined && !known.subjects.includes(id))
    return new RefusedError(
      'trust.subjects',
      `expected the key of ${known.name} to sign for ${known.subjects.join(' or ')} but found it sign for ${id}`,
      { hint: `${CERTAIN}: ${addAgain(known, { subject: id })}` },
    )
  return undefined
}
