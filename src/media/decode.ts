import type { PassThrough } from 'node:stream'
import type { Picture } from '../picture/picture.ts'
import { checkInterrupted, DfkError } from '../work/errors.ts'
import { decodeOptions, fileUrl, inputOptions } from './arguments.ts'
import { findFfmpeg } from './binaries.ts'
import { hdrTransfer, matrixOf } from './colour.ts'
import { readFailure, saysTruncated, truncatedError } from './failures.ts'
import { type MediaInfo, probeMedia } from './probe.ts'
import { type FfmpegRun, outputPipe, startFfmpeg } from './process.ts'
import { readPicture } from './stills.ts'

/** A decoded frame; nobody else holds its pixels. */
export interface Frame {
  /** Number of the frame in the clip, from 0, also when only every nth is decoded. */
  readonly index: number
  /** When it is shown, counted from the start of the file. */
  readonly timeS: number
  readonly picture: Picture
}

export interface DecodeOptions {
  /** Decode each nth frame only. */
  readonly every?: number
  readonly maxFrames?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Frame times as they arrive on ffmpeg's stderr, which runs ahead of or behind the pixels. */
class Times {
  #ticks = { num: 1, den: 1 }
  readonly #times: number[] = []
  #taken = 0
  #wake: (() => void) | undefined

  /** Takes in one line of stderr. */
  read(line: string): void {
    const base = /config in time_base: (\d+)\/(\d+)/.exec(line)
    if (base !== null) this.#ticks = { num: Number(base[1]), den: Number(base[2]) }
    const shown = /showinfo.* n: *\d+ pts: *(-?\d+|NOPTS)/.exec(line)
    if (shown === null) return
    this.#times.push((Number(shown[1]) * this.#ticks.num) / this.#ticks.den)
    this.#wake?.()
  }

  /** The time of the next frame; NaN where the file has none. Gives up when `ended` settles first. */
  async next(ended: Promise<unknown>): Promise<number> {
    while (this.#times.length === 0) {
      const arrived = new Promise<true>((resolve) => {
        this.#wake = () => resolve(true)
      })
      const over = ended.then(
        () => false,
        () => false,
      )
      if (!(await Promise.race([arrived, over])) && this.#times.length === 0) return Number.NaN
    }
    this.#taken += 1
    return this.#times.shift()!
  }
}

/** Cuts the byte stream into frames of `bytes` each, every one in a buffer of its own. */
async function* cut(stream: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Uint8Array> {
  let frame = new Uint8Array(bytes)
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
      frame = new Uint8Array(bytes)
      filled = 0
    }
  }
}

async function* decodeStill(path: string): AsyncGenerator<Frame> {
  yield { index: 0, timeS: 0, picture: await readPicture(path) }
}

/**
 * Decodes a clip frame by frame, in display orientation and square pixels, 8-bit RGB; a still image is one frame.
 * ffmpeg waits while nobody takes frames, so memory stays bounded; leaving the loop early stops it.
 * Throws DfkError for anything that is no whole video, InterruptedError when `signal` aborts.
 */
export async function* decodeFrames(source: string | MediaInfo, options: DecodeOptions = {}): AsyncGenerator<Frame, void, undefined> {
  const { every = 1, maxFrames, signal } = options
  const info = typeof source === 'string' ? await probeMedia(source, signal) : source
  if (info.kind === 'image') return yield* decodeStill(info.path)
  const { path: ffmpeg, version } = await findFfmpeg()
  checkInterrupted(signal)
  const { width, height } = info
  const times = new Times()
  let truncated = false
  const pixels = outputPipe()
  const job = {
    inputs: [{ source: fileUrl(info.path), options: ['-nostdin', ...inputOptions()] }],
    output: pixels,
    outputOptions: decodeOptions({
      width,
      height,
      matrix: matrixOf(info.colour, height),
      hdr: hdrTransfer(info.colour),
      every,
      maxFrames,
      version,
    }),
  }
  const run = startFfmpeg(ffmpeg, job, (line) => {
    times.read(line)
    truncated ||= saysTruncated(line)
  })
  try {
    yield* frames(info, pixels, times, run, options)
  } finally {
    await run.kill()
  }
  if (truncated && maxFrames === undefined) throw truncatedError(info.path)
}

async function* frames(info: MediaInfo, pixels: PassThrough, times: Times, run: FfmpegRun, options: DecodeOptions): AsyncGenerator<Frame> {
  const { width, height, path } = info
  const { every = 1, maxFrames = Number.POSITIVE_INFINITY, signal } = options
  const stop = () => void run.kill()
  signal?.addEventListener('abort', stop, { once: true })
  const failed = run.done.catch(() => pixels.end())
  let count = 0
  try {
    for await (const data of cut(pixels, width * height * 3)) {
      const index = count * every
      const timeS = await times.next(failed)
      count += 1
      yield { index, timeS: Number.isNaN(timeS) ? (index * info.fps.den) / info.fps.num : timeS, picture: { width, height, data } }
      checkInterrupted(signal)
    }
    checkInterrupted(signal)
    await run.done
  } catch (failure) {
    checkInterrupted(signal)
    throw readFailure(path, failure)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
  if (count === 0 && maxFrames > 0)
    throw new DfkError(`expected a video with frames but none could be decoded from ${path}`, { hint: 'copy or download it again' })
}
