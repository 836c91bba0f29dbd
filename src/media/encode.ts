import { rmSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import type { Picture } from '../picture/picture.ts'
import { checkInterrupted } from '../work/errors.ts'
import { type EncodePlan, encodeOptions } from './arguments.ts'
import { type EncoderName, ffmpegEncoders, findFfmpeg } from './binaries.ts'
import { matrixOf, outputTags } from './colour.ts'
import { containerOf } from './containers.ts'
import { chooseEncoder } from './encoders.ts'
import { FramePipe } from './framePipe.ts'
import { RGB_TAG } from './matroska.ts'
import { setLastDuration } from './mp4-duration.ts'
import type { MediaInfo, Rational } from './probe.ts'
import { besideName } from './stills.ts'

/** Constant rate factor of a default render: visually lossless for most footage. */
const DEFAULT_QUALITY = 18

export interface EncoderOptions {
  readonly output: string
  readonly width: number
  readonly height: number
  readonly fps: Rational
  /** The clip whose sound, timestamps' tick and colour tags the output keeps. */
  readonly copyFrom?: MediaInfo | undefined
  /** `auto` takes the first that this ffmpeg has. */
  readonly encoder?: EncoderName | 'auto'
  /** 0 (best) to 51; CRF where the encoder has it. */
  readonly quality?: number
  readonly preset?: string
  readonly signal?: AbortSignal | undefined
}

export interface Encoder {
  /** Appends a frame shown at `timeS` (default: at its number over the frame rate); resolves when there is room for the next. */
  write(picture: Picture, timeS?: number): Promise<void>
  /** Ends the file and renames it to its place; `before` may change the finished file first (provenance). */
  finish(before?: (partial: string) => Promise<void>): Promise<void>
  /** Stops and leaves nothing. Harmless after finish(). */
  abort(): Promise<void>
}

class PipedEncoder implements Encoder {
  readonly #options: EncoderOptions
  readonly #plan: EncodePlan
  readonly #partial: string
  readonly #pipe: FramePipe
  readonly #cleanUp: () => void

  constructor(options: EncoderOptions, plan: EncodePlan, ffmpeg: string) {
    const { output, width, height, fps, copyFrom, signal } = options
    this.#options = options
    this.#plan = plan
    this.#partial = besideName(output)
    this.#cleanUp = () => rmSync(this.#partial, { force: true })
    this.#pipe = new FramePipe({
      ...{ output, file: this.#partial, ffmpeg, width, height, fps, timeBase: plan.timeBase, tag: RGB_TAG, keepsStart: true, signal },
      others: plan.audio.length > 0 && copyFrom !== undefined ? [copyFrom.path] : [],
      outputOptions: encodeOptions(plan),
    })
    process.once('exit', this.#cleanUp)
  }

  async write(picture: Picture, timeS?: number): Promise<void> {
    const { width, height, fps } = this.#options
    if (picture.width !== width || picture.height !== height)
      throw new Error(`expected a frame of ${width}×${height} but received ${picture.width}×${picture.height}`)
    await this.#pipe.write(picture.data, timeS ?? (this.#pipe.count * fps.den) / fps.num)
  }

  async finish(before?: (partial: string) => Promise<void>): Promise<void> {
    try {
      await this.#pipe.finish()
      if (this.#plan.container === 'mp4' || this.#plan.container === 'mov') await setLastDuration(this.#partial, this.#lastFrameS())
      await before?.(this.#partial)
      checkInterrupted(this.#options.signal)
      await rename(this.#partial, this.#options.output)
    } catch (error) {
      await this.abort()
      throw error
    }
    process.off('exit', this.#cleanUp)
  }

  async abort(): Promise<void> {
    await this.#pipe.abort()
    await rm(this.#partial, { force: true })
    process.off('exit', this.#cleanUp)
  }

  /** How long the last frame lasts: to the end of the clip, if that is where this is, else one mean frame. */
  #lastFrameS(): number {
    const { fps, copyFrom } = this.#options
    const meanS = fps.den / fps.num
    const restS = copyFrom === undefined ? 0 : copyFrom.startS + copyFrom.durationS - this.#pipe.lastS
    return restS > meanS / 2 && this.#pipe.count === copyFrom?.frames ? restS : meanS
  }
}

/** Decides how an output is encoded. Throws UsageError or DfkError where name or encoder cannot be. */
async function planEncoding(options: EncoderOptions): Promise<EncodePlan> {
  const { version } = await findFfmpeg()
  const { copyFrom, width, height, fps } = options
  const container = containerOf(options.output)
  const colour = outputTags(copyFrom?.colour ?? {})
  return {
    encoder: chooseEncoder(options.encoder ?? 'auto', container, await ffmpegEncoders()),
    quality: options.quality ?? DEFAULT_QUALITY,
    preset: options.preset ?? 'medium',
    width,
    height,
    matrix: matrixOf(colour, height),
    tags: colour,
    timeBase: copyFrom?.timeBase ?? { num: fps.den, den: fps.num },
    container,
    audio: copyFrom?.audio ?? [],
    version,
  }
}

/** Opens an encoder that takes frames one at a time; ffmpeg starts with the first. Throws UsageError or DfkError where name or encoder cannot be. */
export async function createEncoder(options: EncoderOptions): Promise<Encoder> {
  const { path } = await findFfmpeg()
  return new PipedEncoder(options, await planEncoding(options), path)
}
