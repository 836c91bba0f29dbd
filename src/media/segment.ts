import { rm } from 'node:fs/promises'
import type { YuvFormat } from '../picture/yuv.ts'
import { type PicturePlan, pictureOptions } from './arguments.ts'
import { findFfmpeg } from './binaries.ts'
import { FramePipe } from './framePipe.ts'
import { pixelTag } from './pixels.ts'
import type { Rational } from './probe.ts'

/** A part of a clip's picture on its way to a file. */
export interface SegmentWriter {
  readonly count: number
  /** When the first and the last frame are shown, seconds from the start of the clip's file. */
  readonly startS: number
  readonly lastS: number
  /** Appends a frame; resolves when there is room for the next. */
  write(bytes: Uint8Array, timeS: number): Promise<void>
  /** Ends the file. */
  finish(): Promise<void>
  /** Stops and leaves nothing. Harmless after finish(), whose file it removes. */
  abort(): Promise<void>
}

/** Opens a file for a part of a clip's picture; nothing but picture is in it, at the times of the clip's own clock. `output`: what errors call it. */
export async function openSegment(options: {
  readonly file: string
  readonly output: string
  readonly format: YuvFormat
  readonly fps: Rational
  readonly plan: PicturePlan
  /** Gets a frame's bytes back once they are not needed any more. */
  readonly onTaken?: ((bytes: Uint8Array) => void) | undefined
  readonly signal?: AbortSignal | undefined
}): Promise<SegmentWriter> {
  const { file, output, format, fps, plan, onTaken, signal } = options
  const { path: ffmpeg, version } = await findFfmpeg()
  const pipe = new FramePipe({
    ...{
      output,
      file,
      ffmpeg,
      width: format.width,
      height: format.height,
      fps,
      timeBase: plan.timeBase,
      keepsStart: true,
      onTaken,
      signal,
    },
    tag: pixelTag(plan.pixels),
    outputOptions: pictureOptions(plan, version),
  })
  return {
    get count() {
      return pipe.count
    },
    get startS() {
      return pipe.startS
    },
    get lastS() {
      return pipe.lastS
    },
    write: (bytes, timeS) => pipe.write(bytes, timeS),
    finish: () => pipe.finish(),
    async abort() {
      await pipe.abort()
      await rm(file, { force: true })
    },
  }
}
