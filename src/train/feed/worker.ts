import { parentPort, workerData } from 'node:worker_threads'
import sharp from 'sharp'
import { DfkError } from '../../work/errors.ts'
import { type FeedPlan, openPainter, type Share, type StepRequest } from './painter.ts'

/** What a thread is given when it starts. */
export interface WorkerData {
  readonly plan: FeedPlan
  readonly share: Share
  /** Where steps go. */
  readonly slots: readonly SharedArrayBuffer[]
}

/** A step to draw, or undefined: no more are wanted. */
export type ToWorker = (StepRequest & { readonly slot: number; readonly ticket: number }) | undefined

/** The thread's share of a step is drawn, or cannot be. */
export type FromWorker = { readonly ticket: number } | { readonly message: string; readonly hint: string | undefined }

const port = parentPort!
const { plan, share, slots } = workerData as WorkerData
// Several pictures are read at once; each by one thread.
sharp.concurrency(1)
sharp.cache(false)
const painter = openPainter(plan, share)
let stopped = false
let before: Promise<void> = Promise.resolve()

port.on('message', (request: ToWorker) => {
  if (request === undefined) {
    stopped = true
    painter.stop()
    port.close()
    return
  }
  if (stopped) return
  const draw = painter.begin(request)
  before = before.then(async () => {
    if (stopped) return
    await draw(slots[request.slot]!)
    if (!stopped) port.postMessage({ ticket: request.ticket } satisfies FromWorker)
  })
  before.catch((error: unknown) => {
    if (!(error instanceof DfkError)) throw error
    if (!stopped) port.postMessage({ message: error.message, hint: error.hint } satisfies FromWorker)
    stopped = true
  })
})
