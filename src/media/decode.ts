import type { PassThrough } from 'node:stream'
import type { Picture } from '../picture/picture.ts'
import { checkInterrupted, DfkError } from '../work/errors.ts'
import { decodeOptions, exactSeekOptions, fileUrl, inputOptions } from './arguments.ts'
import { findFfmpeg } from './binaries.ts'
import { hdrTransfer, matrixOf } from './colour.ts'
import { endsEarly, readFailure, saysTruncated, truncatedError } from './failures.ts'
import { cutFrames, FrameTimes } from './frameStream.ts'
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
  /** Decode so many in a row from each of them on, at most `every`: neighbours show motion. Default 1. */
  readonly burst?: number
  readonly maxFrames?: number | undefined
  /** Number of the first of them; default 0. Frames before it are decoded all the same, but for `seekS`. */
  readonly from?: number
  /** When frame `from` is shown, seconds from the start of the file: decoding begins at the key frame before it. Whether that frame came is for the caller to check by its time. */
  readonly seekS?: number | undefined
  /** Called where the end of the clip is missing, once all frames that are there have come. Without it, that is an error. */
  readonly onCut?: (() => void) | undefined
  readonly signal?: AbortSignal | undefined
}

async function* decodeStill(path: string): AsyncGenerator<Frame> {
  yield { index: 0, timeS: 0, picture: await readPicture(path) }
}

/**
 * Decodes a clip frame by frame, in display orientation and square pixels, 8-bit RGB; a still image is one frame.
 * ffmpeg waits while nobody takes frames, so memory stays bounded; leaving the loop early stops it.
 * Throws DfkError for anything that is no whole video (with `onCut`, for what has no frames), InterruptedError when `signal` aborts.
 */
export async function* decodeFrames(source: string | MediaInfo, options: DecodeOptions = {}): AsyncGenerator<Frame, void, undefined> {
  const { every = 1, burst, maxFrames, from = 0, seekS, signal } = options
  const info = typeof source === 'string' ? await probeMedia(source, signal) : source
  if (info.kind === 'image') return yield* decodeStill(info.path)
  const { path: ffmpeg, version } = await findFfmpeg()
  checkInterrupted(signal)
  const { width, height } = info
  const times = new FrameTimes()
  let truncated = false
  const pixels = outputPipe()
  const job = {
    inputs: [{ source: fileUrl(info.path), options: ['-nostdin', ...inputOptions(), ...exactSeekOptions(seekS)] }],
    output: pixels,
    outputOptions: decodeOptions({
      width,
      height,
      matrix: matrixOf(info.colour, height),
      hdr: hdrTransfer(info.colour),
      every,
      burst,
      from: seekS === undefined ? from : 0,
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
  if (!truncated || maxFrames !== undefined) return
  if (options.onCut === undefined) throw truncatedError(info.path)
  options.onCut()
}

async function* frames(
  info: MediaInfo,
  pixels: PassThrough,
  times: FrameTimes,
  run: FfmpegRun,
  options: DecodeOptions,
): AsyncGenerator<Frame> {
  const { width, height, path } = info
  const { every = 1, burst = 1, maxFrames = Number.POSITIVE_INFINITY, from = 0, seekS, signal } = options
  // After a seek, times are those of the file's own clock.
  const originS = seekS === undefined ? 0 : (info.details?.originS ?? 0)
  const stop = () => void run.kill()
  signal?.addEventListener('abort', stop, { once: true })
  const failed = run.done.catch(() => pixels.end())
  let count = 0
  try {
    for await (const data of cutFrames(pixels, width * height * 3)) {
      const index = from + Math.floor(count / burst) * every + (count % burst)
      const { pts, base } = await times.next(failed)
      count += 1
      const timeS = pts === undefined ? (index * info.fps.den) / info.fps.num : (pts * base.num) / base.den - originS
      yield { index, timeS, picture: { width, height, data } }
      checkInterrupted(signal)
    }
    checkInterrupted(signal)
    await run.done
  } catch (failure) {
    checkInterrupted(signal)
    if (count > 0 && options.onCut !== undefined && endsEarly(failure)) return // decodeFrames has read it, and says it
    throw readFailure(path, failure)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
  if (count === 0 && maxFrames > 0)
    throw new DfkError(`expected a video with frames but none could be decoded from ${path}`, { hint: 'copy or download it again' })
}
