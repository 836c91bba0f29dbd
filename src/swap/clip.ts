import type { MediaInfo, PipePixels } from '../media/index.ts'
import { frameFormat, openSegment, readClip, type SegmentWriter } from '../media/index.ts'
import { followLuma, lumaIn, type Plate, plateOf } from '../picture/plate.ts'
import { type YuvFormat, type YuvPicture, yuvPicture } from '../picture/yuv.ts'
import { drawLayer, layerOf } from '../picture/yuvDraw.ts'
import { embedWatermark, labelLayer } from '../provenance/index.ts'
import { Queue } from '../work/queue.ts'
import type { RenderJob } from './job.ts'
import { type LayerSegment, type LayersPlan, layersOf, openLayers } from './layers.ts'
import { frameMatrix, type OpenFrame, type RenderedFrame, renderFrames } from './render.ts'
import { type Segmentation, WARM_UP_FRAMES } from './segments.ts'
import { newTracker, type Seen, type SwapSession } from './session.ts'
import { optionsAt } from './shots.ts'

export const LABEL = 'AI GENERATED'
/** Frames that wait between decoding and looking. */
const WAITING = 4

/** A clip that is rendered segment by segment. */
export interface ClipRender {
  readonly session: SwapSession
  readonly info: MediaInfo
  readonly pixels: PipePixels
  readonly job: RenderJob
  readonly segments: Segmentation
  readonly range: { readonly fromS: number; readonly toS: number }
  /** What is written for compositors besides. */
  readonly layers?: LayersPlan | undefined
  /** Name for errors. */
  readonly output: string
  readonly signal?: AbortSignal | undefined
  /** Called with each frame that is drawn and encoded. */
  readonly onFrame: (rendered: RenderedFrame) => void
  readonly onLine?: ((line: string) => void) | undefined
}

/** A segment whose frames are being rendered. */
interface OpenSegment {
  readonly number: number
  readonly frames: Queue<OpenFrame>
  readonly done: Promise<void>
}

function note(seen: Seen, tracker: Readonly<Seen>): void {
  seen.facesSeen += tracker.facesSeen
  seen.nearest = Math.min(seen.nearest, tracker.nearest)
}

function planar({ picture }: OpenFrame): YuvPicture {
  if ('format' in picture) return picture
  throw new TypeError('expected a planar frame of a clip but found an RGB picture')
}

/** Writes what an altered frame must carry: the label where asked for, then the watermark in the pixels. Returns what was laid over the footage, mark included, where layers are asked for. */
function disclose({ session, job, layers }: ClipRender, { frame, faces }: RenderedFrame): Plate | undefined {
  const picture = planar(frame)
  const { format } = picture
  const { width, height } = format
  const label = (optionsAt(session.request, frame).label ?? session.label) ? [labelLayer(width, height, LABEL)] : []
  for (const layer of label) drawLayer(picture, layer)
  if (faces.length === 0 && label.length === 0) return undefined
  const drawn = () =>
    faces.map((face) => layerOf(face, frameMatrix(face.matrix, format), width, height)).filter((layer) => layer !== undefined)
  const plate = layers === undefined ? undefined : plateOf([...drawn(), ...label], format)
  const before = plate && lumaIn(picture, plate.box)
  embedWatermark(picture, job.state.outputId)
  if (plate !== undefined && before !== undefined) followLuma(plate, picture, before)
  return plate
}

/** Opens the layers of a segment, where they are asked for. */
async function layersFor(render: ClipRender, number: number): Promise<LayerSegment | undefined> {
  const { session, job, layers: plan, info, output, signal } = render
  if (plan === undefined) return undefined
  const path = job.pathOf(number)
  const part = `${layersOf(path)}.${process.pid}.part`
  const who = session.run.config.target.subject
  return openLayers({ plan, info, path, part, outputId: job.state.outputId, who, output, signal })
}

async function renderSegment(
  render: ClipRender,
  format: YuvFormat,
  number: number,
  frames: AsyncIterable<OpenFrame>,
  seen: Seen,
): Promise<void> {
  const { session, job, info, output, signal } = render
  const tracker = newTracker(session)
  const part = job.partOf(number)
  let writer: SegmentWriter | undefined
  let layers: LayerSegment | undefined
  let swapped = 0
  try {
    for await (const rendered of renderFrames(session, tracker, frames)) {
      if (rendered.frame.warm) continue
      const plate = disclose(render, rendered)
      layers ??= await layersFor(render, number)
      await layers?.write(rendered, optionsAt(session.request, rendered.frame), plate)
      writer ??= await openSegment({ file: part, output, format, fps: info.fps, plan: job.state.picture, signal })
      await writer.write(planar(rendered.frame).bytes, rendered.frame.timeS)
      if (rendered.faces.length > 0) swapped += 1
      render.onFrame(rendered)
    }
    note(seen, tracker)
    if (writer === undefined) return
    await writer.finish()
    await layers?.keep()
    await job.keep(part, { number, frames: writer.count, swapped, startS: writer.startS, lastS: writer.lastS })
  } catch (error) {
    await writer?.abort()
    await layers?.abort()
    throw error
  }
}

/** Hands the frames of a clip to the renderers of their segments; a segment's first frames also go to the next one, which warms up on them. */
class Distributor {
  readonly #render: ClipRender
  readonly #format: YuvFormat
  readonly #seen: Seen
  #open: OpenSegment[] = []

  constructor(render: ClipRender, format: YuvFormat, seen: Seen) {
    this.#render = render
    this.#format = format
    this.#seen = seen
  }

  /** Hands on a frame; resolves when there is room for the next. Throws what the renderer threw. */
  async give(segment: number, frame: OpenFrame): Promise<void> {
    const open = this.#open.find(({ number }) => number === segment) ?? this.#begin(segment)
    if (!(await open.frames.push(frame))) await open.done
  }

  /** No more frames come for segments before this one. Resolves when they are done. */
  async closeBefore(segment: number): Promise<void> {
    const closed = this.#open.filter(({ number }) => number < segment)
    this.#open = this.#open.filter(({ number }) => number >= segment)
    for (const { frames } of closed) frames.end()
    for (const { done } of closed) await done
  }

  /** Stops all renderers, because of `error`. */
  async stop(error: unknown): Promise<void> {
    for (const { frames } of this.#open) frames.end({ error })
    await Promise.allSettled(this.#open.map(({ done }) => done))
    this.#open = []
  }

  #begin(number: number): OpenSegment {
    const frames = new Queue<OpenFrame>(WAITING)
    const done = renderSegment(this.#render, this.#format, number, frames, this.#seen)
    // Whoever waits for it gets the failure; until then it is nobody's.
    done.catch(() => {})
    const open = { number, frames, done }
    this.#open.push(open)
    return open
  }
}

/** The first segment from `from` on that is not done; undefined where all are. */
function missingFrom({ job, segments }: ClipRender, from: number): number | undefined {
  let segment = from
  while (job.has(segment)) segment += 1
  return segments.count !== undefined && segment >= segments.count ? undefined : segment
}

/** Reads from segment `from` on until one comes that is done already; returns the next missing one, or undefined at the end of the clip. `seek` false: reads from the start. */
async function renderFrom(
  render: ClipRender,
  distributor: Distributor,
  format: YuvFormat,
  from: number,
  seek: boolean,
): Promise<number | undefined> {
  const { info, pixels, job, segments, range, signal, onLine } = render
  const wanted = segments.warmBegin(from)
  const seekS = seek ? segments.seekS(wanted) : undefined
  let read = 0
  for await (const { timeS, bytes } of readClip(info, { pixels, seekS, signal, onLine })) {
    if (timeS >= range.toS) break
    const index = segments.numberOf(timeS, read)
    read += 1
    // A file whose index lies: what was looked for is behind us already.
    if (read === 1 && seekS !== undefined && index > wanted) return renderFrom(render, distributor, format, from, false)
    if (index < wanted) continue
    const own = segments.segmentOf(index)
    const later = segments.segmentOf(index + WARM_UP_FRAMES)
    await distributor.closeBefore(own)
    const warms = later > own && !job.has(later)
    if (warms) await distributor.give(later, { index, timeS, picture: yuvPicture(format, bytes.slice()), warm: true })
    if (own < from) continue
    if (!job.has(own)) await distributor.give(own, { index, timeS, picture: yuvPicture(format, bytes), warm: timeS < range.fromS })
    else if (!warms && missingFrom(render, own) !== own) return missingFrom(render, own)
  }
  return undefined
}

/** Renders all segments of a clip that are not done yet. What is done stays done, whatever happens. */
export async function renderClip(render: ClipRender): Promise<Seen> {
  const seen: Seen = { facesSeen: 0, nearest: Number.POSITIVE_INFINITY }
  const format = frameFormat(render.info, render.pixels)
  const distributor = new Distributor(render, format, seen)
  try {
    let next = missingFrom(render, 0)
    while (next !== undefined) {
      next = await renderFrom(render, distributor, format, next, true)
      await distributor.closeBefore(Number.POSITIVE_INFINITY)
    }
  } catch (error) {
    await distributor.stop(error)
    throw error
  }
  return seen
}
