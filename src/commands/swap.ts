import { join, relative } from 'node:path'
import { z } from 'zod'
import type { Look } from '../swap/look.ts'
import type { RenderOptions } from '../swap/renderOptions.ts'
import type { SwapResult } from '../swap/result.ts'
import type { SwapRequest } from '../swap/session.ts'
import type { FrameOptions, Shot } from '../swap/shots.ts'
import { UsageError } from '../work/errors.ts'
import { type Context, defineCommand } from './command.ts'

const QUEUE_NAME = 'expected letters, digits, - and _, at most 64'

/** The flags of `dfk swap`. */
export const swapOptions = z.object({
  run: z
    .string()
    .optional()
    .describe('training run that renders the double: a name in checkpoints/, or a path (this or --map is required)'),
  checkpoint: z
    .int()
    .min(1)
    .optional()
    .describe('step of the checkpoint to render with (default: the newest)')
    .meta({ flag: '--checkpoint <step>' }),
  output: z
    .string()
    .optional()
    .meta({ flag: '-o, --output <file>' })
    .describe('file to write, a folder for a folder; replaced if it exists, once the new one is whole'),
  face: z
    .enum(['target', 'largest', 'all'])
    .default('target')
    .describe("whose face is replaced: that of the run's target, the largest in the frame, or all"),
  faceImage: z
    .string()
    .optional()
    .describe('still of the person who is replaced, whom a record must cover')
    .meta({ flag: '--face-image <still>' }),
  map: z
    .array(z.string())
    .default([])
    .describe('people replaced, each by the run that renders them: subjects of the records of runs or of --consent')
    .meta({ flag: '--map <person=run...>' }),
  threshold: z.number().min(0.1).max(1).default(0.5).describe('largest descriptor distance of a face that is taken for the target'),
  consent: z.array(z.string()).default([]).describe('further consent records, for people in the clip other than the target'),
  color: z
    .enum(['rct', 'lct', 'mkl', 'idt', 'sot', 'none'])
    .default('rct')
    .describe('colours of the footage for the face: means and spreads (rct, lct, mkl), whole distributions (idt, sot), or none'),
  blend: z
    .enum(['feather', 'pyramid', 'poisson'])
    .default('feather')
    .describe('how the face meets the footage: by a soft border, in bands from coarse to fine, or by its gradients'),
  maskErode: z.number().min(-10).max(20).default(2).describe("draws the mask's border in, per cent of the face picture (negative: out)"),
  maskBlur: z.number().min(0).max(20).default(4).describe("softness of the mask's border, per cent of the face picture"),
  occlusion: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('lets hands, microphones and glasses in front of the face through; 0: not at all'),
  matchDetail: z.number().min(0).max(1).default(0.25).describe("gives the face the footage's own sharpness or blur; 0: not at all"),
  sharpen: z.number().min(0).max(3).default(0.4).describe('sharpens the rendered face; 0: not at all'),
  grain: z.number().min(0).max(1).default(0).describe("lays the footage's grain over the face; 0: not at all"),
  label: z.boolean().optional().describe('draw a visible label (always where a consent record requires it)'),
  range: z.string().optional().describe('part of the clip to render, as 0:30-1:15, 90- or -10 (seconds, or minutes:seconds)'),
  preview: z.int().min(1).max(100).optional().describe('render so many frames onto one picture instead: target, swapped, mask'),
  layers: z
    .string()
    .optional()
    .describe('also write the face and its matte without the footage, for compositors: a folder')
    .meta({ flag: '--layers <folder>' }),
  layersFormat: z
    .enum(['prores', 'png', 'exr'])
    .default('prores')
    .describe('layers as ProRes 4444 with alpha, or as a sequence of 16-bit PNG or half-float EXR'),
  layersAlpha: z
    .enum(['straight', 'premultiplied'])
    .optional()
    .describe('colours of the layers as they are or weighed by alpha (default: premultiplied for exr, else straight)')
    .meta({ flag: '--layers-alpha <name>' }),
  shots: z
    .string()
    .optional()
    .describe('options that differ from shot to shot: a JSON file, see docs/compositing.md')
    .meta({ flag: '--shots <file>' }),
  listShots: z
    .string()
    .optional()
    .describe('render nothing; find the shots and write them as a file for --shots, beside it a picture of each')
    .meta({ flag: '--list-shots <file>' }),
  segment: z.int().min(50).default(500).describe('frames that are rendered in one piece: a kill loses no more than these'),
  crf: z.number().min(0).max(51).default(17).describe('quality of the video, 0 best; 17 looks like the original'),
  encoderPreset: z
    .enum(['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium', 'slow', 'slower', 'veryslow'])
    .default('veryfast')
    .describe('of x264 and x265: slower makes the file smaller')
    .meta({ flag: '--encoder-preset <name>' }),
  encoder: z
    .enum([
      ...['auto', 'prores', 'lossless', 'libx264', 'libx265', 'h264_videotoolbox', 'h264_nvenc', 'hevc_nvenc', 'h264_qsv', 'h264_amf'],
      ...['h264_mf', 'libopenh264', 'libvpx-vp9', 'libsvtav1', 'libaom-av1', 'prores_ks', 'ffv1', 'mpeg4'],
    ] as const)
    .default('auto')
    .describe(
      'auto: H.264 (HEVC for footage of more than 8 bits, VP9 in WebM); prores and lossless: for the next step of a production; or an encoder of ffmpeg',
    )
    .meta({ flag: '--encoder <name>' }),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('what computes'),
  queue: z
    .string()
    .optional()
    .meta({ flag: '--queue <url>' })
    .describe('have the segments of a video rendered by dfk worker, on other machines too: redis://host:6379'),
  queueName: z
    .string()
    .regex(/^[\w-]{1,64}$/, QUEUE_NAME)
    .default('dfk')
    .describe('name of the queue there'),
  detach: z.boolean().optional().describe('with --queue: do not wait until it is rendered'),
})
/** What `dfk swap` was asked for. */
export type SwapAsked = z.output<typeof swapOptions>

/** What of it decides what is rendered, and so goes to whoever renders it; unknown keys are refused. */
export const renderingOptions = z.strictObject(
  swapOptions.omit({
    ...{ output: true, preview: true, device: true, queue: true, queueName: true, detach: true },
    ...{ layers: true, layersFormat: true, layersAlpha: true, shots: true, listShots: true },
  }).shape,
)
type RenderingAsked = z.output<typeof renderingOptions>

/** How a video is encoded, and how much of it is rendered. */
export async function renderOptionsOf(asked: RenderingAsked & Pick<SwapAsked, 'preview'>): Promise<RenderOptions> {
  const { parseRange, WHOLE_CLIP } = await import('../swap/range.ts')
  return {
    ...{ encoder: asked.encoder, quality: asked.crf, preset: asked.encoderPreset, preview: asked.preview, segment: asked.segment },
    range: asked.range === undefined ? WHOLE_CLIP : parseRange(asked.range),
  }
}

/** What may differ from shot to shot. */
const shotOptions = swapOptions.pick({
  ...{ face: true, threshold: true, color: true, blend: true, maskErode: true, maskBlur: true, occlusion: true, matchDetail: true },
  ...{ sharpen: true, grain: true, label: true },
})
type ShotOptions = z.output<typeof shotOptions>

function chosenBy(asked: ShotOptions): Omit<FrameOptions, 'on' | 'strength'> {
  return { choice: asked.face, threshold: asked.threshold, look: lookOf(asked), label: asked.label }
}

/** The shots that `--shots` names, each with all of its options. */
async function shotsOf(context: Context, path: string, clip: string, asked: ShotOptions): Promise<Shot[]> {
  const { needsDetection, readShots, spanOf } = await import('../swap/shotsFile.ts')
  const { detectShots } = await import('../swap/listShots.ts')
  const entries = await readShots(path, shotOptions)
  const detected = needsDetection(entries) ? await context.work('finding shots', (work) => detectShots(clip, work)) : []
  return entries.map((entry, index) => ({
    span: spanOf(path, index, entry, detected),
    options: { ...chosenBy({ ...asked, ...entry.settings }), on: entry.on, strength: entry.strength },
  }))
}

/** The layers to write beside one of the outputs; those of a folder get a folder each. */
function layersOf(asked: SwapAsked, output: string, isFolder: boolean): RenderOptions['layers'] {
  const { layers, layersFormat: format, layersAlpha } = asked
  if (layers === undefined) return undefined
  const folder = isFolder ? join(layers, relative(asked.output ?? '.', output)) : layers
  return { folder, format, alpha: layersAlpha ?? (format === 'exr' ? 'premultiplied' : 'straight') }
}

async function writeShots(context: Context, clip: string, file: string): Promise<void> {
  const { listShots } = await import('../swap/listShots.ts')
  if (context.dryRun) return context.result({ input: clip, file }, `would find the shots of ${clip} and write them to ${file}`)
  const found = await context.work('finding shots', (work) => listShots(clip, file, work))
  context.result(found, `${found.file}: ${found.shots} shots, shown in ${found.sheet}`)
}

function lookOf(asked: ShotOptions): Look {
  const { occlusion, blend, matchDetail: detail, sharpen, grain } = asked
  const mask = { erodePercent: asked.maskErode, blurPercent: asked.maskBlur }
  return { mask, occlusion, colour: asked.color, blend, detail, sharpen, grain }
}

/** What is asked for besides files and encoding. */
export function requestOf(home: string, asked: RenderingAsked & Pick<SwapAsked, 'device'>, shots: readonly Shot[] = []): SwapRequest {
  return {
    home,
    run: asked.run,
    map: asked.map,
    faceImage: asked.faceImage,
    checkpoint: asked.checkpoint,
    consent: asked.consent,
    ...chosenBy(asked),
    shots,
    device: asked.device,
  }
}

/** The line that says what was made. */
export function describe({ output, frames, swapped, fps, manifest }: SwapResult): string {
  const provenance = manifest.embedded ? 'manifest embedded' : `manifest in ${manifest.file}`
  return `${output}: ${frames} frames, ${swapped} with the double, ${fps} frames/s; ${provenance}`
}

export const swap = defineCommand({
  name: 'swap',
  summary: 'render the double into a clip, an image or a folder',
  args: [{ name: '<input>', help: 'video, image, or folder of them, that receives the face' }],
  options: swapOptions,
  example: 'dfk swap clip.mp4 --run my-run -o out.mp4',
  writes: true,
  async run(context, [input], asked) {
    const { dropFolder, planJobs, prepareFolder } = await import('../swap/output.ts')
    const { NothingSwappedError, openSession, permit } = await import('../swap/session.ts')
    const { FACE_BATCH } = await import('../swap/render.ts')
    const { swapFile } = await import('../swap/swap.ts')
    const rendering = await renderOptionsOf(asked)
    if (asked.output === undefined && asked.listShots === undefined)
      throw new UsageError('expected the file to write: -o out.mp4 but found none', { hint: 'see: dfk swap --help' })
    const output = asked.output ?? `${asked.listShots}.mp4`
    const farm = asked.queue === undefined ? undefined : (await import('./swap-queue.ts')).prepareQueue(asked.queue, asked)
    const jobs = await planJobs(input as string, output, { preview: asked.preview !== undefined, signal: context.signal })
    const isFolder = jobs.length > 1 || jobs[0]?.path !== input
    const { shots: shotsFile, listShots: list } = asked
    if (isFolder && (shotsFile ?? list) !== undefined)
      throw new UsageError(`${list === undefined ? '--shots' : '--list-shots'}: expected one clip but found the folder ${input}`)
    if (list !== undefined) return writeShots(context, jobs[0]!.path, list)
    const shots = shotsFile === undefined ? [] : await shotsOf(context, shotsFile, jobs[0]!.path, asked)
    const permitted = await context.work('checking consent', (work) => permit(requestOf(context.home, asked, shots), jobs, work))
    for (const job of isFolder ? [] : jobs) await prepareFolder(job, false)
    if (context.dryRun) {
      for (const { path, output } of jobs)
        context.result(
          {
            input: path,
            output,
            run: permitted.runs.map(({ name }) => name).join(', '),
            consent: permitted.permission.authorization.consent,
          },
          `would render ${path} to ${output}`,
        )
      return
    }
    if (farm !== undefined) {
      for (const job of isFolder ? jobs : []) await prepareFolder(job, true)
      await farm(context, permitted, jobs, rendering)
      return
    }
    const batch = jobs.some(({ kind }) => kind === 'video') ? FACE_BATCH : 1
    const session = await context.work('loading networks', () => openSession(permitted, batch, context.warn))
    let failure: unknown
    let made = 0
    try {
      for (const job of jobs) {
        if (isFolder) await prepareFolder(job, true)
        try {
          const result = await context.work(`rendering ${job.path}`, (work) =>
            swapFile(session, job, { ...rendering, layers: layersOf(asked, job.output, isFolder) }, work),
          )
          for (const warning of result.warnings) context.warn(`${job.path}: ${warning}`)
          context.result(result, describe(result))
          made += 1
        } catch (error) {
          // One picture of a folder without the face stops nobody.
          if (!(error instanceof NothingSwappedError) || jobs.length === 1) throw error
          context.warn(error.message)
          failure = error
        }
      }
    } finally {
      await session.dispose()
      if (isFolder && made === 0) await dropFolder(output)
    }
    if (made === 0) throw failure
  },
})
