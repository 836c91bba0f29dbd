import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { checkInterrupted, DfkError } from '../work/errors.ts'
import { fileUrl, inputOptions } from './arguments.ts'
import { writeFailure } from './failures.ts'
import { matroskaFrameHeader, matroskaHeader } from './matroska.ts'
import type { Rational } from './probe.ts'
import { type FfmpegRun, startFfmpeg } from './process.ts'

/** Bytes, and more than that: 16 or 64 KiB of writes by its version, and the one that went over it. */
const NODE_HOLDS = 1 << 18

/** Where frames go and what makes a file of them. */
export interface PipeTarget {
  /** Name for errors: what the user asked for. */
  readonly output: string
  /** File that ffmpeg writes. */
  readonly file: string
  readonly ffmpeg: string
  readonly width: number
  readonly height: number
  readonly fps: Rational
  /** Tick of the timestamps: no two frames come nearer to each other. */
  readonly timeBase: Rational
  /** Four bytes that name the frames' pixel format. */
  readonly tag: Uint8Array
  readonly outputOptions: readonly string[]
  /** Whether the first frame's time is kept rather than made 0. */
  readonly keepsStart: boolean
  /** Gets a frame's bytes back once ffmpeg has them. */
  readonly onTaken?: ((data: Uint8Array) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Pipes frames with their times into an ffmpeg that encodes them; it starts with the first. */
export class FramePipe {
  readonly #target: PipeTarget
  readonly #frames = new PassThrough({ highWaterMark: 1 })
  #run: FfmpegRun | undefined
  #hasEnded = false
  #startS = 0
  #count = 0
  /** Frames that may still be on their way, and how many bytes they are. */
  readonly #sent: Uint8Array[] = []
  #sentBytes = 0
  #lastS = Number.NEGATIVE_INFINITY

  constructor(target: PipeTarget) {
    this.#target = target
    this.#frames.on('error', () => {})
  }

  get count(): number {
    return this.#count
  }

  /** When the first frame is shown. */
  get startS(): number {
    return this.#startS
  }

  /** When the last frame is shown. */
  get lastS(): number {
    return this.#lastS
  }

  /** Appends a frame shown at `timeS`, or a tick after the one before it; resolves when there is room for the next. */
  async write(data: Uint8Array, timeS: number): Promise<void> {
    const { signal, timeBase } = this.#target
    checkInterrupted(signal)
    const shownS = Math.max(timeS, this.#lastS + timeBase.num / timeBase.den)
    this.#run ??= this.#start(shownS)
    this.#lastS = shownS
    this.#count += 1
    this.#frames.write(matroskaFrameHeader(shownS - this.#startS, data.length))
    const ended = this.#run.done.catch(() => {})
    if (!this.#frames.write(data)) await Promise.race([once(this.#frames, 'drain'), ended])
    if (this.#hasEnded) await this.#fail()
    this.#sent.push(data)
    this.#sentBytes += data.length
    this.#giveBack()
  }

  /** Gives frames back that have gone. Node holds no more than a buffer of them between us and ffmpeg: a frame behind which as much was taken is not there any more. */
  #giveBack(): void {
    while (this.#sent.length > 1 && this.#sentBytes - this.#sent[0]!.length >= NODE_HOLDS) {
      const gone = this.#sent.shift()!
      this.#sentBytes -= gone.length
      this.#target.onTaken?.(gone)
    }
  }

  /** Ends the file. Throws DfkError where there were no frames or ffmpeg did not write each of them. */
  async finish(): Promise<void> {
    const { output, signal } = this.#target
    if (this.#run === undefined) throw new DfkError(`expected frames for ${output} but there were none`)
    this.#frames.end()
    await this.#run.done.catch((failure) => {
      checkInterrupted(signal)
      throw writeFailure(output, failure)
    })
    this.#checkCount(this.#run.log)
  }

  /** Stops ffmpeg and waits until it is gone. Harmless after finish(). */
  async abort(): Promise<void> {
    await this.#run?.kill()
    this.#frames.destroy()
  }

  /** ffmpeg says at its end how many frames it wrote: each of ours, or the sound would drift. */
  #checkCount(log: readonly string[]): void {
    const written = /frame= *(\d+)/.exec(log.findLast((line) => line.includes('frame=')) ?? '')?.[1]
    if (written === undefined || Number(written) === this.#count) return
    throw new DfkError(`expected ${this.#count} frames in ${this.#target.output} but ffmpeg wrote ${written}`, {
      hint: 'try another --encoder',
    })
  }

  #start(startS: number): FfmpegRun {
    const { width, height, fps, tag, keepsStart } = this.#target
    this.#startS = startS
    this.#frames.write(matroskaHeader(width, height, Math.round((1e9 * fps.den) / fps.num), tag))
    const offset = keepsStart ? ['-itsoffset', startS.toFixed(6)] : []
    const run = startFfmpeg(this.#target.ffmpeg, {
      inputs: [{ source: this.#frames, options: [...inputOptions(), '-f', 'matroska', ...offset] }],
      output: fileUrl(this.#target.file),
      outputOptions: this.#target.outputOptions,
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
    checkInterrupted(this.#target.signal)
    throw writeFailure(this.#target.output, failure)
  }
}
