import { z } from 'zod'
import type { AlignSummary } from '../align/align.ts'
import { type Context, defineCommand } from './command.ts'

const schema = z.object({
  size: z.number().int().min(64).max(1024).default(256).describe('side of the aligned pictures, px'),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('what computes'),
})

/** `dfk align`: turns a dataset into an aligned faceset with masks and a contact sheet. */
export const align = defineCommand({
  name: 'align',
  summary: 'turn a dataset into an aligned faceset',
  args: [{ name: '<dataset>', help: 'name or path of a dataset that dfk collect made' }],
  options: schema,
  example: 'dfk align alice --size 256',
  writes: true,
  async run(context, [name], { size, device }) {
    const [{ openDataset, datasetConsentPath, datasetFootage, readFaces }, { authorize, loadBoundConsent }] = await Promise.all([
      import('../store/dataset.ts'),
      import('../consent/index.ts'),
    ])
    const dataset = await openDataset(context.home, name as string)
    const record = await loadBoundConsent(datasetConsentPath(dataset), dataset.manifest.consent.hash, dataset.name)
    const footage = datasetFootage(dataset)
    const parties = [{ role: 'subject', record, heldAt: dataset.folder }] as const
    const log = context.dryRun ? 'nothing' : 'all'
    await authorize({ action: 'collect', parties, footage, home: context.home, log, about: { align: dataset.folder } })
    if (context.dryRun) {
      const faces = (await readFaces(dataset)).length
      return context.result({ dataset: dataset.name, faces, size }, `would align ${faces} faces of ${dataset.name} at ${size} px`)
    }
    const [{ alignFaces }, { openFaceAnalyser }, { openDevice }] = await Promise.all([
      import('../align/align.ts'),
      import('../faces/index.ts'),
      import('../tensor/index.ts'),
    ])
    const analyser = await openFaceAnalyser(await openDevice(device))
    try {
      const summary = await context.work(`Aligning ${dataset.name}`, (work) => alignFaces(dataset, record, size, analyser, work))
      print(context, dataset.name, dataset.folder, summary)
    } finally {
      await analyser.dispose()
    }
  },
})

const REASONS = {
  noFace: 'without a face',
  moved: 'not where collect saw them',
  profile: 'in profile',
  cutOff: 'cut off by the border',
} as const

function print(context: Context, dataset: string, folder: string, { aligned, rejected }: AlignSummary): void {
  const reasons = Object.entries(REASONS).flatMap(([key, text]) => {
    const count = rejected[key as keyof typeof REASONS]
    return count > 0 ? [`${count} ${text}`] : []
  })
  const not = reasons.length > 0 ? reasons.join(', ') : 'nothing'
  context.result(
    { dataset, aligned, rejected },
    `${dataset}: ${aligned} faces aligned\nleft out: ${not}\ncontact sheet: ${folder}/aligned/sheet.png`,
  )
}
