import type { DamageLog, MediaInfo, PipePixels } from '../media/index.ts'
import { frameFormat, openSegment, readClip, type SegmentWriter } from '../media/index.ts'
import { type YuvFormat, type YuvPicture, yuvBytes, yuvPicture } from '../picture/yuv.ts'
import { BufferPool } from '../work/bufferPool.ts'
import { timed } from '../work/clock.ts'
import { Queue } from '../work/queue.ts'
import { LOOK_AHEAD } from './bridge.ts'
import type { Finished } from './finish/pool.ts'
import type { RenderJob } from './job.ts'
import { type LayerSegment, type LayersPlan, layersOf, openLayers } from './layers.ts'
import { type OpenFrame, type RenderedFrame, renderFrames } from './render.ts'
import { type Segmentation, WARM_UP_FRAMES } from './segments.ts'
import { labelAt, newTracker, type Seen, type SwapSession } from './session.ts'
import { optionsAt } from './shots.ts'

/** Frames that wait between decoding and looking. */
const WAITING = 4

/** A clip that is rendered segment by segment. */
export interface ClipRender {
  readonly session: SwapSession
  readonly info: MediaInfo
  readonly pixels: PipePixels
  readonly job: Pick<RenderJob, 'state' | 'has' | 'pathOf' | 'partOf' | 'keep'>
  /** What is written for compositors besides. */
  readonly layers?: LayersPlan | undefined
  readonly segments: Segmentation
  readonly range: { readonly fromS: number; readonly toS: number }
  /** Name for errors. */
  readonly output: string
  readonly signal?: AbortSignal | undefined
  /** Called with each frame that is drawn and encoded. */
  readonly onFrame: (rendered: RenderedFrame) => void
  /** Hears what decoding says of the footage. */
  readonly damage?: DamageLog | undefined
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

interface FinishedFrame extends Finished {
  readonly rendered: RenderedFrame
}

/** Draws the faces and what an altered frame must carry, several frames at a time, and hands them on in order. */
async function* finishFrames(
  render: ClipRender,
  frames: AsyncIterable<RenderedFrame>,
  pool: BufferPool,
): AsyncGenerator<FinishedFrame, void, undefined> {
  const { finisher, clock } = render.session
  const wantsPlate = render.layers !== undefined
  const finish = async (rendered: RenderedFrame): Promise<FinishedFrame> => {
    const { format, bytes } = planar(rendered.frame)
    const label = labelAt(render.session, rendered.frame, Math.max(render.range.fromS, render.info.startS))
    if (rendered.faces.length === 0 && label === undefined) return { rendered, bytes, plate: undefined }
    const finishing = { faces: rendered.faces, label, outputId: render.job.state.outputId, wantsPlate }
    return { rendered, ...(await timed(clock, 'finish', () => finisher.finish(format, bytes, finishing))) }
  }
  const pending: Promise<FinishedFrame>[] = []
  for await (const rendered of frames) {
    if (rendered.frame.warm) {
      pool.give(planar(rendered.frame).bytes)
      continue
    }
    const finishing = finish(rendered)
    // Whoever waits for it gets the failure; until then it is nobody's.
    finishing.catch(() => {})
    pending.push(finishing)
    if (pending.length > 2 * finisher.threads) yield await pending.shift()!
  }
  for (const finishing of pending) yield await finishing
}

/** Opens the layers of a segment, where they are asked for. */
async function layersFor(render: ClipRender, number: number): Promise<LayerSegment | undefined> {
  const { job, layers: plan, info, output, signal } = render
  if (plan === undefined) return undefined
  const path = job.pathOf(number)
  return openLayers({ plan, info, path, part: `${layersOf(path)}.${process.pid}.part`, outputId: job.state.outputId, output, signal })
}

async function renderSegment(
  render: ClipRender,
  format: YuvFormat,
  number: number,
  frames: AsyncIterable<OpenFrame>,
  seen: Seen,
  pool: BufferPool,
): Promise<void> {
  const { session, job, info, output, signal } = render
  const tracker = newTracker(session)
  const part = job.partOf(number)
  let writer: SegmentWriter | undefined
  let layers: LayerSegment | undefined
  let swapped = 0
  try {
    for await (const { rendered, bytes, plate } of finishFrames(render, renderFrames(session, tracker, frames), pool)) {
      layers ??= await layersFor(render, number)
      await layers?.write(rendered, optionsAt(session.request, rendered.frame), plate)
      const plan = job.state.picture
      writer ??= await openSegment({ file: part, output, format, fps: info.fps, plan, onTaken: (done) => pool.give(done), signal })
      const open = writer
      await timed(session.clock, 'encode', () => open.write(bytes, rendered.frame.timeS))
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

/** Hands the frames of a clip to the renderers of their segments. Those around a segment go to it too: what comes before it settles, what comes after shows where faces go. */
class Distributor {
  readonly #render: ClipRender
  readonly #format: YuvFormat
  readonly #seen: Seen
  readonly #pool: BufferPool
  #open: OpenSegment[] = []

  constructor(render: ClipRender, format: YuvFormat, seen: Seen, pool: BufferPool) {
    this.#render = render
    this.#format = format
    this.#seen = seen
    this.#pool = pool
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
    const done = renderSegment(this.#render, this.#format, number, frames, this.#seen, this.#pool)
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

/** A clip that is being read. */
interface Reading extends ClipRender {
  readonly distributor: Distributor
  readonly format: YuvFormat
  readonly pool: BufferPool
}

/** Reads from segment `from` on until one comes that is done already; returns the next missing one, or undefined at the end of the clip. `seek` false: reads from the start. */
async function renderFrom(reading: Reading, from: number, seek: boolean): Promise<number | undefined> {
  const { info, pixels, job, segments, range, signal, damage, distributor, format, pool } = reading
  const wanted = segments.warmBegin(from)
  const seekS = seek ? segments.seekS(wanted) : undefined
  let read = 0
  for await (const { timeS, bytes } of readClip(info, { pixels, seekS, signal, pool, onLine: (line) => damage?.read(line) })) {
    if (timeS >= range.toS) break
    damage?.reach(timeS)
    const index = segments.numberOf(timeS, read)
    read += 1
    // A file whose index lies: what was looked for is behind us already.
    if (read === 1 && seekS !== undefined && index > wanted) return renderFrom(reading, from, false)
    if (index < wanted) continue
    const own = segments.segmentOf(index)
    const later = segments.segmentOf(index + WARM_UP_FRAMES)
    const earlier = segments.segmentOf(index - LOOK_AHEAD)
    await distributor.closeBefore(earlier)
    const isWanted = (segment: number) => segment !== own && segment >= from && !job.has(segment)
    const neighbours = Array.from({ length: later - earlier + 1 }, (_, k) => earlier + k).filter(isWanted)
    // Each gets pixels of its own: whose frame it is draws into them.
    for (const each of neighbours) {
      const copy = pool.take()
      copy.set(bytes)
      await distributor.give(each, { index, timeS, picture: yuvPicture(format, copy), warm: true })
    }
    if (own < from) continue
    if (!job.has(own)) await distributor.give(own, { index, timeS, picture: yuvPicture(format, bytes), warm: timeS < range.fromS })
    else if (neighbours.length === 0 && missingFrom(reading, own) !== own) return missingFrom(reading, own)
  }
  return undefined
}

/** Renders all segments of a clip that are not done yet. What is done stays done, whatever happens. */
export async function renderClip(render: ClipRender): Promise<Seen> {
  const seen: Seen = { facesSeen: 0, nearest: Number.POSITIVE_INFINITY }
  const format = frameFormat(render.info, render.pixels)
  const pool = new BufferPool(yuvBytes(format))
  const distributor = new Distributor(render, format, seen, pool)
  try {
    let next = missingFrom(render, 0)
    while (next !== undefined) {
      next = await renderFrom({ ...render, distributor, format, pool }, next, true)
      await distributor.closeBefore(Number.POSITIVE_INFINITY)
    }
  } catch (error) {
    await distributor.stop(error)
    throw error
  }
  return seen
}

/** Renders one segment of a clip, whatever else of it is done. `segments` must come from an index. */
export async function renderOnly(render: ClipRender, segment: number): Promise<Seen> {
  const { job, segments } = render
  const count = segments.count ?? 0
  const alone: ClipRender['job'] = {
    state: job.state,
    has: (number) => number < count && (number !== segment || job.has(number)),
    pathOf: (number) => job.pathOf(number),
    partOf: (number) => job.partOf(number),
    keep: (part, done) => job.keep(part, done),
  }
  return renderClip({ ...render, job: alone })
}
