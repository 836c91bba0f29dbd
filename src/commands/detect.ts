import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import type { Examined, Examiner } from '../detect/examine.ts'
import type { Detected } from '../detect/result.ts'
import type { MediaInput } from '../media/index.ts'
import { DfkError, InterruptedError, UsageError } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'

const schema = z.object({
  report: z.string().optional().describe('write one self-contained HTML page about all files').meta({ flag: '--report <out.html>' }),
  anchors: z
    .string()
    .optional()
    .describe("certificates of authorities whose manifests are trusted, PEM (an installation's own: .dfk/c2pa-ca.pem)")
    .meta({ flag: '--anchors <ca.pem>' }),
  frames: z.number().int().min(1).max(2000).default(32).describe('most frames of a clip to look at, evenly spread'),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('what computes'),
})
type Options = z.output<typeof schema>

interface Failed {
  readonly file: string
  readonly reason: string
  readonly error: DfkError
}

/** `dfk detect`: evidence of manipulation in files, with the provenance that each carries beside it. */
export const detect = defineCommand({
  name: 'detect',
  summary: 'score files for evidence of manipulation',
  args: [{ name: '<files...>', help: 'videos, images, or folders of them' }],
  options: schema,
  example: 'dfk detect clip.mp4 photo.jpg --report evidence.html',
  writes: true,
  async run(context, [paths], options) {
    const failed: Failed[] = []
    const inputs = await listInputs(context, paths as string[], failed)
    const { checkReportPath, writePage } = await import('../report/file.ts')
    if (options.report !== undefined) {
      await checkReportPath(
        options.report,
        inputs.map(({ path }) => path),
      )
    }
    if (context.dryRun) return plan(context, inputs, failed, options)
    const examiner = inputs.length === 0 ? undefined : await open(options)
    try {
      const examined = examiner === undefined ? [] : await examineAll(context, inputs, examiner, options, failed)
      if (options.report !== undefined && examiner !== undefined && examined.length > 0) {
        const { renderDetectReport } = await import('../detect/report.ts')
        const page = renderDetectReport({ examined, failed, calibration: examiner.network.calibration, when: new Date() })
        await writePage(options.report, page)
        context.note(`report: ${options.report}`)
      }
    } finally {
      await examiner?.analyser.dispose()
      await examiner?.network.dispose()
    }
    finish(failed, inputs.length)
  },
})

/** The files behind the paths; a path that cannot be read is put down in `failed`. */
async function listInputs(context: Context, paths: readonly string[], failed: Failed[]): Promise<MediaInput[]> {
  const { expandInputs } = await import('../media/index.ts')
  const inputs: MediaInput[] = []
  for (const path of paths) await attempt(path, failed, context, async () => inputs.push(...(await expandInputs([path], context.signal))))
  return inputs
}

/** Runs `body`; what the user can act on is put down, anything else is thrown. */
async function attempt(file: string, failed: Failed[], { signal }: Context, body: () => Promise<unknown>): Promise<void> {
  try {
    await body()
  } catch (error) {
    if (signal.aborted || error instanceof InterruptedError || !(error instanceof DfkError)) throw error
    failed.push({ file, reason: error.message, error })
  }
}

function plan(context: Context, inputs: readonly MediaInput[], failed: readonly Failed[], options: Options): void {
  const files = inputs.map(({ path }) => path)
  context.result({ files, ...options }, [`would examine ${files.length} files`, ...files.map((file) => `  ${file}`)].join('\n'))
  if (options.report !== undefined) context.note(`would write ${options.report}`)
  finish(failed, inputs.length)
}

async function open({ device: name }: Options): Promise<Examiner> {
  const [{ openDevice }, { openFaceAnalyser }, { openDetectorNetwork }] = await Promise.all([
    import('../tensor/index.ts'),
    import('../faces/index.ts'),
    import('../detect/network.ts'),
  ])
  const device = await openDevice(name)
  return { analyser: await openFaceAnalyser(device), network: await openDetectorNetwork(device) }
}

async function examineAll(
  context: Context,
  inputs: readonly MediaInput[],
  examiner: Examiner,
  { frames, report, anchors: path }: Options,
  failed: Failed[],
): Promise<Examined[]> {
  const [{ examineFile }, { describe }] = await Promise.all([import('../detect/examine.ts'), import('../detect/words.ts')])
  const kept: Examined[] = []
  const anchors = path === undefined ? undefined : await readAnchors(path)
  for (const [number, { path }] of inputs.entries()) {
    const title = inputs.length > 1 ? `${number + 1}/${inputs.length} ${basename(path)}` : basename(path)
    await attempt(path, failed, context, async () => {
      const examined = await context.work(title, (work) =>
        examineFile(path, examiner, { ...work, frames, anchors, keepCrops: report !== undefined }),
      )
      context.result(jsonOf(examined.detected), describe(examined.detected))
      if (report !== undefined) kept.push(examined)
    })
  }
  return kept
}

async function readAnchors(path: string): Promise<string> {
  const pem = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`--anchors: expected certificates in ${path} but found no file that can be read`, { cause })
  })
  if (pem.includes('BEGIN CERTIFICATE')) return pem
  throw new UsageError(`--anchors: expected certificates in PEM in ${path} but found none`)
}

/** Stable names for scripts; probabilities to four digits, times to the millisecond. */
function jsonOf({ faces, probability, ...rest }: Detected): object {
  const { file, kind, verdict, note, provenance, ...details } = rest
  const round = (value: number, digits: number) => Number(value.toFixed(digits))
  return {
    file,
    probability: probability === null ? null : round(probability, 4),
    verdict,
    ...(note !== undefined && { note }),
    provenance: { ...provenance, c2pa: provenance.c2pa ?? null, watermark: provenance.watermark ?? null },
    faces: faces.map((face) => ({ ...face, timeS: round(face.timeS, 3), probability: round(face.probability, 4) })),
    kind,
    ...details,
  }
}

/** One line a file that could not be examined, and exit code 1. */
function finish(failed: readonly Failed[], readable: number): void {
  const [first] = failed
  if (first === undefined) return
  if (failed.length === 1 && readable <= 1) throw first.error
  const lines = failed.map(({ file, reason }) => (reason.includes(file) ? reason : `${file}: ${reason}`))
  throw new DfkError(lines.join('\ndfk: '), { hint: `${failed.length} could not be examined; the others were` })
}
