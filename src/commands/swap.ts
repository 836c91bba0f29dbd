import { z } from 'zod'
import type { Look } from '../swap/look.ts'
import type { SwapRequest } from '../swap/session.ts'
import type { SwapResult } from '../swap/swap.ts'
import { defineCommand } from './command.ts'

const options = z.object({
  run: z
    .string({ error: 'expected the run that renders: --run my-run' })
    .describe('training run that renders the double: a name in checkpoints/, or a path'),
  checkpoint: z
    .int()
    .min(1)
    .optional()
    .describe('step of the checkpoint to render with (default: the newest)')
    .meta({ flag: '--checkpoint <step>' }),
  output: z
    .string({ error: 'expected the file to write: -o out.mp4' })
    .meta({ flag: '-o, --output <file>' })
    .describe('file to write, a folder for a folder; replaced if it exists, once the new one is whole'),
  face: z
    .enum(['target', 'largest', 'all'])
    .default('target')
    .describe("whose face is replaced: that of the run's target, the largest in the frame, or all"),
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
  maskErode: z.number().min(-10).max(20).default(-1.5).describe("draws the mask's border in, per cent of the face picture (negative: out)"),
  maskBlur: z.number().min(0).max(20).default(4).describe("softness of the mask's border, per cent of the face picture"),
  occlusion: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('lets hands, microphones and glasses in front of the face through; 0: not at all'),
  matchDetail: z.number().min(0).max(1).default(0.25).describe("gives the face the footage's own sharpness or blur; 0: not at all"),
  sharpen: z.number().min(0).max(3).default(0.8).describe('sharpens the rendered face; 0: not at all'),
  grain: z.number().min(0).max(1).default(0).describe("lays the footage's grain over the face; 0: not at all"),
  label: z.boolean().optional().describe('draw a visible label (always where a consent record requires it)'),
  crf: z.number().min(0).max(51).default(18).describe('quality of the video, 0 best; 18 looks like the original'),
  encoder: z
    .enum([
      'auto',
      'libx264',
      'h264_videotoolbox',
      'h264_nvenc',
      'h264_qsv',
      'h264_amf',
      'h264_mf',
      'libopenh264',
      'libx265',
      'hevc_nvenc',
      'libvpx-vp9',
      'mpeg4',
    ])
    .default('auto')
    .describe('video encoder of ffmpeg; auto: the best H.264 that it has'),
  device: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorflow']).default('auto').describe('what computes'),
})

function lookOf(asked: z.output<typeof options>): Look {
  const { occlusion, blend, matchDetail: detail, sharpen, grain } = asked
  const mask = { erodePercent: asked.maskErode, blurPercent: asked.maskBlur }
  return { mask, occlusion, colour: asked.color, blend, detail, sharpen, grain }
}

function requestOf(home: string, asked: z.output<typeof options>): SwapRequest {
  return {
    home,
    run: asked.run,
    checkpoint: asked.checkpoint,
    consent: asked.consent,
    choice: asked.face,
    threshold: asked.threshold,
    look: lookOf(asked),
    label: asked.label,
    device: asked.device,
  }
}

function describe({ output, frames, swapped, fps, manifest }: SwapResult): string {
  const provenance = manifest.embedded ? 'manifest embedded' : `manifest in ${manifest.file}`
  return `${output}: ${frames} frames, ${swapped} with the double, ${fps} frames/s; ${provenance}`
}

export const swap = defineCommand({
  name: 'swap',
  summary: 'render the double into a clip, an image or a folder',
  args: [{ name: '<input>', help: 'video, image, or folder of them, that receives the face' }],
  options,
  example: 'dfk swap clip.mp4 --run my-run -o out.mp4',
  writes: true,
  async run(context, [input], asked) {
    const { dropFolder, planJobs, prepareFolder } = await import('../swap/output.ts')
    const { NothingSwappedError, openSession, permit } = await import('../swap/session.ts')
    const { swapFile, VIDEO_BATCH } = await import('../swap/swap.ts')
    const jobs = await planJobs(input as string, asked.output, context.signal)
    const permitted = await context.work('checking consent', (work) => permit(requestOf(context.home, asked), jobs, work))
    const isFolder = jobs.length > 1 || jobs[0]?.path !== input
    for (const job of isFolder ? [] : jobs) await prepareFolder(job, false)
    if (context.dryRun) {
      for (const { path, output } of jobs)
        context.result(
          { input: path, output, run: permitted.run.name, consent: permitted.permission.authorization.consent },
          `would render ${path} to ${output}`,
        )
      return
    }
    const batch = jobs.some(({ kind }) => kind === 'video') ? VIDEO_BATCH : 1
    const session = await context.work('loading networks', () => openSession(permitted, batch, context.warn))
    let failure: unknown
    let made = 0
    try {
      for (const job of jobs) {
        if (isFolder) await prepareFolder(job, true)
        const encoding = { encoder: asked.encoder, quality: asked.crf }
        try {
          const result = await context.work(`rendering ${job.path}`, (work) => swapFile(session, job, encoding, work))
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
      if (isFolder && made === 0) await dropFolder(asked.output)
    }
    if (made === 0) throw failure
  },
})
