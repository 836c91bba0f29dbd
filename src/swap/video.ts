import { DamageLog, type MediaInfo } from '../media/index.ts'
import { newOutputId } from '../provenance/index.ts'
import type { WorkOptions } from '../work/progress.ts'
import { renderClip } from './clip.ts'
import { finishClip, harmOf } from './finishClip.ts'
import { RenderJob } from './job.ts'
import { NothingAskedError, NothingSwappedError } from './nothing.ts'
import type { Job } from './output.ts'
import { fingerprintOf, type VideoPlan } from './plan.ts'
import { WHOLE_CLIP } from './range.ts'
import type { RenderOptions } from './renderOptions.ts'
import { rateOf, type SwapResult } from './result.ts'
import { hashesOf, permit, type SwapSession } from './session.ts'

/** Renders a clip segment by segment and joins them; what a call before this one has done stays done. */
export async function swapVideo(
  session: SwapSession,
  job: Job,
  info: MediaInfo,
  { picture, index, segments }: VideoPlan,
  options: RenderOptions,
  work: WorkOptions,
): Promise<SwapResult> {
  const { signal, onProgress } = work
  const startMs = performance.now()
  const { range, layers } = options
  const print = fingerprintOf(session, job, picture, options)
  const rendering = await RenderJob.open(job.output, print, () => ({ outputId: newOutputId(), picture, consent: hashesOf(session) }))
  try {
    // The records were asked with the id of a render that was there; if it is another's, this is one more output. What the footage shows is known.
    if (session.resumed.has(job.output) && session.resumed.get(job.output) !== rendering.state.outputId)
      await permit(session.request, [job], { signal }, { screen: async () => {} })
    const before = rendering.done.reduce((sum, { frames }) => sum + frames, 0)
    let frames = 0
    const damage = new DamageLog(rendering.done.flatMap((done) => done.damage))
    const seen = await renderClip({
      ...{ damage, session, info, pixels: picture.pixels, job: rendering, range, layers, output: job.output, signal },
      segments,
      onFrame() {
        frames += 1
        onProgress?.({
          done: before + frames,
          total: Math.max(before + frames, segments.frames ?? info.frames),
          note: `${rateOf(frames, startMs).toFixed(1)} frames/s`,
        })
      },
    })
    const expected = range === WHOLE_CLIP ? (index?.timesS.length ?? 0) : 0
    const harm = (total: number) => harmOf(damage, total, expected, info.frames)
    const finished = await finishClip(session, job, info, { rendering, range, seen, harm, layers, signal })
    return { output: job.output, ...finished, ...(before > 0 && { earlier: before }), fps: rateOf(frames, startMs) }
  } catch (error) {
    // Where nobody is, nobody will be found the next time.
    if (error instanceof NothingSwappedError || error instanceof NothingAskedError) await rendering.remove()
    else await rendering.leave()
    throw error
  }
}
