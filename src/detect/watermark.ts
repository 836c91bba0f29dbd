import type { Picture } from '../picture/picture.ts'
import type { WatermarkFound } from '../provenance/index.ts'
import { DfkError } from '../work/errors.ts'
import { startThread } from '../work/thread.ts'
import type { ToThread } from './watermarkThread.ts'

/** Looks for dfk's watermark beside all else: that takes a fifth of a second of one core, in which the faces can be found. */
export interface WatermarkReader {
  /** What `readWatermark` finds in pictures of one file. Throws DfkError where the thread has ended. */
  read(pictures: readonly Picture[]): Promise<WatermarkFound | undefined>
  close(): Promise<void>
}

/** Starts the thread; it waits for pictures until it is closed. */
export function openWatermarkReader(): WatermarkReader {
  const worker = startThread('./watermarkThread', import.meta.url, undefined)
  const waiting: { resolve(found: WatermarkFound | undefined): void; reject(error: Error): void }[] = []
  let failure: Error | undefined
  const fail = (cause: unknown) => {
    failure ??= new DfkError('expected the thread that reads watermarks to work but it ended', {
      hint: 'run the same command again',
      cause,
    })
    for (const { reject } of waiting.splice(0)) reject(failure)
  }
  worker.on('message', (found: WatermarkFound | undefined) => waiting.shift()?.resolve(found))
  worker.on('error', fail)
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve())).then(() => fail(undefined))
  return {
    read(pictures) {
      if (failure !== undefined) return Promise.reject(failure)
      const found = new Promise<WatermarkFound | undefined>((resolve, reject) => waiting.push({ resolve, reject }))
      worker.postMessage(pictures satisfies ToThread)
      return found
    },
    async close() {
      worker.postMessage(undefined satisfies ToThread)
      await ended
    },
  }
}

/** Some frames of a file, handed to the reader as soon as the last of them has come. */
export class MarkedFrames {
  readonly #numbers: ReadonlySet<number>
  readonly #reader: WatermarkReader | undefined
  readonly #kept: Picture[] = []
  #found: Promise<WatermarkFound | undefined> | undefined

  /** `numbers`: which of the frames offered are looked at. */
  constructor(numbers: ReadonlySet<number>, reader: WatermarkReader | undefined) {
    this.#numbers = numbers
    this.#reader = reader
  }

  offer(picture: Picture, number: number): void {
    if (this.#reader === undefined || !this.#numbers.has(number)) return
    this.#kept.push(picture)
    if (this.#kept.length === this.#numbers.size) void this.found()
  }

  /** What was found in the frames so far. */
  found(): Promise<WatermarkFound | undefined> {
    if (this.#found === undefined) {
      this.#found = this.#kept.length === 0 ? Promise.resolve(undefined) : this.#reader!.read(this.#kept)
      this.#found.catch(() => {}) // whoever awaits it hears of it; where the file fails first, nobody does
    }
    return this.#found
  }
}
