import type { YuvFormat } from '../picture/yuv.ts'
import type { BufferPool } from '../work/bufferPool.ts'
import { Queue } from '../work/queue.ts'
import { type ClipRender, renderSegment } from './clipSegment.ts'
import type { Seen } from './nothing.ts'
import type { OpenFrame } from './render.ts'

/** Frames that wait between decoding and looking. */
const WAITING = 4

/** A segment whose frames are being rendered. */
interface OpenSegment {
  readonly number: number
  readonly frames: Queue<OpenFrame>
  readonly done: Promise<void>
}

/** Hands the frames of a clip to the renderers of their segments. Those around a segment go to it too: what comes before it settles, what comes after shows where faces go. */
export class Distributor {
  readonly #render: ClipRender
  readonly #format: YuvFormat
  readonly #seen: Seen
  readonly #pool: BufferPool
  #open: OpenSegment[] = []

  constructor(render: ClipRender, format: YuvFormat, seen: Seen, pool: BufferPool) {
    this.#render = render
    this.#format = format
    this.#seen = seen
    this.#pool = pool
  }

  /** Hands on a frame; resolves when there is room for the next. Throws what the renderer threw. */
  async give(segment: number, frame: OpenFrame): Promise<void> {
    const open = this.#open.find(({ number }) => number === segment) ?? this.#begin(segment)
    if (!(await open.frames.push(frame))) await open.done
  }

  /** No more frames come for segments before this one. Resolves when they are done. */
  async closeBefore(segment: number): Promise<void> {
    const closed = this.#open.filter(({ number }) => number < segment)
    for (const { frames } of closed) frames.end()
    // One that fails leaves the others to `stop`, which waits for them: they may still be writing.
    for (const each of closed) {
      await each.done
      this.#open = this.#open.filter((one) => one !== each)
    }
  }

  /** Stops all renderers, because of `error`. */
  async stop(error: unknown): Promise<void> {
    for (const { frames } of this.#open) frames.end({ error })
    await Promise.allSettled(this.#open.map(({ done }) => done))
    this.#open = []
  }

  #begin(number: number): OpenSegment {
    const frames = new Queue<OpenFrame>(WAITING)
    const done = renderSegment(this.#render, this.#format, number, frames, this.#seen, this.#pool)
    // Whoever waits for it gets the failure; until then it is nobody's.
    done.catch(() => {})
    const open = { number, frames, done }
    this.#open.push(open)
    return open
  }
}
