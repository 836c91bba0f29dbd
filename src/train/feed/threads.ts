import { DfkError } from '../../work/errors.ts'
import { startThread } from '../../work/thread.ts'
import type { FeedPlan } from './painter.ts'
import type { FromWorker, ToWorker, WorkerData } from './worker.ts'

/** Bytes of pictures that all threads keep together. */
export const CACHE_BYTES = 256e6
/** A thread that is told to end has so long to do so by itself. */
const END_MS = 2000

/** Threads that each draw their share of every step. */
export interface Threads {
  readonly count: number
  /** Has all of them draw a step. */
  draw(request: NonNullable<ToWorker>): void
  /** Waits until one has drawn something; only meanwhile do they keep the process alive. Throws as `check` does. */
  change(): Promise<void>
  /** Throws DfkError where one could not read a picture, or has ended. */
  check(): void
  /** Ends them; they finish what they are reading, and nothing more. */
  close(): Promise<void>
}

/** Starts threads that draw into `slots`; `onDrawn` hears the ticket of a step from each of them. */
export function startThreads(
  plan: FeedPlan,
  slots: readonly SharedArrayBuffer[],
  count: number,
  onDrawn: (ticket: number) => void,
): Threads {
  let failure: Error | undefined
  let wake = () => {}
  const fail = (error: Error) => {
    failure ??= error
    wake()
  }
  const hear = (message: FromWorker) => {
    if ('message' in message) return fail(new DfkError(message.message, message.hint === undefined ? {} : { hint: message.hint }))
    onDrawn(message.ticket)
    wake()
  }
  const workers = Array.from({ length: count }, (_, index) => {
    const data: WorkerData = { plan, share: { index, of: count, cacheBytes: CACHE_BYTES / count }, slots }
    const worker = startThread('./worker', import.meta.url, data)
    worker.on('message', hear)
    worker.on('error', (cause) => fail(ended(cause)))
    worker.unref()
    return worker
  })
  const ends = workers.map((worker) =>
    new Promise<void>((resolve) => worker.once('exit', () => resolve())).then(() => fail(ended(undefined))),
  )
  const check = () => {
    if (failure !== undefined) throw failure
  }
  return {
    count,
    check,
    draw(request) {
      for (const worker of workers) worker.postMessage(request)
    },
    async change() {
      check()
      for (const worker of workers) worker.ref()
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      for (const worker of workers) worker.unref()
      check()
    },
    async close() {
      const closing = workers.map((worker, i) => {
        worker.ref()
        worker.postMessage(undefined satisfies ToWorker)
        const late = setTimeout(() => void worker.terminate(), END_MS)
        return ends[i]!.finally(() => clearTimeout(late))
      })
      await Promise.all(closing)
    },
  }
}

function ended(cause: unknown): DfkError {
  return new DfkError('expected the threads that draw faces to work but one ended', {
    hint: 'run the same command again; training goes on from the last checkpoint',
    cause,
  })
}
