import { createHash } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { cpus } from 'node:os'
import { extname, join } from 'node:path'
import {
  alterStill,
  chooseEncoder,
  choosePixels,
  containerOf,
  DamageLog,
  describeDamage,
  type EncoderChoice,
  ffmpegEncoders,
  indexPackets,
  joinSegments,
  type MediaInfo,
  type PicturePlan,
  pixelsLost,
  probeMedia,
  readStill,
  stillPicture,
  ticksFor,
  writePicture,
  writeStill,
} from '../media/index.ts'
import { drawPatch } from '../picture/compose.ts'
import type { Picture } from '../picture/picture.ts'
import { drawLabel, embedWatermark, type ManifestSummary, newOutputId } from '../provenance/index.ts'
import { checkInterrupted, UsageError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { renderClip } from './clip.ts'
import { RenderJob, type SegmentDone } from './job.ts'
import type { LayersPlan } from './layers.ts'
import { checkLayers, prepareLayers } from './layersFolder.ts'
import type { Job } from './output.ts'
import { renderPreview } from './preview.ts'
import { type TimeRange, WHOLE_CLIP } from './range.ts'
import { renderAlone } from './render.ts'
import { type FrameIndex, frameIndex, Segmentation } from './segments.ts'
import { markOutput, type NamedSwap, NothingSwappedError, newTracker, nothingSwapped, type Seen, type SwapSession } from './session.ts'

/** Presets of x264 and x265, fastest first. */
type EncoderPreset = 'ultrafast' | 'superfast' | 'veryfast' | 'faster' | 'fast' | 'medium' | 'slow' | 'slower' | 'veryslow'

/** How a video is encoded, and how much of it is rendered. */
export interface RenderOptions {
  readonly encoder: EncoderChoice
  /** 0 (best) to 51. */
  readonly quality: number
  /** Of x264 and x265: how much work is spent on a smaller file. */
  readonly preset: EncoderPreset
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
  /** What the output lacks of the clip, or holds in another form. */
  readonly warnings: readonly string[]
}

/** How the picture of an output is encoded: as the footage is, as far as encoder and container can. */
export async function planPicture(
  info: MediaInfo,
  output: string,
  { encoder: asked, quality, preset }: Pick<RenderOptions, 'encoder' | 'quality' | 'preset'>,
): Promise<PicturePlan> {
  const { details, colour, timeBase, coded } = info
  const encoder = chooseEncoder(asked, containerOf(output), await ffmpegEncoders(), details?.pixels)
  const { pipe, encode, chroma, bits } = choosePixels(details?.pixels, encoder, coded.width, coded.height)
  const order = details?.fieldOrder ?? 'progressive'
  return {
    ...{ encoder, quality, preset, isLossless: asked === 'lossless', chroma, bits, pixels: pipe, encode },
    ...{ fullRange: colour.range === 'pc', tags: colour, sar: coded.sar, timeBase: ticksFor(encoder, timeBase) },
    fields: order === 'progressive' ? undefined : order.endsWith('t') ? 'top' : 'bottom',
    threads: cpus().length,
  }
}

/** Names everything that the picture of an output depends on. */
export function fingerprintOf(session: NamedSwap, job: Job, picture: PicturePlan, { range, segment, layers }: RenderOptions): string {
  const { request, generators, permission, footage, label } = session
  const { threshold, choice, look, shots } = request
  const cast = permission.cast.members.map(({ person, run, still }) => [person, run, generators.get(run)!.sha256, still])
  const all = [
    footage.get(job.path),
    cast,
    threshold,
    choice,
    look,
    label,
    picture,
    range.fromS,
    range.toS,
    segment,
    shots,
    layers && [layers.format, layers.alpha],
  ]
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}

export async function indexOf(info: MediaInfo, signal: AbortSignal | undefined): Promise<FrameIndex | undefined> {
  return frameIndex(await indexPackets(info, signal), info.details?.originS ?? 0)
}

/** What the joined file is like: as the clip, or the part of it that was rendered. */
export function joinPlan(info: MediaInfo, picture: PicturePlan, segments: readonly SegmentDone[], { fromS, toS }: TimeRange) {
  const [first, last] = [segments[0]!, segments.at(-1)!]
  const meanS = info.fps.den / info.fps.num
  const restS = info.startS + info.durationS - last.lastS
  const isWhole = fromS === WHOLE_CLIP.fromS && toS === WHOLE_CLIP.toS
  const frames = segments.reduce((sum, each) => sum + each.frames, 0)
  const range = isWhole ? undefined : { startS: first.startS, endS: last.lastS + meanS }
  return {
    ...{ original: info, range, startS: isWhole ? first.startS : 0, timeBase: picture.timeBase, tags: picture.tags },
    codec: /hevc|265/.test(picture.encoder) ? ('hevc' as const) : ('other' as const),
    fieldOrder: info.details?.fieldOrder,
    framesBefore: isWhole ? 0 : Math.round((first.startS - info.startS) / meanS),
    lastFrameS: isWhole && restS > meanS / 2 && frames === info.frames ? restS : meanS,
  }
}

/** What a log of decoding says of the footage, of which `frames` came out, `expected` were counted (0: nobody counted) and the file states `stated`. */
export function harmOf(damage: DamageLog, frames: number, expected: number, stated = 0): string | undefined {
  const harm = damage.finish(frames, expected)
  // An index of what can be read does not hold what is cut off; the file's own count does.
  const whole = harm?.isTruncated === true && expected > 0 ? damage.finish(frames, Math.max(expected, stated)) : harm
  return whole && describeDamage(whole)
}

/** The error for a part of a clip that has no frames. */
function nothingInRange(path: string, info: MediaInfo, { fromS, toS }: TimeRange): NothingSwappedError {
  const asked = `${Math.max(0, fromS)} s to ${Number.isFinite(toS) ? `${toS} s` : 'the end'}`
  return new NothingSwappedError(`expected frames from ${asked} in ${path} but it ends at ${(info.startS + info.durationS).toFixed(2)} s`, {
    hint: 'choose another --range',
  })
}

/** What an output says of itself once it is whole. */
type Finished = Omit<SwapResult, 'output' | 'fps'>

/**
 * Joins the segments of a clip that are rendered, marks and signs the file, puts it in its place and removes the job's folder. `onSigned` is told just before the output
 * is in its place. Throws DfkError where nobody was replaced; `seen`: of faces, for that error.
 */
export async function finishClip(
  session: NamedSwap,
  job: Job,
  info: MediaInfo,
  options: {
    readonly rendering: RenderJob
    readonly range: TimeRange
    readonly seen: Seen
    /** What is wrong with the footage, of which so many frames came out. */
    readonly harm: (frames: number) => string | undefined
    readonly layers?: RenderOptions['layers']
    readonly signal: AbortSignal | undefined
    readonly onSigned?: (finished: Finished, file: string) => Promise<void>
  },
): Promise<Finished> {
  const { rendering, range, seen, harm, layers, signal, onSigned } = options
  const { picture, outputId } = rendering.state
  const segments = rendering.done
  const swapped = segments.reduce((sum, each) => sum + each.swapped, 0)
  const frames = segments.reduce((sum, each) => sum + each.frames, 0)
  if (frames === 0) throw nothingInRange(job.path, info, range)
  if (swapped === 0) throw nothingSwapped(job.path, frames, seen)
  const file = join(rendering.folder, `whole${extname(job.output)}`)
  const harmed = harm(frames)
  const notes = [harmed && `the footage is damaged: ${harmed}`, pixelsLost(info.details?.pixels, picture)]
  const { warnings } = await joinSegments({
    ...joinPlan(info, picture, segments, range),
    ...{ segments: segments.map(({ number }) => rendering.pathOf(number)), container: containerOf(job.output), output: file, signal },
  })
  const mark = markOutput(session, job, outputId)
  await mark.stamp(file)
  const plates = layers && (await prepareLayers({ session, job, rendering, info, plan: layers, folder: layers.folder, signal }))
  checkInterrupted(signal)
  const finished = { frames, swapped, manifest: mark.summary(), warnings: [...notes.filter((note) => note !== undefined), ...warnings] }
  await onSigned?.(finished, file)
  await rename(file, job.output)
  await plates?.place()
  await rendering.remove()
  return finished
}

async function swapVideo(session: SwapSession, job: Job, info: MediaInfo, options: RenderOptions, work: WorkOptions): Promise<SwapResult> {
  const { signal, onProgress } = work
  const startMs = performance.now()
  const { range, layers } = options
  if (layers !== undefined) await checkLayers(layers.folder, layers, job.output)
  const picture = await planPicture(info, job.output, options)
  const index = await indexOf(info, signal)
  const print = fingerprintOf(session, job, picture, options)
  const rendering = await RenderJob.open(job.output, print, () => ({ outputId: newOutputId(), picture }))
  try {
    const before = rendering.done.reduce((sum, { frames }) => sum + frames, 0)
    let frames = 0
    const damage = new DamageLog()
    const segments = new Segmentation(index, range, options.segment)
    const seen = await renderClip({
      ...{ damage, session, info, pixels: picture.pixels, job: rendering, range, layers, output: job.output, signal },
      segments,
      onFrame() {
        frames += 1
        onProgress?.({
          done: before + frames,
          total: Math.max(before + frames, segments.frames ?? info.frames),
          note: `${rateOf(frames, startMs).toFixed(1)} frames/s`,
        })
      },
    })
    const expected = range === WHOLE_CLIP ? (index?.timesS.length ?? 0) : 0
    const harm = (total: number) => harmOf(damage, total, expected, info.frames)
    const finished = await finishClip(session, job, info, { rendering, range, seen, harm, layers, signal })
    return { output: job.output, ...finished, fps: rateOf(frames, startMs) }
  } catch (error) {
    // Where nobody is, nobody will be found the next time.
    if (error instanceof NothingSwappedError) await rendering.remove()
    else await rendering.leave()
    throw error
  }
}

async function swapPicture(session: SwapSession, job: Job, work: WorkOptions): Promise<SwapResult> {
  const startMs = performance.now()
  const tracker = newTracker(session)
  const still = await readStill(job.path)
  const before = await stillPicture(still)
  const after = { ...before, data: before.data.slice() }
  const { faces } = await renderAlone(session, tracker, { index: 0, timeS: 0, picture: before })
  if (faces.length === 0) throw nothingSwapped(job.path, 1, tracker)
  for (const face of faces) drawPatch(after, face, face.matrix)
  const write: WriteMarked = async (stamp) => writeStill(job.output, await alterStill(still, before, after), { before: stamp })
  const placed = await placePicture(session, job, after, write, work)
  work.onProgress?.({ done: 1, total: 1 })
  return { ...placed, frames: 1, swapped: 1, fps: rateOf(1, startMs), warnings: [] }
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
  const { pixels } = await planPicture(info, 'preview.mp4', { ...options, encoder: 'auto' })
  const seen: Seen = { facesSeen: 0, nearest: Number.POSITIVE_INFINITY }
  const index = await indexOf(info, work.signal)
  const clip = { info, pixels, segments: new Segmentation(index, options.range), index, times }
  const onRow = (done: number) => work.onProgress?.({ done, total: count })
  const { sheet, rows, swapped } = await renderPreview(session, clip, seen, { signal: work.signal, onRow })
  if (swapped === 0) throw nothingSwapped(job.path, rows, seen)
  const write: WriteMarked = (stamp) => writePicture(job.output, sheet, { before: stamp })
  return { ...(await placePicture(session, job, sheet, write, work)), frames: rows, swapped, fps: rateOf(rows, startMs), warnings: [] }
}

function rateOf(frames: number, startMs: number): number {
  return Math.round((10_000 * frames) / (performance.now() - startMs)) / 10
}

/** Writes a picture, which has been marked; `stamp` signs the finished file. */
type WriteMarked = (stamp: (partial: string) => Promise<void>) => Promise<void>

/** Marks a picture, in place, writes it, signs it and puts it in its place. */
async function placePicture(
  session: SwapSession,
  job: Job,
  picture: Picture,
  write: WriteMarked,
  { signal }: WorkOptions,
): Promise<Pick<SwapResult, 'output' | 'manifest'>> {
  const outputId = newOutputId()
  const mark = markOutput(session, job, outputId)
  if (session.label.on) drawLabel(picture, session.label)
  embedWatermark(picture, outputId)
  checkInterrupted(signal)
  await write(mark.stamp)
  return { output: job.output, manifest: mark.summary() }
}

/**
 * Renders the double into one clip or picture. Frames, times and sound stay those of the clip; frames without the face pass through.
 * Throws DfkError where no face was replaced, RefusedError where a chosen face has no record; then nothing is written.
 */
export async function swapFile(session: SwapSession, job: Job, options: RenderOptions, work: WorkOptions): Promise<SwapResult> {
  const info = await probeMedia(job.path, work.signal)
  const alone = { hint: 'leave --preview or --layers away' }
  if (options.preview !== undefined && options.layers !== undefined)
    throw new UsageError('--preview: expected no --layers, which a preview does not write', alone)
  if (info.kind === 'image' && (options.preview ?? options.layers) !== undefined)
    throw new UsageError(`${options.preview === undefined ? '--layers' : '--preview'}: expected a clip but ${job.path} is an image`, alone)
  if (info.kind === 'image') return swapPicture(session, job, work)
  return options.preview === undefined ? swapVideo(session, job, info, options, work) : previewVideo(session, job, info, options, work)
}
