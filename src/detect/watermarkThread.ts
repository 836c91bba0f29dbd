import { parentPort } from 'node:worker_threads'
import type { Picture } from '../picture/picture.ts'
import { readWatermark } from '../provenance/index.ts'

/** Pictures of one file in which to look for the mark, or undefined: no more come. */
export type ToThread = readonly Picture[] | undefined

const port = parentPort!

port.on('message', (pictures: ToThread) => {
  if (pictures === undefined) port.close()
  else port.postMessage(readWatermark(pictures))
})
