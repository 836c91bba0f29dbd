import type { KeyObject } from 'node:crypto'
import { resolve } from 'node:path'
import { z } from 'zod'
import { countersignConsent } from '../consent/countersign.ts'
import { summariseConsent } from '../consent/describe.ts'
import { putWhole } from '../consent/files.ts'
import { appendAudit, consentHash, type SignedConsent } from '../consent/index.ts'
import { publicKeyOf } from '../consent/keys.ts'
import { isTrusted, lastingProblem } from '../consent/problems.ts'
import { signConsent } from '../consent/signed.ts'
import { type Context, defineCommand } from './command.ts'
import { isInteractive } from './consent-ask.ts'
import { consentText, openRecord, requireAbsent } from './consent-files.ts'
import { judgeAndRemember } from './consent-judge.ts'
import { keyOptions, openKey } from './consent-key.ts'

const options = z.object({
  ...keyOptions,
  output: z.string().optional().describe('where the signed record goes').meta({ flag: '-o, --output <file>' }),
})

/** Says what a record is about, has it signed, and writes it. */
async function signed(
  { note, dryRun, signal, home }: Context,
  path: string,
  { output = path, ...given }: z.output<typeof options>,
  what: 'sign' | 'countersign',
  make: (record: SignedConsent, key: KeyObject, now: Date) => SignedConsent,
): Promise<{ output: string; record: SignedConsent; publicKey: string }> {
  const now = new Date()
  const draft = await openRecord(path)
  if (resolve(output) !== resolve(path)) requireAbsent(output)
  const problem = lastingProblem(draft, now)
  if (problem !== undefined) throw problem
  const gist = `${summariseConsent(draft)}\nall of it: dfk consent show ${path}`
  // Whoever is asked for a passphrase knows what for; where nobody is, a key that does not open is told alone.
  if (isInteractive()) note(gist)
  const key = await openKey(given, signal)
  if (!isInteractive()) note(gist)
  const record = make(draft, key, now)
  const publicKey = publicKeyOf(key)
  if (!dryRun) {
    await appendAudit(home, now, () => [
      { what, key: publicKey, records: [consentHash(record)], about: { subject: record.record.subject.id } },
    ])
    await putWhole(resolve(output), consentText(record))
  }
  return { output, record, publicKey }
}

/** `dfk consent sign`: says what a draft is about and signs it. */
export const sign = defineCommand({
  name: 'sign',
  summary: 'sign a drafted record',
  args: [{ name: '<record>', help: 'the draft; signed in place unless -o names another file' }],
  options,
  example: 'dfk consent sign alice.json --key alice.key',
  writes: true,
  async run(context, [path], given) {
    const { output, record, publicKey } = await signed(context, String(path), given, 'sign', signConsent)
    if (!context.dryRun && record.record.supersedes !== undefined) await judgeAndRemember(record, new Date(), context)
    if (record.record.kind === 'subject' && !(await isTrusted(record, context.home)))
      context.note(
        `the key is not trusted in ${context.home}; whoever uses the record has to add it: dfk consent trust add ${publicKey} --name <whose>`,
      )
    const hash = consentHash(record)
    context.result({ ...record, hash }, `${output}: ${context.dryRun ? 'would be signed' : 'signed'} by ${publicKey}, hash ${hash}`)
  },
})

/** `dfk consent countersign`: the signature of somebody else whom the record asks for. */
export const countersign = defineCommand({
  name: 'countersign',
  summary: 'add the signature of the person in the target footage, or of a guardian, an estate or an agent',
  args: [{ name: '<record>', help: 'the signed record, which names the key; written in place unless -o names another file' }],
  options,
  example: 'dfk consent countersign alice.json --key bob.key',
  writes: true,
  async run(context, [path], given) {
    const { output, record, publicKey } = await signed(context, String(path), given, 'countersign', countersignConsent)
    const role = record.record.countersigners?.find((each) => each.publicKey === publicKey)?.role
    context.result(
      { ...record, hash: consentHash(record) },
      `${output}: ${context.dryRun ? 'would be countersigned' : 'countersigned'} by ${publicKey} (${role})`,
    )
  },
})
