import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { FlowJobNode, Queue, Job as QueueJob } from 'bullmq'
import { type PicturePlan, probeMedia } from '../../media/index.ts'
import { newOutputId } from '../../provenance/index.ts'
import { RenderJob } from '../job.ts'
import type { Job } from '../output.ts'
import { fingerprintOf, planVideo } from '../plan.ts'
import type { RenderOptions } from '../renderOptions.ts'
import type { Segmentation } from '../segments.ts'
import { hashesOf, type PermittedSwap } from '../session.ts'
import type { Farm } from './redis.ts'
import { joinResult, renderId, segmentId, signatureOf, type Task } from './task.ts'
import { nameWeights } from './weights.ts'

/** A render on a queue. */
export interface Queued {
  readonly id: string
  readonly output: string
  /** Segments of the clip; 1 where nobody knows before how many there are. */
  readonly segments: number
  /** Segments that were there already when it was queued. */
  readonly kept: number
  /** Frames of these; undefined where another call queued it. */
  readonly keptFrames?: number
  /** Frames of a segment. */
  readonly segmentFrames: number
}

const DAY_S = 86_400
const AGAIN = {
  attempts: 3,
  backoff: { type: 'exponential', delay: 2000 },
  removeOnFail: { age: 7 * DAY_S },
} as const

/** Whether a job still has something before it. */
async function isPending(job: QueueJob | undefined): Promise<boolean> {
  if (job === undefined) return false
  const state = await job.getState()
  return state !== 'completed' && state !== 'failed' && state !== 'unknown'
}

/** Removes what an earlier call left, but for segments that a worker is at: those will belong to the new join. */
async function dropOld(queue: Queue, parent: QueueJob | undefined, children: readonly string[]): Promise<void> {
  for (const id of children) {
    const child = await queue.getJob(id)
    if (child !== undefined && !(await child.isActive())) await child.remove()
  }
  await parent?.remove({ removeChildren: false })
}

/** The result of a render that is done already, and whose file is still there. */
async function isThere(parent: QueueJob | undefined, output: string): Promise<boolean> {
  if (parent === undefined || (await parent.getState()) !== 'completed') return false
  const parsed = joinResult.safeParse(parent.returnvalue)
  return parsed.success && (await stat(output).catch(() => undefined))?.size === parsed.data.bytes
}

/** What of a clip is to be rendered: its segments by number; null: all of it in one. */
function segmentsOf(segments: Segmentation): (number | null)[] {
  return segments.count === undefined ? [null] : Array.from({ length: segments.count }, (_, number) => number)
}

/** All that the jobs of one render share. */
async function describe(
  permitted: PermittedSwap,
  job: Job,
  picture: PicturePlan,
  { options, asked }: { options: RenderOptions; asked: Task['asked'] },
) {
  const { request } = permitted
  const { named, steps } = await nameWeights(permitted)
  const [step] = steps
  return {
    ...{ schema: 1 as const, input: resolve(job.path), output: resolve(job.output), home: resolve(request.home) },
    // A newer checkpoint that is trained meanwhile is not what was asked for.
    asked: steps.length === 1 ? { ...asked, checkpoint: step } : asked,
    footage: permitted.footage.get(job.path)!,
    generators: Object.fromEntries(Array.from(named.generators, ([name, { sha256 }]) => [name, sha256])),
    fingerprint: fingerprintOf(named, job, picture, options),
  }
}

/**
 * Queues the segments of a clip that are not rendered, and a job that joins them; finds them where they are on the queue already. `asked`: what `dfk swap` was asked for,
 * paths absolute. Throws DfkError where another process or queue is at the same output.
 */
export async function submitClip(
  farm: Farm,
  permitted: PermittedSwap,
  job: Job,
  wish: { options: RenderOptions; asked: Task['asked'] },
  signal: AbortSignal,
): Promise<Queued> {
  const { Queue, FlowProducer } = farm.packages
  const info = await probeMedia(job.path, signal)
  const { picture, segments } = await planVideo(job, info, permitted.request, wish.options, signal)
  const base = await describe(permitted, job, picture, wish)
  const signature = signatureOf(wish.asked)
  const id = renderId(base.fingerprint, base.output, signature)
  const all = segmentsOf(segments)
  const queue = new Queue(farm.address.queue, { connection: farm.redis })
  const flow = new FlowProducer({ connection: farm.redis })
  const queued = { id, output: job.output, segments: all.length, segmentFrames: wish.options.segment }
  try {
    if (await isThere(await queue.getJob(id), base.output)) return { ...queued, kept: all.length }
    return await RenderJob.hand(
      // Whoever wants it signed otherwise is told so, and does not wait for this one.
      [farm.address.shown, signature].filter((part) => part !== '').join(', '),
      base.output,
      base.fingerprint,
      () => ({ outputId: newOutputId(), picture, consent: hashesOf(permitted) }),
      async (rendering) => {
        const kept = rendering.done.length
        const parent = await queue.getJob(id)
        if (await isPending(parent)) return { ...queued, kept: (parent!.data as { kept: number }).kept }
        await dropOld(
          queue,
          parent,
          all.map((segment) => segmentId(id, segment)),
        )
        const child = (segment: number | null): FlowJobNode => ({
          name: 'segment',
          queueName: queue.name,
          data: { ...base, kind: 'segment', segment } satisfies Task,
          opts: { ...AGAIN, jobId: segmentId(id, segment), failParentOnFailure: true, removeOnComplete: true },
        })
        await flow.add({
          name: 'join',
          queueName: queue.name,
          data: { ...base, kind: 'join', kept } satisfies Task,
          opts: { ...AGAIN, jobId: id, removeOnComplete: { age: DAY_S } },
          children: all.filter((segment) => segment === null || !rendering.has(segment)).map(child),
        })
        return { ...queued, kept, keptFrames: rendering.done.reduce((sum, { frames }) => sum + frames, 0) }
      },
    )
  } finally {
    await flow.close()
    await queue.close()
  }
}
