import { z } from 'zod'
import type { ShownFile } from '../consent/reports.ts'
import type { MediaInfo } from '../media/index.ts'
import type { ScoreResult } from '../score/score.ts'
import type { Dataset } from '../store/dataset.ts'
import { UsageError } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'
import { putReport, recordsOfReport, shownFile } from './report-records.ts'
import { rangeOf, type Version, versionsOf } from './score-parts.ts'

const schema = z.object({
  target: z.string().describe('the original clip or image that the swap was made from'),
  source: z.string().describe('dataset of the person whose face was put in: a name or a path'),
  compare: z.array(z.string()).default([]).describe('further versions of the swap: ranks them all').meta({ flag: '--compare <swaps...>' }),
  gallery: z
    .array(z.string())
    .default([])
    .describe('other people among whom the source must be found again: datasets, pictures, folders of pictures')
    .meta({ flag: '--gallery <people...>' }),
  range: z
    .string()
    .optional()
    .describe('which part of the target the swap shows, as to dfk swap (default: what the manifest of the swap says)')
    .meta({ flag: '--range <from-to>' }),
  report: z.string().optional().describe('write a report: one self-contained HTML file').meta({ flag: '--report <out.html>' }),
  every: z.int().min(1).optional().describe('judge each nth frame, and look at the two after it (default: about 100 over the clip)'),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('where the networks run'),
})
type Options = z.output<typeof schema>

/** What is to be scored, looked at but not yet decoded. */
interface Plan {
  readonly versions: readonly Version[]
  readonly target: MediaInfo
  readonly source: Dataset
  readonly every: number
}

/** `dfk score`: measures a swap, or several versions of it, against the clip that it was made from and the source's dataset. */
export const score = defineCommand({
  name: 'score',
  summary: 'measure how good a swap is',
  args: [{ name: '[swap]', help: 'the swapped clip or image' }],
  options: schema,
  writes: true,
  example: 'dfk score out.mp4 --target clip.mp4 --source alice --report out.html',
  async run(context, [swap], options) {
    const plan = await planOf(context, [...(swap === undefined ? [] : [swap as string]), ...options.compare], options)
    const { versions, target, source, every } = plan
    const report = options.report ?? null
    const paths = versions.map(({ swap: { path } }) => path)
    const { partsWarning, partWords } = await import('../score/part.ts')
    const parts = versions.map(({ part }) => part && partWords(part))
    for (const [i, words] of parts.entries()) if (words !== undefined) context.note(`${paths[i]}: compared with ${words}`)
    if (context.dryRun) {
      const text = `would score ${paths.join(', ')} against ${target.path} and ${source.name}, every ${every} frames${report === null ? '' : `, and write ${report}`}`
      const more = paths.length > 1 && { compare: paths.slice(1) }
      const names = { target: target.path, source: source.name, every, range: rangeOf(versions[0]!.part) }
      context.result({ dryRun: true, swap: paths[0], ...names, ...more, report }, text)
      return
    }
    const unlike = partsWarning(versions.map(({ part }) => part))
    if (unlike !== undefined) context.warn(unlike)
    const results = await scoreAll(context, plan, options)
    for (const warning of new Set(results.flatMap(({ warnings }) => warnings))) context.warn(warning)
    // Told first: a report that cannot be written loses none of it.
    await tell(context, results, plan, report)
    if (options.report !== undefined) await writeReport(context, options.report, results, plan, paths)
  },
})

async function planOf(
  context: Context,
  paths: readonly string[],
  { target: targetPath, source, gallery, report, every, range }: Options,
): Promise<Plan> {
  if (paths.length === 0)
    throw new UsageError('expected a swap to score but found none', { hint: 'dfk score out.mp4 --target clip.mp4 --source alice' })
  const { probeMedia } = await import('../media/index.ts')
  const { datasetFiles, openDataset } = await import('../store/dataset.ts')
  const { filesOfOthers } = await import('../score/people.ts')
  const { commonFrames, defaultEvery, requireComparable } = await import('../score/score.ts')
  const swaps: MediaInfo[] = []
  for (const path of paths) swaps.push(await probeMedia(path, context.signal))
  const target = await probeMedia(targetPath, context.signal)
  const dataset = await openDataset(context.home, source)
  for (const swap of swaps) requireComparable(swap, target)
  const { checkOutputs } = await import('../report/file.ts')
  if (report !== undefined) {
    const read = [...(await datasetFiles(dataset)), ...(await filesOfOthers(gallery, context.home))]
    await checkOutputs({ '--report': report }, [...paths, target.path, ...read])
  }
  const versions = await versionsOf(swaps, target, range, context.signal)
  const frames = Math.max(...swaps.map((swap) => commonFrames(swap, target)))
  return { versions, target, source: dataset, every: every ?? defaultEvery(frames) }
}

async function scoreAll(
  context: Context,
  { versions, target, source, every }: Plan,
  { gallery, device: name }: Options,
): Promise<ScoreResult[]> {
  const { openDevice } = await import('../tensor/index.ts')
  const { openFaceAnalyser } = await import('../faces/index.ts')
  const { describeSource } = await import('../score/identity.ts')
  const { describeOthers } = await import('../score/people.ts')
  const { scoreSwap } = await import('../score/score.ts')
  const { openTraceJudge } = await import('./score-traces.ts')
  const device = await openDevice(name)
  const analyser = await openFaceAnalyser(device)
  const traces = await openTraceJudge(device)
  const results: ScoreResult[] = []
  try {
    const described = await context.work(`describing ${source.name}`, (work) => describeSource(source, analyser, work))
    const { home } = context
    const others =
      gallery.length === 0
        ? []
        : await context.work('describing others', (work) => describeOthers(gallery, { ...work, home, source, analyser }))
    for (const [i, { swap, part }] of versions.entries()) {
      const title = versions.length === 1 ? 'scoring' : `scoring ${i + 1}/${versions.length}`
      const options = { analyser, traces, every, part }
      results.push(await context.work(title, (work) => scoreSwap(swap, target, { ...described, others }, { ...work, ...options })))
    }
  } finally {
    await analyser.dispose()
    await traces.dispose()
  }
  return results
}

/** Prints what came of it, the best version first where there are several. */
async function tell(
  context: Context,
  results: readonly ScoreResult[],
  { versions, target, source, every }: Plan,
  report: string | null,
): Promise<void> {
  const { comparisonText, scoresText } = await import('../score/text.ts')
  const { verdictOf } = await import('../score/verdict.ts')
  const { partWords } = await import('../score/part.ts')
  const paths = versions.map(({ swap: { path } }) => path)
  const about = ({ scores, warnings }: ScoreResult, i: number) => ({
    ...scores,
    ...{ swap: paths[i], target: target.path, source: source.name, every, range: rangeOf(versions[i]!.part) },
    ...{ verdict: verdictOf(scores), warnings, report },
  })
  if (results.length === 1) {
    const { part } = versions[0]!
    context.result(about(results[0]!, 0), scoresText(results[0]!.scores, part && partWords(part)))
    return
  }
  const { rankVersions } = await import('../score/ranking.ts')
  const all = results.map(({ scores }) => scores)
  const standings = rankVersions(all)
  const order = [...standings.keys()].sort((a, b) => standings[a]!.rank - standings[b]!.rank)
  const lines = order.map((i) => ({ ...about(results[i]!, i), ...standings[i]! }))
  if (context.json) for (const line of lines) context.result(line, '')
  else context.result(lines, comparisonText(all, paths, every))
}

async function writeReport(
  context: Context,
  path: string,
  results: readonly ScoreResult[],
  { target, source, every }: Plan,
  swaps: readonly string[],
): Promise<void> {
  const { renderReport } = await import('../score/report.ts')
  const { renderComparison } = await import('../score/comparison-report.ts')
  const { hashFile } = await import('../work/hashFile.ts')
  const { readProvenance } = await import('../provenance/index.ts')
  const sha256 = new Map<string, string>()
  const shown: ShownFile[] = []
  for (const [i, file] of [...swaps, target.path].entries()) {
    const hash = await hashFile(file, context.signal)
    sha256.set(file, hash)
    shown.push(shownFile(file, hash, await readProvenance(file), results[i]?.scores.details.watermark?.id))
  }
  const records = await recordsOfReport(context, shown, [source.manifest.consent.hash])
  const of = { target: target.path, source: source.name, every, records, sha256 }
  const page =
    results.length === 1 ? await renderReport(results[0]!, { swap: swaps[0]!, ...of }) : await renderComparison(results, swaps, of)
  await putReport(context, path, page, records)
}
