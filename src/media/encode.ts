import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import type { Picture } from '../picture/picture.ts'
import { checkInterrupted, DfkError } from '../work/errors.ts'
import { type EncodePlan, encodeOptions, fileUrl, inputOptions } from './arguments.ts'
import { type EncoderName, ffmpegEncoders, findFfmpeg } from './binaries.ts'
import { matrixOf, outputTags } from './colour.ts'
import { containerOf } from './containers.ts'
import { chooseEncoder } from './encoders.ts'
import { writeFailure } from './failures.ts'
import { matroskaFrameHeader, matroskaHeader } from './matroska.ts'
import { setLastDuration } from './mp4-duration.ts'
import type { MediaInfo, Rational } from './probe.ts'
import { type FfmpegRun, startFfmpeg } from './process.ts'
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
  readonly #ffmpeg: string
  readonly #partial: string
  readonly #frames = new PassThrough({ highWaterMark: 1 })
  readonly #cleanUp: () => void
  #run: FfmpegRun | undefined
  #hasEnded = false
  #startS = 0
  #count = 0
  #lastS = Number.NEGATIVE_INFINITY

  constructor(options: EncoderOptions, plan: EncodePlan, ffmpeg: string) {
    this.#options = options
    this.#plan = plan
    this.#ffmpeg = ffmpeg
    this.#partial = besideName(options.output)
    this.#cleanUp = () => rmSync(this.#partial, { force: true })
    this.#frames.on('error', () => {})
    process.once('exit', this.#cleanUp)
  }

  async write(picture: Picture, timeS?: number): Promise<void> {
    const { signal, width, height, fps } = this.#options
    checkInterrupted(signal)
    if (picture.width !== width || picture.height !== height)
      throw new Error(`expected a frame of ${width}×${height} but received ${picture.width}×${picture.height}`)
    const tickS = this.#plan.timeBase.num / this.#plan.timeBase.den
    const shownS = Math.max(timeS ?? (this.#count * fps.den) / fps.num, this.#lastS + tickS)
    this.#run ??= this.#start(shownS)
    this.#lastS = shownS
    this.#count += 1
    this.#frames.write(matroskaFrameHeader(shownS - this.#startS, picture.data.length))
    const ended = this.#run.done.catch(() => {})
    if (!this.#frames.write(picture.data)) await Promise.race([once(this.#frames, 'drain'), ended])
    if (this.#hasEnded) await this.#fail()
  }

  async finish(before?: (partial: string) => Promise<void>): Promise<void> {
    if (this.#run === undefined) throw new DfkError(`expected frames for ${this.#options.output} but there were none`)
    try {
      this.#frames.end()
      await this.#run.done.catch((failure) => {
        checkInterrupted(this.#options.signal)
        throw writeFailure(this.#options.output, failure)
      })
      this.#checkCount(this.#run.log)
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
    await this.#run?.kill()
    this.#frames.destroy()
    await rm(this.#partial, { force: true })
    process.off('exit', this.#cleanUp)
  }

  /** ffmpeg says at its end how many frames it wrote: each of ours, or the sound would drift. */
  #checkCount(log: readonly string[]): void {
    const written = /frame= *(\d+)/.exec(log.findLast((line) => line.includes('frame=')) ?? '')?.[1]
    if (written === undefined || Number(written) === this.#count) return
    throw new DfkError(`expected ${this.#count} frames in ${this.#options.output} but ffmpeg wrote ${written}`, {
      hint: 'try another --encoder',
    })
  }

  /** How long the last frame lasts: to the end of the clip, if that is where this is, else one mean frame. */
  #lastFrameS(): number {
    const { fps, copyFrom } = this.#options
    const meanS = fps.den / fps.num
    const restS = copyFrom === undefined ? 0 : copyFrom.startS + copyFrom.durationS - this.#lastS
    return restS > meanS / 2 && this.#count === copyFrom?.frames ? restS : meanS
  }

  #start(startS: number): FfmpegRun {
    const { width, height, fps, copyFrom } = this.#options
    this.#startS = startS
    this.#frames.write(matroskaHeader(width, height, Math.round((1e9 * fps.den) / fps.num)))
    const sound =
      this.#plan.audio.length > 0 && copyFrom !== undefined ? [{ source: fileUrl(copyFrom.path), options: inputOptions().slice(4) }] : []
    const run = startFfmpeg(this.#ffmpeg, {
      inputs: [{ source: this.#frames, options: [...inputOptions(), '-f', 'matroska', '-itsoffset', startS.toFixed(6)] }, ...sound],
      output: fileUrl(this.#partial),
      outputOptions: encodeOptions(this.#plan),
    })
    run.done
      .catch(() => {})
      .finally(() => {
        this.#hasEnded = true
      })
    return run
  }

  async #fail(): Promise<never> {
    const failure = await this.#run?.done.then(
      () => new Error('ffmpeg ended before the last frame'),
      (error: unknown) => error,
    )
    checkInterrupted(this.#options.signal)
    throw writeFailure(this.#options.output, failure)
  }
}

/** Decides how an output is encoded. Throws UsageError or DfkError where name or encoder cannot be. */
export async function planEncoding(options: EncoderOptions): Promise<EncodePlan> {
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
