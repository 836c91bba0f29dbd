import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { appendAudit, consentHash, type SignedConsent } from '../consent/index.ts'
import { openPrivateKey, publicKeyOf } from '../consent/keys.ts'
import { signConsent } from '../consent/signed.ts'
import { trustKey } from '../consent/trust.ts'
import type { Context } from './command.ts'
import { newPassphrase } from './consent-ask.ts'
import { judgeAndRemember } from './consent-judge.ts'
import { openKey } from './consent-key.ts'
import { makeKeyFiles, noteTrust } from './consent-keygen.ts'
import type { Given } from './consent-questions.ts'

const YEAR_MS = 365 * 86_400_000

/** What goes without saying where somebody drafts a record of their own face for their own use; the purpose does not. */
export function ownAnswers(given: Given): Given {
  const me = given.subject ?? userInfo().username
  return {
    ...given,
    subject: me,
    controller: given.controller ?? me,
    project: given.project ?? 'Own use',
    grant: given.grant ?? 'collect,train,generate',
    until: given.until ?? new Date(Date.now() + YEAR_MS).toISOString().slice(0, 10),
  }
}

/** A key that signs for its owner's own face. */
interface OwnKey {
  readonly key: KeyObject
  readonly keyFile: string
  /** Whether it was made just now. */
  readonly made: boolean
}

/** Opens the key that is named, or lies beside the record; makes one where there is none. */
export async function openOwnKey(
  { signal, warn }: Context,
  given: {
    readonly output: string
    readonly key?: string | undefined
    readonly passphraseFile?: string | undefined
    readonly passphrase: boolean
  },
): Promise<OwnKey> {
  const keyFile = given.key ?? `${given.output.replace(/\.json$/, '')}.key`
  if (existsSync(keyFile) || (given.key === undefined && process.env['DFK_KEY']))
    return { key: await openKey({ ...given, key: existsSync(keyFile) ? keyFile : undefined }, signal), keyFile, made: false }
  const passphrase = given.passphrase ? await newPassphrase(given.passphraseFile, signal) : undefined
  if (passphrase === undefined) warn(`${keyFile} is not encrypted: whoever has the file can sign in your name`)
  const pair = await makeKeyFiles(keyFile, passphrase)
  return { key: openPrivateKey(pair.privatePem, passphrase), keyFile, made: true }
}

/** Signs one's own record and trusts the key here, for this face alone. */
export async function signOwn(context: Context, draft: SignedConsent, own: OwnKey): Promise<OwnKey & { readonly record: SignedConsent }> {
  const now = new Date()
  const record = signConsent(draft, own.key, now)
  const publicKey = publicKeyOf(own.key)
  const { id } = record.record.subject
  await appendAudit(context.home, now, () => [{ what: 'sign', key: publicKey, records: [consentHash(record)], about: { subject: id } }])
  await trustKey(context.home, now, { publicKey, name: id, roles: ['self', 'target'], subjects: [id] })
  if (record.record.supersedes !== undefined) await judgeAndRemember(record, now, context)
  noteTrust(context, id)
  return { ...own, record }
}
