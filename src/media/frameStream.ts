import type { Rational } from './probe.ts'

/** A frame's time as the file has it: a whole number of `base`, seconds; undefined where the file has none. */
export interface Stamp {
  readonly pts: number | undefined
  readonly base: Rational
}

/** Frame times as they arrive on ffmpeg's stderr from `showinfo`, which runs ahead of or behind the pixels. */
export class FrameTimes {
  #base: Rational = { num: 1, den: 1 }
  readonly #stamps: Stamp[] = []
  #wake: (() => void) | undefined

  /** Takes in one line of stderr. */
  read(line: string): void {
    const base = /config in time_base: (\d+)\/(\d+)/.exec(line)
    if (base !== null) this.#base = { num: Number(base[1]), den: Number(base[2]) }
    const shown = /showinfo.* n: *\d+ pts: *(-?\d+|NOPTS)/.exec(line)
    if (shown === null) return
    const pts = Number(shown[1])
    this.#stamps.push({ pts: Number.isNaN(pts) ? undefined : pts, base: this.#base })
    this.#wake?.()
  }

  /** The stamp of the next frame; without a time when `ended` settles first. */
  async next(ended: Promise<unknown>): Promise<Stamp> {
    while (this.#stamps.length === 0) {
      const arrived = new Promise<true>((resolve) => {
        this.#wake = () => resolve(true)
      })
      const over = ended.then(
        () => false,
        () => false,
      )
      if (!(await Promise.race([arrived, over])) && this.#stamps.length === 0) return { pts: undefined, base: this.#base }
    }
    return this.#stamps.shift()!
  }
}

/** Cuts a byte stream into frames of `bytes` each, every one in a buffer of its own, from `take` where given; what is left over at the end is dropped. */
export async function* cutFrames(
  stream: AsyncIterable<Buffer>,
  bytes: number,
  take: () => Uint8Array = () => new Uint8Array(bytes),
): AsyncGenerator<Uint8Array> {
  let frame = take()
  let filled = 0
  for await (const chunk of stream) {
    let at = 0
    while (at < chunk.length) {
      const taken = Math.min(bytes - filled, chunk.length - at)
      frame.set(chunk.subarray(at, at + taken), filled)
      filled += taken
      at += taken
      if (filled < bytes) continue
      yield frame
      frame = take()
      filled = 0
    }
  }
}
