import type { PassThrough } from 'node:stream'
import { yuvBytes } from '../picture/yuv.ts'
import type { BufferPool } from '../work/bufferPool.ts'
import { checkInterrupted } from '../work/errors.ts'
import { fileUrl, inputOptions, readOptions, seekOptions } from './arguments.ts'
import { findFfmpeg } from './binaries.ts'
import { matrixOf } from './colour.ts'
import { readFailure } from './failures.ts'
import { cutFrames, FrameTimes } from './frameStream.ts'
import { frameFormat, type PipePixels } from './pixels.ts'
import type { MediaInfo } from './probe.ts'
import { type FfmpegRun, outputPipe, startFfmpeg } from './process.ts'

/** A frame in the clip's own samples; nobody else holds its bytes. */
export interface ClipFrame {
  /** When it is shown, counted from the start of the file, seconds. */
  readonly timeS: number
  /** Planes one after the other, as `yuvPicture` takes them. */
  readonly bytes: Uint8Array
}

export interface ReadOptions {
  readonly pixels: PipePixels
  /** Begin at the key frame before this time (from the start of the file, seconds) rather than with the first frame. */
  readonly seekS?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Where frames' buffers come from. */
  readonly pool?: BufferPool | undefined
  /** Gets each line that ffmpeg says, for reports on damage. */
  readonly onLine?: ((line: string) => void) | undefined
}

/**
 * Decodes a clip frame by frame in display orientation, in its own samples. ffmpeg waits while nobody takes frames, so memory stays bounded; leaving the loop early
 * stops it. Ends where the file does, also where that is too early. Throws DfkError for anything that cannot be decoded, InterruptedError when `signal` aborts.
 */
export async function* readClip(info: MediaInfo, options: ReadOptions): AsyncGenerator<ClipFrame, void, undefined> {
  const { pixels, seekS, signal, onLine } = options
  const { path: ffmpeg, version } = await findFfmpeg()
  checkInterrupted(signal)
  const times = new FrameTimes()
  const pipe = outputPipe()
  const matrix = matrixOf(info.colour, info.coded.height)
  const job = {
    inputs: [{ source: fileUrl(info.path), options: ['-nostdin', ...inputOptions(), ...seekOptions(seekS)] }],
    output: pipe,
    outputOptions: readOptions({
      ...{ pixels, source: info.pixelFormat, fullRange: info.colour.range === 'pc', matrix, version },
      isInterlaced: info.details !== undefined && info.details.fieldOrder !== 'progressive',
    }),
  }
  const run = startFfmpeg(ffmpeg, job, (line) => {
    times.read(line)
    onLine?.(line)
  })
  try {
    yield* frames(info, options, { pipe, times, run })
  } finally {
    await run.kill()
  }
}

async function* frames(
  info: MediaInfo,
  { pixels, signal, pool }: ReadOptions,
  { pipe, times, run }: { pipe: PassThrough; times: FrameTimes; run: FfmpegRun },
): AsyncGenerator<ClipFrame> {
  const stop = () => void run.kill()
  signal?.addEventListener('abort', stop, { once: true })
  const failed = run.done.catch(() => pipe.end())
  const meanS = info.fps.den / info.fps.num
  let lastS = -meanS
  const originS = info.details?.originS ?? 0
  try {
    for await (const bytes of cutFrames(pipe, yuvBytes(frameFormat(info, pixels)), pool && (() => pool.take()))) {
      const { pts, base } = await times.next(failed)
      const timeS = pts === undefined ? lastS + meanS : (pts * base.num) / base.den - originS
      lastS = timeS
      yield { timeS, bytes }
      checkInterrupted(signal)
    }
    checkInterrupted(signal)
    await run.done
  } catch (failure) {
    checkInterrupted(signal)
    throw readFailure(info.path, failure)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
