import { parentPort } from 'node:worker_threads'
import type { Plate } from '../../picture/plate.ts'
import { type YuvFormat, yuvPicture } from '../../picture/yuv.ts'
import { type Finishing, finishFrame } from './finish.ts'
import { movable } from './movable.ts'

/** A frame to finish, or undefined: no more come. */
export type ToWorker =
  | { readonly ticket: number; readonly format: YuvFormat; readonly bytes: Uint8Array; readonly finishing: Finishing }
  | undefined

/** The frame of that ticket is finished. */
export interface FromWorker {
  readonly ticket: number
  readonly bytes: Uint8Array
  readonly plate: Plate | undefined
}

const port = parentPort!

port.on('message', (request: ToWorker) => {
  if (request === undefined) {
    port.close()
    return
  }
  const { ticket, format, bytes, finishing } = request
  const plate = finishFrame(yuvPicture(format, bytes), finishing)
  port.postMessage({ ticket, bytes, plate } satisfies FromWorker, movable([bytes]))
})
