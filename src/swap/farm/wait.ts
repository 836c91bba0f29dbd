import { setTimeout as sleep } from 'node:timers/promises'
import type { Queue, Job as QueueJob } from 'bullmq'
import { DfkError, InterruptedError } from '../../work/errors.ts'
import type { Work } from '../../work/progress.ts'
import { decodeFailure } from './failure.ts'
import type { Farm } from './redis.ts'
import type { Queued } from './submit.ts'
import { type JoinResult, joinResult } from './task.ts'

const LOOK_EVERY_MS = 500

/** What went wrong with the first segment that failed; undefined: none. */
async function failureOf(queue: Queue, parent: QueueJob): Promise<DfkError | undefined> {
  const { failed = [] } = await parent.getDependencies({ failed: { count: 1 } })
  const [key] = failed
  if (key === undefined) return undefined
  const child = await queue.getJob(key.slice(key.lastIndexOf(':') + 1))
  return decodeFailure(child?.failedReason ?? 'the queue does not say why')
}

/** Frames of a render's segments that workers are at. */
async function framesUnderWay(queue: Queue, id: string): Promise<number> {
  let frames = 0
  for (const job of await queue.getActive()) {
    const { frames: some } = (job.progress ?? {}) as { frames?: unknown }
    if (job.id?.startsWith(`${id}-`) && typeof some === 'number') frames += some
  }
  return frames
}

/** How a render stands: done or not, in frames and segments. Throws what a worker met. */
async function look(queue: Queue, queued: Queued): Promise<{ result?: JoinResult; segments: number; frames: number }> {
  const parent = await queue.getJob(queued.id)
  if (parent === undefined)
    throw new DfkError(`expected ${queued.output} on the queue but it is no longer there`, {
      hint: 'run the same command again to queue it anew',
    })
  const state = await parent.getState()
  if (state === 'completed') {
    const { returnvalue } = (await queue.getJob(queued.id)) ?? parent
    return { result: joinResult.parse(returnvalue), segments: queued.segments, frames: 0 }
  }
  const failure = await failureOf(queue, parent)
  if (failure !== undefined) throw failure
  if (state === 'failed') throw decodeFailure(parent.failedReason)
  const { processed = 0 } = await parent.getDependenciesCount({ processed: true })
  return { segments: queued.kept + processed, frames: processed * queued.segmentFrames + (await framesUnderWay(queue, queued.id)) }
}

/**
 * Waits until a queued clip is rendered, joined and in its place. Throws what a worker met, once its tries are used up; InterruptedError where `signal` aborts: the queue
 * goes on. `onLonely` is called where no worker is there to take anything.
 */
export async function waitFor(
  farm: Farm,
  queued: Queued,
  { signal, onProgress }: Work,
  onLonely: () => void,
): Promise<JoinResult & { readonly fps: number }> {
  const queue = new farm.packages.Queue(farm.address.queue, { connection: farm.redis })
  const startMs = performance.now()
  let before: number | undefined
  let fps = 0
  try {
    if ((await farm.guard(queue.getWorkersCount())) === 0) onLonely()
    for (;;) {
      const { result, segments, frames } = await farm.guard(look(queue, queued))
      if (result !== undefined) return { ...result, fps }
      before ??= frames
      fps = Math.round((10_000 * (frames - before)) / (performance.now() - startMs)) / 10
      onProgress({ done: segments, total: queued.segments, note: `segments · ${fps} frames/s` })
      await sleep(LOOK_EVERY_MS, undefined, { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
    throw new InterruptedError('interrupted', { hint: 'the queue goes on rendering; the same command waits for it again' })
  } finally {
    await queue.close()
  }
}
