import { z } from 'zod'
import type { CollectSummary } from '../collect/collect.ts'
import type { Footage } from '../collect/footage.ts'
import type { SignedConsent } from '../consent/index.ts'
import type { Dataset } from '../store/dataset.ts'
import { DfkError, RefusedError } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'

const schema = z.object({
  name: z.string({ error: 'expected a name for the dataset, such as --name alice' }).min(1).describe('name (or path) of the dataset'),
  consent: z
    .string()
    .optional()
    .describe("the subject's signed consent record; needed unless the dataset is there already")
    .meta({ flag: '--consent <record.json>' }),
  person: z
    .string()
    .optional()
    .describe('keep only the person on this picture (who must be the subject of the consent)')
    .meta({ flag: '--person <still.jpg>' }),
  every: z.number().int().min(1).max(100_000).default(5).describe('look at each nth frame of a video'),
  max: z.number().int().min(1).max(1_000_000).default(2000).describe('most faces in the dataset'),
  minFace: z.number().min(24).max(4096).default(96).describe('smallest face to keep: the longer side of its box, px'),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('what computes'),
})
type Options = z.output<typeof schema>

/** `dfk collect`: finds the subject's face in videos, images and folders of images. */
export const collect = defineCommand({
  name: 'collect',
  summary: "find a person's faces in footage",
  args: [{ name: '<inputs...>', help: 'videos, images, or folders of them' }],
  options: schema,
  example: 'dfk collect interview.mp4 stills/ --name alice --consent alice.json',
  writes: true,
  async run(context, [inputs], options) {
    const [{ openFootage }, { loadConsent, consentHash, authorize }, store] = await Promise.all([
      import('../collect/footage.ts'),
      import('../consent/index.ts'),
      import('../store/dataset.ts'),
    ])
    const exists = await store.datasetExists(context.home, options.name)
    const there = exists ? await store.openDataset(context.home, options.name) : undefined
    const path = options.consent ?? (there === undefined ? undefined : store.datasetConsentPath(there))
    if (path === undefined) throw noConsent()
    const consent = await loadConsent(path)
    const hash = consentHash(consent)
    if (there !== undefined) requireSame(there, hash, path)
    const { footage, unreadable } = await context.work('Reading footage', (work) => openFootage(inputs as string[], work))
    for (const { message } of unreadable) context.warn(`left out: ${message}`)
    const hashes = footage.map((item) => item.hash)
    const folder = store.datasetFolder(context.home, options.name)
    await authorize({
      ...{ action: 'collect', footage: hashes, home: context.home, log: context.dryRun ? 'nothing' : 'all' },
      parties: [{ role: 'subject', record: consent, heldAt: there?.folder }],
      about: { collect: folder, files: hashes.length },
    })
    const { screenFootage } = await import('../screening/screen.ts')
    await context.work('Screening footage', ({ signal }) =>
      screenFootage(
        footage.map(({ info }) => info.path),
        { device: options.device, signal },
      ),
    )
    if (context.dryRun) return plan(context, options, footage, folder)
    // The record as it was judged, whatever stands in its file by now.
    const about = { hash, subject: consent.record.subject.id, text: `${JSON.stringify(consent, null, 2)}\n` }
    const dataset = there ?? (await store.createDataset(context.home, options.name, about))
    try {
      const summary = await collectInto(context, dataset, consent, footage, options)
      for (const { message } of summary.unreadable) context.warn(`left out: ${message}`)
      print(context, dataset, summary, unreadable.length + summary.unreadable.length)
    } finally {
      if (there === undefined) await store.removeIfEmpty(dataset)
    }
  },
})

async function collectInto(
  context: Context,
  dataset: Dataset,
  consent: SignedConsent,
  footage: readonly Footage[],
  options: Options,
): Promise<CollectSummary> {
  const [{ collectFaces }, { openFaceAnalyser }, { openDevice }] = await Promise.all([
    import('../collect/collect.ts'),
    import('../faces/index.ts'),
    import('../tensor/index.ts'),
  ])
  const analyser = await openFaceAnalyser(await openDevice(options.device))
  const { person, every, max, minFace: minFacePx } = options
  try {
    return await context.work(`Collecting ${dataset.name}`, (work) =>
      collectFaces({ dataset, consent, footage, person, every, max, minFacePx }, analyser, work),
    )
  } finally {
    await analyser.dispose()
  }
}

function noConsent(): RefusedError {
  return new RefusedError('record', 'expected a consent record (--consent) but found none', {
    hint: 'nothing touches a face without one; write it with: dfk consent draft, then dfk consent sign',
  })
}

function requireSame({ name, manifest }: Dataset, hash: string, path: string): void {
  if (manifest.consent.hash === hash) return
  throw new RefusedError(
    'record',
    `expected in ${path} the consent record that the dataset ${name} was made under (${manifest.consent.hash.slice(0, 12)}…) but found another (${hash.slice(0, 12)}…)`,
    {
      hint: `a dataset keeps the record that it was made under: collect under this one into another dataset (--name ${name}-2), or leave --consent out to go on under the old one`,
    },
  )
}

function plan(context: Context, { name, every, max, minFace }: Options, footage: readonly Footage[], folder: string): void {
  const files = footage.map(({ info }) => info.path)
  const text = [
    `would look through ${files.length === 1 ? 'one file' : `${files.length} files`} into ${folder}`,
    ...files.map((file) => `  ${file}`),
  ].join('\n')
  context.result({ dataset: name, folder, files, every, max, minFace }, text)
}

const REASONS = {
  noFace: 'frames without a face',
  tiny: 'too small',
  lowConfidence: 'uncertain',
  cutOff: 'cut off by the border',
  blurred: 'blurred',
  duplicate: 'near duplicates',
  otherPerson: "other people's",
} as const

function print(context: Context, dataset: Dataset, summary: CollectSummary, unreadable: number): void {
  const { frames, faces, added, full } = summary
  const rejected = { ...summary.rejected, ...(unreadable > 0 && { unreadable }) }
  const reasons = Object.entries(REASONS).flatMap(([key, text]) => {
    const count = summary.rejected[key as keyof typeof REASONS]
    return count > 0 ? [`${count} ${text}`] : []
  })
  const not = reasons.length > 0 ? reasons.join(', ') : 'nothing'
  if (faces === 0) {
    const { subject } = dataset.manifest.consent
    const isOthers = Math.max(...Object.values(summary.rejected)) === summary.rejected.otherPerson
    throw new DfkError(`expected faces of ${subject} in ${frames} frames but kept none (left out: ${not})`, {
      hint: isOthers
        ? `the record is of ${subject}: collect from footage of ${subject}, or give the record of the person whom this footage shows`
        : 'check the footage; --min-face lowers the smallest size, --every 1 looks at each frame',
    })
  }
  if (full) context.note('stopped at --max before the footage ended')
  context.result(
    { dataset: dataset.name, frames, faces, added, rejected },
    `${dataset.name}: ${faces} faces (${added} new) from ${frames} frames\nleft out: ${not}\nnext: dfk align ${dataset.name}`,
  )
}
