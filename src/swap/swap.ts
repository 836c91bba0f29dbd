import { type MediaInfo, probeMedia } from '../media/index.ts'
import { UsageError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import type { Job } from './output.ts'
import { planVideo, type VideoPlan } from './plan.ts'
import type { RenderOptions } from './renderOptions.ts'
import type { SwapResult } from './result.ts'
import type { SwapSession } from './session.ts'
import type { ClipOptions } from './shots.ts'
import { previewVideo, swapPicture } from './still.ts'
import { swapVideo } from './video.ts'

/** How one file will be rendered; `video` undefined: it is a picture. */
interface FilePlan {
  readonly info: MediaInfo
  readonly video: VideoPlan | undefined
}

/** Decides how a file is rendered, and throws what forbids it, before anything heavy is loaded. */
export async function planFile(job: Job, clip: ClipOptions, options: RenderOptions, signal: AbortSignal | undefined): Promise<FilePlan> {
  const info = await probeMedia(job.path, signal)
  const alone = { hint: 'leave --preview or --layers away' }
  if (options.preview !== undefined && options.layers !== undefined)
    throw new UsageError('--preview: expected no --layers, which a preview does not write', alone)
  if (info.kind === 'image' && (options.preview ?? options.layers) !== undefined)
    throw new UsageError(`${options.preview === undefined ? '--layers' : '--preview'}: expected a clip but ${job.path} is an image`, alone)
  return { info, video: info.kind === 'image' ? undefined : await planVideo(job, info, clip, options, signal) }
}

/**
 * Renders the double into one clip or picture. Frames, times and sound stay those of the clip; frames without the face pass through.
 * Throws DfkError where no face was replaced, RefusedError where a chosen face has no record; then nothing is written.
 */
export async function swapFile(session: SwapSession, job: Job, options: RenderOptions, work: WorkOptions): Promise<SwapResult> {
  const { info, video } = await planFile(job, session.request, options, work.signal)
  if (video === undefined) return swapPicture(session, job, work)
  return (options.preview === undefined ? swapVideo : previewVideo)(session, job, info, video, options, work)
}
