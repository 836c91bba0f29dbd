import { setTimeout as pause } from 'node:timers/promises'
import type { Job as QueueJob } from 'bullmq'
import { checkInterrupted } from '../../work/errors.ts'
import { encodeFailure, isFinal } from './failure.ts'
import type { Farm } from './redis.ts'
import { type JoinResult, parseTask, type SegmentResult, segmentResult } from './task.ts'
import type { Workshop } from './workshop.ts'

/** One job that a worker has done with. */
export interface Finished {
  readonly output: string
  /** Number of the segment; null: the whole clip; undefined: the segments were joined. */
  readonly segment?: number | null
  /** Frames rendered; of a join, frames of the output. */
  readonly frames: number
  readonly seconds: number
}

export interface WorkerOptions {
  readonly workshop: Workshop
  /** Seconds without a sign of life after which others take this worker's segment. */
  readonly lockS: number
  /** Ends after so many seconds without a job; undefined: never. */
  readonly untilIdleS: number | undefined
  readonly signal: AbortSignal
  readonly onFinished: (finished: Finished) => void
  readonly onWarning: (message: string) => void
}

/** A segment may be left behind by so many workers that died at it; then it is the segment. */
const MOST_STALLS = 3
const TELL_EVERY_MS = 1000
const LOOK_EVERY_MS = 200

/** Does one job of the queue. */
async function perform(job: QueueJob, { workshop, onFinished }: WorkerOptions, signal: AbortSignal): Promise<SegmentResult | JoinResult> {
  const task = parseTask(job.data)
  const startMs = performance.now()
  const finish = (frames: number, rest: { segment?: number | null }) =>
    onFinished({ output: task.output, ...rest, frames, seconds: Math.round(performance.now() - startMs) / 1000 })
  if (task.kind === 'join') {
    const made = Object.values(await job.getChildrenValues()).map((value) => segmentResult.parse(value))
    const result = await workshop.join(task, made, signal, (placed) => job.updateData({ ...task, placed }))
    finish(result.frames, {})
    return result
  }
  let frames = 0
  let told = startMs
  const result = await workshop.render(task, signal, () => {
    frames += 1
    if (performance.now() - told < TELL_EVERY_MS) return
    told = performance.now()
    // Only a number for others' progress bars; a lost connection shows elsewhere.
    job.updateProgress({ frames }).catch(() => {})
  })
  finish(frames, { segment: task.segment })
  return result
}

/** Waits until there is a reason to stop: nothing to do for long enough, or one of the signals. */
async function stopReason(stop: AbortSignal, untilIdleS: number | undefined, idleMs: () => number): Promise<void> {
  while (!stop.aborted && (untilIdleS === undefined || idleMs() < 1000 * untilIdleS)) await pause(LOOK_EVERY_MS)
}

/**
 * Takes segments from a queue, one at a time, until `untilIdleS` or an interrupt, upon which it gives the segment back and throws InterruptedError. Throws DfkError where
 * the server is gone for good. Failures of jobs are the queue's: they are tried again, or reported by whoever waits for them.
 */
export async function runWorker(farm: Farm, options: WorkerOptions): Promise<void> {
  const { Worker, UnrecoverableError, WaitingError } = farm.packages
  const { signal, lockS, onWarning } = options
  const stop = AbortSignal.any([signal, farm.lost])
  let busy = 0
  let idleSince = performance.now()
  const take = async (job: QueueJob, token?: string, cancelled?: AbortSignal): Promise<unknown> => {
    busy += 1
    try {
      return await perform(job, options, AbortSignal.any([stop, ...(cancelled ? [cancelled] : [])]))
    } catch (error) {
      if (signal.aborted) {
        await job.moveToWait(token)
        throw new WaitingError()
      }
      onWarning(`${job.id}: ${error instanceof Error ? error.message : error}`)
      const reason = encodeFailure(error)
      throw isFinal(error) ? new UnrecoverableError(reason) : new Error(reason)
    } finally {
      busy -= 1
      idleSince = performance.now()
    }
  }
  const worker = new Worker(farm.address.queue, take, {
    ...{ connection: farm.redis, autorun: false, concurrency: 1, maxStalledCount: MOST_STALLS },
    ...{ lockDuration: 1000 * lockS, stalledInterval: 500 * lockS },
  })
  // Somebody else has the segment by now: what is written here would only be thrown away.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id)
  })
  let said = ''
  worker.on('error', ({ message }) => {
    if (message !== said && !stop.aborted) onWarning(`queue: ${message}`)
    said = message
  })
  try {
    await farm.guard(
      Promise.race([worker.run(), stopReason(stop, options.untilIdleS, () => (busy > 0 ? 0 : performance.now() - idleSince))]),
    )
  } finally {
    const closed = farm.guard(worker.close())
    while (busy > 0) await pause(LOOK_EVERY_MS)
    await closed
  }
  checkInterrupted(signal)
}
