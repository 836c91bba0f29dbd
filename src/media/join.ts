import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { checkInterrupted, DfkError } from '../work/errors.ts'
import { fileUrl } from './arguments.ts'
import { findFfmpeg } from './binaries.ts'
import { writeFailure } from './failures.ts'
import { type JoinPlan, joinOptions, joinWarnings, originalOptions, originalUrl, segmentOptions } from './join-arguments.ts'
import { setLastDuration } from './mp4-duration.ts'
import { checkSegments, segmentBytes } from './nut.ts'
import { startFfmpeg } from './process.ts'

/** What is joined to what. */
export interface JoinJob extends JoinPlan {
  /** NUT files in order. Their timestamps run on from one to the next (any clock without negative times) and their encoder is the same. */
  readonly segments: readonly string[]
  /** Written in place: give a name beside the final one, and rename. */
  readonly output: string
  /** How long the last frame is shown, in seconds. */
  readonly lastFrameS: number
  readonly signal?: AbortSignal | undefined
}

/** What a join left out or changed, a line each. */
export interface JoinReport {
  readonly frames: number
  readonly warnings: readonly string[]
}

async function mux(job: JoinJob): Promise<number> {
  const { path, version } = await findFfmpeg()
  const url = originalUrl(job)
  const bytes = Readable.from(segmentBytes(job.segments), { objectMode: false, highWaterMark: 1 << 20 })
  const run = startFfmpeg(path, {
    inputs: [
      { source: bytes, options: segmentOptions(job) },
      ...(url === undefined ? [] : [{ source: url, options: originalOptions(job) }]),
    ],
    output: fileUrl(job.output),
    outputOptions: joinOptions(job, version),
  })
  const stop = () => void run.kill()
  job.signal?.addEventListener('abort', stop, { once: true })
  try {
    await run.done
  } finally {
    job.signal?.removeEventListener('abort', stop)
    bytes.destroy()
  }
  return Number(/frame= *(\d+)/.exec(run.log.findLast((line) => line.includes('frame=')) ?? '')?.[1] ?? Number.NaN)
}

/**
 * Joins rendered segments to one file by copying, with every other stream, chapter and tag of the clip that the container can hold.
 * Timestamps are those of the segments, to the container's tick. Removes what it wrote when it fails. Throws DfkError, InterruptedError.
 */
export async function joinSegments(job: JoinJob): Promise<JoinReport> {
  checkInterrupted(job.signal)
  if (job.segments.length === 0) throw new DfkError(`expected frames for ${job.output} but there were none`)
  await checkSegments(job.segments)
  // What a kill left of an earlier try: ffmpeg writes over nothing.
  await rm(job.output, { force: true })
  try {
    const frames = await mux(job)
    checkInterrupted(job.signal)
    if (job.container === 'mp4' || job.container === 'mov') await setLastDuration(job.output, job.lastFrameS)
    return { frames, warnings: joinWarnings(job) }
  } catch (failure) {
    await rm(job.output, { force: true })
    checkInterrupted(job.signal)
    throw writeFailure(job.output, failure)
  }
}
