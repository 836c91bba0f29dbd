import { basename } from 'node:path'
import { createEncoder, decodeFrames, type EncoderName, type MediaInfo, probeMedia, readPicture, writePicture } from '../media/index.ts'
import { drawLabel, embedWatermark, type ManifestSummary } from '../provenance/index.ts'
import { checkInterrupted } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { trackFrames } from './ahead.ts'
import type { Job } from './output.ts'
import { type Colours, type OpenFrame, renderFrames } from './render.ts'
import { markOutput, newTracker, nothingSwapped, type SwapSession } from './session.ts'
import { viewOf } from './view.ts'

/** Faces that go through the generator at once; as many frames are in memory. */
export const VIDEO_BATCH = 4
const LABEL = 'AI GENERATED'

/** How a video is encoded. */
export interface Encoding {
  readonly encoder: EncoderName | 'auto'
  /** 0 (best) to 51. */
  readonly quality: number
}

export interface SwapResult {
  readonly output: string
  readonly frames: number
  /** Frames in which a face was replaced. */
  readonly swapped: number
  /** Frames rendered a second. */
  readonly fps: number
  readonly manifest: ManifestSummary
}

async function* inGroups<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = []
  for await (const item of items) {
    group.push(item)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

async function* viewed(frames: AsyncIterable<Omit<OpenFrame, 'view'>>): AsyncGenerator<OpenFrame> {
  for await (const frame of frames) yield { ...frame, view: viewOf(frame.picture) }
}

/** Writes what an altered frame must carry: the label where asked for, then the watermark in the pixels. */
function disclose(session: SwapSession, frame: OpenFrame, isSwapped: boolean, outputId: string): void {
  if (session.label) drawLabel(frame.picture, LABEL)
  if (isSwapped || session.label) embedWatermark(frame.picture, outputId)
}

async function swapVideo(
  session: SwapSession,
  job: Job,
  info: MediaInfo,
  encoding: Encoding,
  { signal, onProgress }: WorkOptions,
): Promise<SwapResult> {
  const startMs = performance.now()
  const { width, height, fps } = info
  const mark = markOutput(session, job, basename(job.output))
  const tracker = newTracker(session)
  const colours: Colours = new Map()
  const encoder = await createEncoder({ output: job.output, width, height, fps, copyFrom: info, ...encoding, signal })
  let frames = 0
  let swapped = 0
  const rate = () => (1000 * frames) / (performance.now() - startMs)
  try {
    for await (const group of inGroups(trackFrames(viewed(decodeFrames(info, { signal })), tracker), VIDEO_BATCH)) {
      const altered = await renderFrames(session, colours, group)
      for (const { frame } of group) {
        disclose(session, frame, altered.has(frame), mark.outputId)
        await encoder.write(frame.picture, frame.timeS)
      }
      frames += group.length
      swapped += altered.size
      onProgress?.({ done: frames, total: Math.max(frames, info.frames), note: `${rate().toFixed(1)} frames/s` })
    }
    if (swapped === 0) throw nothingSwapped(job.path, frames, tracker)
    await encoder.finish(mark.stamp)
  } catch (error) {
    await encoder.abort()
    throw error
  }
  return { output: job.output, frames, swapped, fps: Math.round(rate() * 10) / 10, manifest: mark.summary() }
}

async function swapPicture(session: SwapSession, job: Job, { signal, onProgress }: WorkOptions): Promise<SwapResult> {
  const startMs = performance.now()
  const mark = markOutput(session, job, basename(job.output))
  const tracker = newTracker(session)
  const picture = await readPicture(job.path)
  const frame: OpenFrame = { index: 0, timeS: 0, picture, view: viewOf(picture) }
  let altered = new Set<OpenFrame>()
  for await (const tracked of trackFrames([frame], tracker)) altered = await renderFrames(session, new Map(), [tracked])
  if (altered.size === 0) throw nothingSwapped(job.path, 1, tracker)
  disclose(session, frame, true, mark.outputId)
  checkInterrupted(signal)
  await writePicture(job.output, frame.picture, { before: mark.stamp })
  onProgress?.({ done: 1, total: 1 })
  const fps = Math.round(10_000 / (performance.now() - startMs)) / 10
  return { output: job.output, frames: 1, swapped: 1, fps, manifest: mark.summary() }
}

/**
 * Renders the double into one clip or picture. Frames, times and sound stay those of the clip; frames without the face pass through.
 * Throws DfkError where no face was replaced, RefusedError where a chosen face has no record; then nothing is written.
 */
export async function swapFile(session: SwapSession, job: Job, encoding: Encoding, work: WorkOptions): Promise<SwapResult> {
  const info = await probeMedia(job.path, work.signal)
  return info.kind === 'image' ? swapPicture(session, job, work) : swapVideo(session, job, info, encoding, work)
}
