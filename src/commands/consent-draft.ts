import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { describeConsent } from '../consent/describe.ts'
import { type DraftOptions, draftConsent, parseActions } from '../consent/draft.ts'
import { consentHash, type FootageHash, loadConsent } from '../consent/index.ts'
import { lastingProblem } from '../consent/problems.ts'
import { DfkError } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'
import { consentText, requireAbsent, writeWhole } from './consent-files.ts'
import { completeAnswers } from './consent-questions.ts'

const text = (help: string) => z.string().optional().describe(help)
const list = (help: string) => z.array(z.string()).default([]).describe(help)

const options = z.object({
  output: z.string().describe('where the draft goes').meta({ flag: '-o, --output <file>' }),
  kind: z
    .enum(['subject', 'sample'])
    .default('subject')
    .describe('subject: a person who consents; sample: the built-in sample clips, for private tests'),
  subject: text('pseudonym of the person'),
  status: z.enum(['adult', 'minor', 'deceased']).default('adult').describe('of the person'),
  adultOn: text('day on which a minor turns 18'),
  signer: z.enum(['self', 'guardian', 'estate', 'agent']).optional().describe('who signs (default: as the status asks)'),
  evidence: text("document that shows a guardian's, estate's or agent's authority; only its hash is kept").meta({
    flag: '--evidence <file>',
  }),
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
  revocations: text('revocation list that has to be consulted besides that of DFK_HOME').meta({ flag: '--revocations <file>' }),
  maxStaleness: z
    .number()
    .positive()
    .optional()
    .describe("days after which the signer's revocation list has to be confirmed")
    .meta({ flag: '--max-staleness <days>' }),
  supersedes: text('the record that this one replaces').meta({ flag: '--supersedes <file>' }),
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

async function draftOptions(options: Options, context: Context): Promise<DraftOptions> {
  const { kind, status, signer, threshold, maxOutputs, maxStaleness, supersedes, revocations } = options
  const answers = await completeAnswers(options, context)
  // Bad words are told before faces are searched for; footage that is refused too.
  const grants = parseActions(answers.grant, '--grant')
  const footageBinds = options.bind === undefined ? undefined : parseActions(options.bind, '--bind')
  const common = { kind, status, threshold, maxOutputs, grants, footageBinds, now: new Date(), from: options.from, until: answers.until }
  const draft: DraftOptions = {
    ...common,
    subject: answers.subject,
    adultOn: options.adultOn,
    signerRole: kind === 'sample' ? 'sample' : signer,
    evidenceSha256: await evidenceHash(options.evidence),
    controller: answers.controller,
    description: answers.description,
    project: answers.project,
    footage: await hashes(options.footage, context),
    media: options.media,
    territory: options.territory,
    prohibited: options.prohibit,
    references: [new Array<number>(128).fill(0)],
    disclosure: { visibleLabel: options.label, c2pa: options.c2pa, watermark: options.watermark },
    revocationList: revocations === undefined ? undefined : resolve(revocations),
    maxStalenessDays: maxStaleness,
    supersedes: supersedes === undefined ? undefined : consentHash(await loadConsent(supersedes)),
  }
  const problem = lastingProblem(draftConsent(draft), draft.now)
  if (problem !== undefined) throw problem
  const { referenceDescriptors } = await import('./consent-references.ts')
  return { ...draft, references: await context.work('describing the face', (work) => referenceDescriptors(answers.reference, work)) }
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
    const record = draftConsent(await draftOptions(given, context))
    if (!context.dryRun) await writeWhole(resolve(output), consentText(record))
    context.note(`${describeConsent(record)}\n`)
    const next = `next: dfk consent sign ${output} --key <key of the signer>`
    context.result(record, `${output}: ${context.dryRun ? 'would be drafted' : 'drafted'}\n${next}`)
  },
})
