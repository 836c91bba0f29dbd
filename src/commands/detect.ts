import { readFile, stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { z } from 'zod'
import { VERDICTS } from '../detect/calibration.ts'
import type { OpenExaminer } from '../detect/open.ts'
import { DfkError, EXIT, UsageError } from '../work/errors.ts'
import type { Work } from '../work/progress.ts'
import { type Context, defineCommand } from './command.ts'
import { type DetectOutputs, openOutputs } from './detect-outputs.ts'
import { Failures } from './failures.ts'

/** What --fail-on may name: a verdict, or that the file says so itself. */
const FINDINGS = [...VERDICTS, 'declared-synthetic'] as const

const schema = z.object({
  report: z.string().optional().describe('write one self-contained HTML page about all files').meta({ flag: '--report <out.html>' }),
  csv: z.string().optional().describe('write a table with a line a file').meta({ flag: '--csv <out.csv>' }),
  failOn: z
    .string()
    .optional()
    .describe(`end with exit code ${EXIT.found} where a file is one of these, separated by commas: ${FINDINGS.join(', ')}`)
    .meta({ flag: '--fail-on <verdicts>' }),
  anchors: z
    .string()
    .optional()
    .describe("certificates of authorities whose manifests are trusted, PEM (an installation's own: .dfk/c2pa-ca.pem)")
    .meta({ flag: '--anchors <ca.pem>' }),
  frames: z.number().int().min(1).max(2000).default(32).describe('most frames of a clip to look at, evenly spread'),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('what computes'),
})
type Options = z.output<typeof schema>

/** Of files passed over, so many endings are named. */
const ENDINGS_NAMED = 8

/** `dfk detect`: evidence of manipulation in files, with the provenance that each carries beside it. */
export const detect = defineCommand({
  name: 'detect',
  summary: 'score files for evidence of manipulation',
  args: [{ name: '<files...>', help: 'videos, images, or folders of them' }],
  options: schema,
  example: 'dfk detect clip.mp4 photo.jpg --report evidence.html',
  writes: true,
  async run(context, [paths], options) {
    const wanted = findingsOf(options.failOn)
    const failed = new Failures(context, paths?.length === 1)
    const files = await listFiles(context, paths as string[], failed)
    if (files.length > 1) failed.notAlone()
    const { report, csv, anchors } = options
    const { checkOutputs } = await import('../report/file.ts')
    // A file that may not be read is none of `files`, but is not to be replaced either.
    await checkOutputs({ '--report': report, '--csv': csv }, [
      ...files,
      ...(paths as string[]),
      ...(anchors === undefined ? [] : [anchors]),
    ])
    if (context.dryRun) return plan(context, files, failed, options)
    for (const failure of failed.list) await tell(context, failure)
    const found = files.length === 0 ? 0 : await examineAll(context, files, options, failed, wanted)
    finish(failed, files.length, found)
  },
})

function findingsOf(text: string | undefined): ReadonlySet<string> {
  const names = text?.split(',').map((name) => name.trim()) ?? []
  const unknown = names.find((name) => !(FINDINGS as readonly string[]).includes(name))
  if (unknown !== undefined)
    throw new UsageError(`--fail-on: expected some of ${FINDINGS.join(', ')} but found "${unknown}"`, {
      hint: 'several are parted by commas',
    })
  return new Set(names)
}

/** The files behind the paths; a path that cannot be read is put down in `failed`. Files are not looked into yet: there may be thousands. */
async function listFiles(context: Context, paths: readonly string[], failed: Failures): Promise<string[]> {
  const { expandInputs, requireFile } = await import('../media/index.ts')
  const files: string[] = []
  const unreadable: [string, DfkError][] = []
  const passedOver: string[] = []
  const heard = {
    onUnreadable: (folder: string, error: DfkError) => unreadable.push([folder, error]),
    onPassedOver: (file: string) => passedOver.push(file),
  }
  for (const path of paths) {
    await failed.attempt(path, async () => {
      const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true
      if (!isFolder) await requireFile(path)
      for (const inside of isFolder ? await expandInputs([path], context.signal, heard) : [{ path }]) files.push(inside.path)
    })
  }
  for (const [folder, error] of unreadable) await failed.attempt(folder, () => Promise.reject(error))
  if (passedOver.length > 0) context.note(passedOverIn(passedOver))
  return files
}

/** Which files in folders were not looked at, by their endings, the most frequent first. */
function passedOverIn(paths: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const path of paths) {
    const ending = extname(path).toLowerCase() || 'no ending'
    counts.set(ending, (counts.get(ending) ?? 0) + 1)
  }
  const kinds = [...counts].sort(([, a], [, b]) => b - a).map(([ending, count]) => `${ending} ${count}`)
  const named = kinds.length > ENDINGS_NAMED ? [...kinds.slice(0, ENDINGS_NAMED), '…'] : kinds
  return `passed over: ${paths.length} ${paths.length === 1 ? 'file' : 'files'} in folders whose endings are of no video or image that is read (${named.join(', ')})`
}

/** With --json a file that could not be examined has its line too. */
async function tell(context: Context, { file, error }: Failures['list'][number]): Promise<void> {
  if (!context.json) return
  const { jsonOfFailure } = await import('../detect/json.ts')
  context.result(jsonOfFailure(file, error), '')
}

function plan(context: Context, files: readonly string[], failed: Failures, options: Options): void {
  context.result({ files, ...options }, [`would examine ${files.length} files`, ...files.map((file) => `  ${file}`)].join('\n'))
  for (const path of [options.report, options.csv]) if (path !== undefined) context.note(`would write ${path}`)
  finish(failed, files.length, 0)
}

/** Examines files one by one, and returns in how many one of the wanted findings was. */
async function examineAll(
  context: Context,
  files: readonly string[],
  options: Options,
  failed: Failures,
  wanted: ReadonlySet<string>,
): Promise<number> {
  const anchors = options.anchors === undefined ? undefined : await readAnchors(options.anchors)
  const { openExaminer } = await import('../detect/open.ts')
  const examiner = await openExaminer(options.device, true)
  const outputs = await openOutputs(options, context)
  try {
    for (const failure of failed.list) await outputs.fail(failure.file, failure.reason)
    const found = await context.work(files.length > 1 ? `${files.length} files` : basename(files[0]!), (work) =>
      examineEach(context, work, files, { examiner, outputs, options, anchors, failed, wanted }),
    )
    await outputs.finish(failed.list, examiner.network.calibration)
    return found
  } finally {
    await outputs.abandon()
    await examiner.dispose()
  }
}

interface Run {
  readonly examiner: OpenExaminer
  readonly outputs: DetectOutputs
  readonly options: Options
  readonly anchors: string | undefined
  readonly failed: Failures
  readonly wanted: ReadonlySet<string>
}

async function examineEach(
  context: Context,
  { signal, onProgress }: Work,
  files: readonly string[],
  { examiner, outputs, options, anchors, failed, wanted }: Run,
): Promise<number> {
  const [{ examineFile }, { jsonOf }, { describe }] = await Promise.all([
    import('../detect/examine.ts'),
    import('../detect/json.ts'),
    import('../detect/words.ts'),
  ])
  const inner = { signal, ...(files.length === 1 && { onProgress }) }
  const { frames, report } = options
  let found = 0
  for (const [done, file] of files.entries()) {
    if (files.length > 1) onProgress({ done, total: files.length, note: basename(file) })
    const failure = await failed.attempt(file, async () => {
      const examined = await examineFile(file, examiner, { ...inner, frames, anchors, keepCrops: report !== undefined })
      await outputs.add(examined)
      context.result(jsonOf(examined.detected), describe(examined.detected))
      const { verdict, provenance } = examined.detected
      if (wanted.has(verdict) || (provenance.declaresSynthetic && wanted.has('declared-synthetic'))) found += 1
    })
    if (failure === undefined) continue
    await tell(context, failure)
    await outputs.fail(file, failure.reason)
  }
  return found
}

async function readAnchors(path: string): Promise<string> {
  const pem = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`--anchors: expected certificates in ${path} but found no file that can be read`, {
      cause,
      hint: 'check the path',
    })
  })
  if (pem.includes('BEGIN CERTIFICATE')) return pem
  throw new UsageError(`--anchors: expected certificates in PEM in ${path} but found none`, {
    hint: 'turn DER into PEM: openssl x509 -inform der -in root.cer -out root.pem',
  })
}

/** Exit code 1 where a file could not be examined; where --fail-on found something its own, whatever else failed. */
function finish(failed: Failures, readable: number, found: number): void {
  if (found === 0) {
    failed.finish()
    return
  }
  const also = failed.list.length === 0 ? {} : { hint: `${failed.list.length} could not be examined` }
  const what = `expected no file of the verdicts that --fail-on names but found ${found} of ${readable}`
  throw new DfkError(what, { ...also, exitCode: EXIT.found })
}
