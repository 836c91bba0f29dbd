import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { summariseConsent } from '../consent/describe.ts'
import { type DraftOptions, draftConsent, parseActions, parseCountersignerRole } from '../consent/draft.ts'
import { isAddress } from '../consent/fetchList.ts'
import { putWhole } from '../consent/files.ts'
import { consentHash, type FootageHash, type SignedConsent } from '../consent/index.ts'
import { DfkError, UsageError } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'
import { passphraseOptions } from './consent-ask.ts'
import { consentText, openRecord, requireAbsent } from './consent-files.ts'
import { requireDraftable } from './consent-flags.ts'
import { publicKeyNamed } from './consent-key.ts'
import { removeKeyFiles } from './consent-keygen.ts'
import { completeAnswers } from './consent-questions.ts'
import { openOwnKey, ownAnswers, signOwn } from './consent-self.ts'

const text = (help: string) => z.string().optional().describe(help)
const list = (help: string) => z.array(z.string()).default([]).describe(help)

const options = z.object({
  output: z.string().describe('where the draft goes').meta({ flag: '-o, --output <file>' }),
  kind: z
    .enum(['subject', 'sample'])
    .default('subject')
    .describe('subject: a person who consents; sample: the built-in sample clips, for private tests'),
  self: z
    .boolean()
    .default(false)
    .describe('your own face, for your own use: drafted, signed with your key (made if absent) and trusted in one step'),
  key: text('with --self: your private key (default: beside the record)').meta({ flag: '--key <file>' }),
  ...passphraseOptions,
  passphrase: z.boolean().default(true).describe('with --self: leave a new private key unencrypted'),
  subject: text('pseudonym of the person'),
  status: z.enum(['adult', 'minor', 'deceased']).default('adult').describe('of the person'),
  adultOn: text('day on which a minor turns 18'),
  signer: z.enum(['self', 'guardian', 'estate', 'agent']).optional().describe('who signs (default: as the status asks)'),
  evidence: text("document that shows a guardian's, estate's or agent's authority; only its hash is kept").meta({
    flag: '--evidence <file>',
  }),
  countersigner: list(
    'whose signature it needs too: target=<key.pub> (the person in the target footage), or guardian, estate or agent=<key.pub>,<document that shows the authority>',
  ).meta({ flag: '--countersigner <role=key...>' }),
  controller: text('who may use the face'),
  description: text('what for, reasonably specific'),
  project: text('the project'),
  grant: text('what is allowed: collect,train,generate,publish,sublicense'),
  from: text('first day (default: now)').meta({ flag: '--from <date>' }),
  until: text('last day, at most 10 years on, 5 for a minor').meta({ flag: '--until <date>' }),
  reference: list('stills or clips that show the person alone').meta({ flag: '--reference <files...>' }),
  footage: list('footage that the consent is bound to').meta({ flag: '--footage <files...>' }),
  bind: text('actions for which only that footage may be used (default: collect,train)').meta({ flag: '--bind <actions>' }),
  media: list('where the result may be shown').meta({ flag: '--media <names...>' }),
  territory: list('countries').meta({ flag: '--territory <names...>' }),
  prohibit: list('uses that are never allowed').meta({ flag: '--prohibit <categories...>' }),
  maxOutputs: z.number().int().positive().optional().describe('most outputs that may be made'),
  threshold: z.number().positive().max(0.6).default(0.52).describe("greatest distance at which a face counts as the person's"),
  label: z.boolean().default(true).describe('do not ask for a visible label'),
  c2pa: z.boolean().default(true).describe('do not ask for a C2PA manifest'),
  watermark: z.boolean().default(true).describe('do not ask for a watermark'),
  revocations: text(
    'revocation list that has to be consulted besides that of DFK_HOME: a file, or an https:// address; its signer must have begun it (dfk consent revoke --refresh --list)',
  ).meta({
    flag: '--revocations <file>',
  }),
  maxStaleness: z
    .number()
    .positive()
    .optional()
    .describe("days after which the signer's revocation list has to be confirmed")
    .meta({ flag: '--max-staleness <days>' }),
  supersedes: text(
    'the record of the same signer that this one replaces: refused from then on wherever this one was seen to hold; to end it everywhere, revoke it (dfk consent revoke)',
  ).meta({
    flag: '--supersedes <file>',
  }),
})
type Options = z.output<typeof options>

async function evidenceHash(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  } catch (cause) {
    throw new DfkError(`expected the evidence of authority at ${path} but found no file that can be read`, { cause })
  }
}

function hashes(files: readonly string[], { work }: Context): Promise<FootageHash[]> {
  if (files.length === 0) return Promise.resolve([])
  return work('hashing footage', async ({ signal, onProgress }) => {
    const { hashFootage } = await import('../media/index.ts')
    const found: FootageHash[] = []
    for (const file of files) {
      onProgress({ done: found.length, total: files.length })
      found.push(await hashFootage(file, signal))
    }
    return found
  })
}

const AS_COUNTERSIGNER = 'as --countersigner target=bob.pub'

async function countersigners(named: readonly string[]): Promise<DraftOptions['countersigners']> {
  return Promise.all(
    named.map(async (text) => {
      const [role = '', rest = ''] = text.split(/=(.*)/s)
      const [key = '', document] = rest.split(/,(.*)/s)
      if (key === '')
        throw new UsageError(`--countersigner: expected a key after the = but found none in ${text}`, { hint: AS_COUNTERSIGNER })
      const evidenceSha256 = await evidenceHash(document)
      return {
        role: parseCountersignerRole(role),
        publicKey: await publicKeyNamed(key),
        ...(evidenceSha256 !== undefined && { evidenceSha256 }),
      }
    }),
  )
}

async function supersededHash(path: string): Promise<string> {
  const old = await openRecord(path)
  if (old.signature !== undefined) return consentHash(old)
  throw new UsageError(`--supersedes: expected a signed record but found a draft in ${path}`, {
    hint: 'change or delete the draft: it allows nothing',
  })
}

function listNamed(list: string | undefined): string | undefined {
  if (list === undefined) return undefined
  if (list === '') throw new UsageError('--revocations: expected a file or an https:// address but found none')
  if (!isAddress(list)) return resolve(list)
  if (list.toLowerCase().startsWith('https://')) return list
  throw new UsageError(`--revocations: expected a file or an https:// address but found ${list}`)
}

async function draftOptions(options: Options, context: Context): Promise<DraftOptions> {
  const { kind, status, signer, threshold, maxOutputs, maxStaleness, supersedes, revocations } = options
  const answers = await completeAnswers(options.self ? ownAnswers(options) : options, context)
  // Bad words are told before faces are searched for; footage that is refused too.
  const grants = parseActions(answers.grant, '--grant')
  const footageBinds = options.bind === undefined ? undefined : parseActions(options.bind, '--bind')
  if (footageBinds !== undefined && footageBinds.length > 0 && options.footage.length === 0)
    throw new UsageError('--bind: expected footage to bind the actions to but found none', { hint: 'name it with --footage <files…>' })
  const common = { kind, status, threshold, maxOutputs, grants, footageBinds, now: new Date(), from: options.from, until: answers.until }
  const draft: DraftOptions = {
    ...common,
    subject: answers.subject,
    adultOn: options.adultOn,
    signerRole: kind === 'sample' ? 'sample' : signer,
    evidenceSha256: await evidenceHash(options.evidence),
    countersigners: await countersigners(options.countersigner),
    controller: answers.controller,
    description: answers.description,
    project: answers.project,
    footage: await hashes(options.footage, context),
    media: options.media,
    territory: options.territory,
    prohibited: options.prohibit,
    references: [new Array<number>(128).fill(0)],
    disclosure: { visibleLabel: options.label, c2pa: options.c2pa, watermark: options.watermark },
    revocationList: listNamed(revocations),
    maxStalenessDays: maxStaleness,
    supersedes: supersedes === undefined ? undefined : await supersededHash(supersedes),
  }
  requireDraftable(draft)
  const { MIN_FACE_PX, referenceDescriptors } = await import('./consent-references.ts')
  const faceless: string[] = []
  const references = await context.work('describing the face', (work) =>
    referenceDescriptors(answers.reference, work, (path) => faceless.push(path)),
  )
  for (const path of faceless)
    context.warn(`${path}: expected the subject's face but found none of ${MIN_FACE_PX} pixels or more; the record does without it`)
  return { ...draft, references }
}

/** `dfk consent draft`: writes a record for somebody to read and sign. */
export const draft = defineCommand({
  name: 'draft',
  summary: 'write a record to be signed; on a terminal it asks for what the flags leave out',
  args: [],
  options,
  example:
    'dfk consent draft -o alice.json --subject alice --controller "Studio Example" --project "Museum guide" --description "A 30-second film in which Alice explains the exhibit" --grant collect,train,generate --until 2027-01-01 --reference alice-1.jpg alice-2.jpg',
  writes: true,
  async run(context, _args, given) {
    const { output } = given
    requireAbsent(output)
    if (given.self) return draftOwn(context, given)
    const record = draftConsent(await draftOptions(given, context))
    if (!context.dryRun) await putWhole(resolve(output), consentText(record))
    const lines = [
      `${output}: ${context.dryRun ? 'would be drafted' : 'drafted, not signed yet'}`,
      ...summariseConsent(record)
        .split('\n')
        .map((line) => `  ${line}`),
      `all of it: dfk consent show ${output}`,
      `next: dfk consent sign ${output} --key <key of the signer>`,
    ]
    context.result(record, lines.join('\n'))
  },
})

/** `--self`: one's own face in one step. */
async function draftOwn(context: Context, given: Options): Promise<void> {
  const { output, kind, status, signer } = given
  if (kind !== 'subject' || status !== 'adult' || (signer ?? 'self') !== 'self')
    throw new UsageError('--self: expected an adult who signs for their own face but found another --kind, --status or --signer', {
      hint: 'draft and sign the record in two steps',
    })
  const draft: SignedConsent = draftConsent(await draftOptions(given, context))
  context.note(summariseConsent(draft))
  if (context.dryRun) return context.result(draft, `${output}: would be drafted and signed`)
  const own = await openOwnKey(context, given)
  const { record, keyFile, made } = await signOwn(context, draft, own).catch(async (error: unknown) => {
    if (own.made) await removeKeyFiles(own.keyFile)
    throw error
  })
  await putWhole(resolve(output), consentText(record))
  const hash = consentHash(record)
  context.result(
    { ...record, hash },
    `${made ? `${keyFile}: new private key\n` : ''}${output}: drafted, signed by you and trusted here, hash ${hash}\nall of it: dfk consent show ${output}`,
  )
}
