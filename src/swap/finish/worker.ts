import { parentPort } from 'node:worker_threads'
import { type YuvFormat, yuvPicture } from '../../picture/yuv.ts'
import { type Finishing, finishFrame } from './finish.ts'

/** A frame to finish, or undefined: no more come. */
export type ToWorker =
  | { readonly ticket: number; readonly format: YuvFormat; readonly bytes: Uint8Array; readonly finishing: Finishing }
  | undefined

/** The frame of that ticket is finished. */
export interface FromWorker {
  readonly ticket: number
  readonly bytes: Uint8Array
}

const port = parentPort!

port.on('message', (request: ToWorker) => {
  if (request === undefined) {
    port.close()
    return
  }
  const { ticket, format, bytes, finishing } = request
  finishFrame(yuvPicture(format, bytes), finishing)
  port.postMessage({ ticket, bytes } satisfies FromWorker, [bytes.buffer as ArrayBuffer])
})
