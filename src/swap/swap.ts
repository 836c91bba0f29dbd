import { createHash } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { cpus } from 'node:os'
import { extname, join } from 'node:path'
import {
  type EncoderName,
  joinSegments,
  type MediaInfo,
  type PicturePlan,
  type PipePixels,
  planEncoding,
  probeMedia,
  readPicture,
  writePicture,
} from '../media/index.ts'
import { drawLabel, embedWatermark, type ManifestSummary, newOutputId } from '../provenance/index.ts'
import { checkInterrupted } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { LABEL, renderClip } from './clip.ts'
import { RenderJob } from './job.ts'
import type { Job } from './output.ts'
import { type OpenFrame, renderFrames } from './render.ts'
import { Segmentation } from './segments.ts'
import { markOutput, newTracker, nothingSwapped, type SwapSession } from './session.ts'

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
  /** Frames rendered a second by this call. */
  readonly fps: number
  readonly manifest: ManifestSummary
}

/** How the picture of an output is encoded. */
async function planPicture(info: MediaInfo, output: string, encoding: Encoding): Promise<PicturePlan> {
  const { encoder, quality, preset } = await planEncoding({ output, width: 2, height: 2, fps: info.fps, copyFrom: info, ...encoding })
  const even = info.coded.width % 2 === 0 && info.coded.height % 2 === 0
  const pixels: PipePixels = even ? 'yuv420p' : 'yuv444p'
  const { colour, timeBase, coded } = info
  return { encoder, quality, preset, pixels, fullRange: colour.range === 'pc', tags: colour, sar: coded.sar, timeBase, threads: cpus().length }
}

/** Names everything that the picture of an output depends on. */
function fingerprintOf(session: SwapSession, job: Job, picture: PicturePlan): string {
  const { request, generator, footage, label } = session
  const { threshold, choice, colour, look } = request
  const all = [footage.get(job.path), generator.sha256, threshold, choice, colour, look, label, picture]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}

async function swapVideo(session: SwapSession, job: Job, info: MediaInfo, encoding: Encoding, work: WorkOptions): Promise<SwapResult> {
  const { signal, onProgress } = work
  const startMs = performance.now()
  const picture = await planPicture(info, job.output, encoding)
  const range = { fromS: Number.NEGATIVE_INFINITY, toS: Number.POSITIVE_INFINITY }
  const rendering = await RenderJob.open(job.output, fingerprintOf(session, job, picture), () => ({ outputId: newOutputId(), picture }))
  try {
    const before = rendering.done.reduce((sum, { frames }) => sum + frames, 0)
    let frames = 0
    const rate = () => (1000 * frames) / (performance.now() - startMs)
    const seen = await renderClip({
      ...{ session, info, pixels: picture.pixels, job: rendering, range, output: job.output, signal },
      segments: new Segmentation(undefined, range),
      onFrame() {
        frames += 1
        onProgress?.({ done: before + frames, total: Math.max(before + frames, info.frames), note: `${rate().toFixed(1)} frames/s` })
      },
    })
    const segments = rendering.done
    const swapped = segments.reduce((sum, each) => sum + each.swapped, 0)
    const total = segments.reduce((sum, each) => sum + each.frames, 0)
    if (swapped === 0) throw nothingSwapped(job.path, total, seen)
    const file = join(rendering.folder, `whole${extname(job.output)}`)
    await joinSegments({
      segments: segments.map((each) => ({ ...each, path: rendering.pathOf(each.number) })),
      ...{ original: info, file, output: job.output },
    })
    const mark = markOutput(session, job, rendering.state.outputId)
    await mark.stamp(file)
    checkInterrupted(signal)
    await rename(file, job.output)
    await rendering.remove()
    return { output: job.output, frames: total, swapped, fps: Math.round(rate() * 10) / 10, manifest: mark.summary() }
  } catch (error) {
    await rendering.leave()
    throw error
  }
}

async function* only<T>(item: T): AsyncGenerator<T> {
  yield item
}

async function swapPicture(session: SwapSession, job: Job, { signal, onProgress }: WorkOptions): Promise<SwapResult> {
  const startMs = performance.now()
  const outputId = newOutputId()
  const mark = markOutput(session, job, outputId)
  const tracker = newTracker(session)
  const picture = await readPicture(job.path)
  const frame: OpenFrame = { index: 0, timeS: 0, picture, warm: false }
  for await (const { faces } of renderFrames(session, tracker, only(frame))) {
    if (faces.length === 0) throw nothingSwapped(job.path, 1, tracker)
  }
  if (session.label) drawLabel(picture, LABEL)
  embedWatermark(picture, outputId)
  checkInterrupted(signal)
  await writePicture(job.output, picture, { before: mark.stamp })
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
