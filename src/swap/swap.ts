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
import type { Picture } from '../picture/picture.ts'
import { drawLabel, embedWatermark, type ManifestSummary, newOutputId } from '../provenance/index.ts'
import { checkInterrupted, UsageError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { LABEL, renderClip } from './clip.ts'
import { RenderJob } from './job.ts'
import type { LayersPlan } from './layers.ts'
import { checkLayers, prepareLayers } from './layersFolder.ts'
import type { Job } from './output.ts'
import { renderPreview } from './preview.ts'
import type { TimeRange } from './range.ts'
import { type OpenFrame, renderFrames } from './render.ts'
import { Segmentation } from './segments.ts'
import { markOutput, newTracker, nothingSwapped, type Seen, type SwapSession } from './session.ts'

/** How a video is encoded, and how much of it is rendered. */
export interface RenderOptions {
  readonly encoder: EncoderName | 'auto'
  /** 0 (best) to 51. */
  readonly quality: number
  readonly range: TimeRange
  /** Render so many frames onto a sheet instead. */
  readonly preview: number | undefined
  /** Frames of a segment. */
  readonly segment: number
  /** Plates for compositors, and the folder that they go to. */
  readonly layers?: (LayersPlan & { readonly folder: string }) | undefined
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
async function planPicture(info: MediaInfo, output: string, { encoder: asked, quality: wanted }: RenderOptions): Promise<PicturePlan> {
  const plan = { output, width: 2, height: 2, fps: info.fps, copyFrom: info, encoder: asked, quality: wanted }
  const { encoder, quality, preset } = await planEncoding(plan)
  const even = info.coded.width % 2 === 0 && info.coded.height % 2 === 0
  const pixels: PipePixels = even ? 'yuv420p' : 'yuv444p'
  const { colour, timeBase, coded } = info
  return {
    encoder,
    quality,
    preset,
    pixels,
    fullRange: colour.range === 'pc',
    tags: colour,
    sar: coded.sar,
    timeBase,
    threads: cpus().length,
  }
}

/** Names everything that the picture of an output depends on. */
function fingerprintOf(session: SwapSession, job: Job, picture: PicturePlan, { range, segment, layers }: RenderOptions): string {
  const { request, generator, footage, label } = session
  const { threshold, choice, colour, look, shots } = request
  const plates = layers && [layers.format, layers.alpha]
  const all = [
    shots,
    plates,
    footage.get(job.path),
    generator.sha256,
    threshold,
    choice,
    colour,
    look,
    label,
    picture,
    range.fromS,
    range.toS,
    segment,
  ]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}

async function swapVideo(session: SwapSession, job: Job, info: MediaInfo, options: RenderOptions, work: WorkOptions): Promise<SwapResult> {
  const { signal, onProgress } = work
  const startMs = performance.now()
  const { range, layers } = options
  if (layers !== undefined) await checkLayers(layers.folder, layers, job.output)
  const picture = await planPicture(info, job.output, options)
  const print = fingerprintOf(session, job, picture, options)
  const rendering = await RenderJob.open(job.output, print, () => ({ outputId: newOutputId(), picture }))
  try {
    const before = rendering.done.reduce((sum, { frames }) => sum + frames, 0)
    let frames = 0
    const rate = () => (1000 * frames) / (performance.now() - startMs)
    const seen = await renderClip({
      ...{ session, info, pixels: picture.pixels, job: rendering, range, layers, output: job.output, signal },
      segments: new Segmentation(undefined, range, options.segment),
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
    const plates = layers && (await prepareLayers({ session, job, rendering, info, plan: layers, folder: layers.folder, signal }))
    checkInterrupted(signal)
    await rename(file, job.output)
    await plates?.place()
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

async function swapPicture(session: SwapSession, job: Job, work: WorkOptions): Promise<SwapResult> {
  const startMs = performance.now()
  const tracker = newTracker(session)
  const picture = await readPicture(job.path)
  const frame: OpenFrame = { index: 0, timeS: 0, picture, warm: false }
  for await (const { faces } of renderFrames(session, tracker, only(frame))) {
    if (faces.length === 0) throw nothingSwapped(job.path, 1, tracker)
  }
  const placed = await placePicture(session, job, picture, work)
  work.onProgress?.({ done: 1, total: 1 })
  return { ...placed, frames: 1, swapped: 1, fps: rateOf(1, startMs) }
}

/** Renders some frames of a clip onto a sheet: target, swapped, mask. It is an output like any other, marked and signed. */
async function previewVideo(
  session: SwapSession,
  job: Job,
  info: MediaInfo,
  options: RenderOptions,
  work: WorkOptions,
): Promise<SwapResult> {
  const startMs = performance.now()
  const count = options.preview!
  const from = Math.max(0, options.range.fromS)
  const length = Math.min(info.startS + info.durationS, options.range.toS) - from
  const times = Array.from({ length: count }, (_, i) => from + (length * (i + 0.5)) / count)
  const { pixels } = await planPicture(info, 'preview.mp4', options)
  const seen: Seen = { facesSeen: 0, nearest: Number.POSITIVE_INFINITY }
  const clip = { info, pixels, segments: new Segmentation(undefined, options.range), index: undefined, times }
  const onRow = (done: number) => work.onProgress?.({ done, total: count })
  const { sheet, rows, swapped } = await renderPreview(session, clip, seen, { signal: work.signal, onRow })
  if (swapped === 0) throw nothingSwapped(job.path, rows, seen)
  return { ...(await placePicture(session, job, sheet, work)), frames: rows, swapped, fps: rateOf(rows, startMs) }
}

function rateOf(frames: number, startMs: number): number {
  return Math.round((10_000 * frames) / (performance.now() - startMs)) / 10
}

/** Marks a picture, signs it and puts it in its place. */
async function placePicture(
  session: SwapSession,
  job: Job,
  picture: Picture,
  { signal }: WorkOptions,
): Promise<Pick<SwapResult, 'output' | 'manifest'>> {
  const outputId = newOutputId()
  const mark = markOutput(session, job, outputId)
  if (session.label) drawLabel(picture, LABEL)
  embedWatermark(picture, outputId)
  checkInterrupted(signal)
  await writePicture(job.output, picture, { before: mark.stamp })
  return { output: job.output, manifest: mark.summary() }
}

/**
 * Renders the double into one clip or picture. Frames, times and sound stay those of the clip; frames without the face pass through.
 * Throws DfkError where no face was replaced, RefusedError where a chosen face has no record; then nothing is written.
 */
export async function swapFile(session: SwapSession, job: Job, options: RenderOptions, work: WorkOptions): Promise<SwapResult> {
  const info = await probeMedia(job.path, work.signal)
  if (info.kind === 'image' && options.layers !== undefined)
    throw new UsageError(`--layers: expected a clip but ${job.path} is an image`, { hint: 'leave --layers away' })
  if (info.kind === 'image') return swapPicture(session, job, work)
  return options.preview === undefined ? swapVideo(session, job, info, options, work) : previewVideo(session, job, info, options, work)
}
