import { availableParallelism } from 'node:os'
import type { YuvFormat } from '../../picture/yuv.ts'
import { DfkError } from '../../work/errors.ts'
import { startThread } from '../../work/thread.ts'
import type { Finishing } from './finish.ts'
import { movable } from './movable.ts'
import type { FromWorker, ToWorker } from './worker.ts'

const MOST_THREADS = 4

/** A finished frame, and what was laid over it where that was wanted. */
export type Finished = Omit<FromWorker, 'ticket'>

/** Threads that finish frames while the next ones are looked at and rendered. */
export interface FinishPool {
  /** How many frames are finished at a time. */
  readonly threads: number
  /** Finishes a frame; takes its bytes away and gives them back, and the faces' colours and masks for good; shared bytes must be left alone meanwhile. Throws DfkError where a thread has ended. */
  finish(format: YuvFormat, bytes: Uint8Array, finishing: Finishing): Promise<Finished>
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (finished: Finished) => void
  readonly reject: (error: Error) => void
}

/** Starts the threads; each waits for frames until the pool is closed. */
export function openFinishPool(threads: number = Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1))): FinishPool {
  const waiting = new Map<number, Waiting>()
  let next = 0
  let failure: Error | undefined
  const fail = (cause: unknown) => {
    failure ??= new DfkError('expected the threads that draw faces to work but one ended', {
      hint: 'run the same command again; it goes on where this one stopped',
      cause,
    })
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
  }
  const workers = Array.from({ length: threads }, () => {
    const worker = startThread('./worker', import.meta.url, undefined)
    worker.on('message', ({ ticket, ...finished }: FromWorker) => {
      waiting.get(ticket)?.resolve(finished)
      waiting.delete(ticket)
    })
    worker.on('error', fail)
    return worker
  })
  const ends = workers.map((worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())).then(() => fail(undefined)))
  return {
    threads,
    finish(format, bytes, finishing) {
      if (failure !== undefined) return Promise.reject(failure)
      const ticket = next
      next += 1
      const worker = workers[ticket % threads]!
      const done = new Promise<Finished>((resolve, reject) => {
        waiting.set(ticket, { resolve, reject })
      })
      worker.postMessage(
        { ticket, format, bytes, finishing } satisfies ToWorker,
        movable([bytes, ...finishing.faces.flatMap(({ rgb, mask }) => [rgb, mask.data])]),
      )
      return done
    },
    async close() {
      for (const worker of workers) worker.postMessage(undefined satisfies ToWorker)
      await Promise.all(ends)
    },
  }
}
