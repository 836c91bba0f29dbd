import type { DamageLog, MediaInfo, PipePixels } from '../media/index.ts'
import { openSegment, type SegmentWriter } from '../media/index.ts'
import type { YuvFormat, YuvPicture } from '../picture/yuv.ts'
import type { BufferPool } from '../work/bufferPool.ts'
import { timed } from '../work/clock.ts'
import type { Finished } from './finish/pool.ts'
import type { RenderJob } from './job.ts'
import { type LayerSegment, type LayersPlan, layersOf, openLayers } from './layers.ts'
import { labelAt } from './mark.ts'
import type { Seen } from './nothing.ts'
import { type OpenFrame, type RenderedFrame, renderFrames } from './render.ts'
import type { Segmentation } from './segments.ts'
import { newTracker, type SwapSession } from './session.ts'
import { optionsAt, showsFaces } from './shots.ts'

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
  readonly damage: DamageLog
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
  const { job, layers: plan, info, output, signal, session } = render
  if (plan === undefined) return undefined
  const path = job.pathOf(number)
  const by = { outputId: job.state.outputId, provider: session.request.provider }
  return openLayers({ plan, info, path, part: job.partOf(layersOf(path)), ...by, output, signal })
}

/** Renders one segment from its frames, in order, and keeps it once it is whole. `seen` is told of the faces met. */
export async function renderSegment(
  render: ClipRender,
  format: YuvFormat,
  number: number,
  frames: AsyncIterable<OpenFrame>,
  seen: Seen,
  pool: BufferPool,
): Promise<void> {
  const { session, job, info, output, signal } = render
  const tracker = newTracker(session)
  const part = job.partOf(job.pathOf(number))
  let writer: SegmentWriter | undefined
  let layers: LayerSegment | undefined
  let [asked, swapped] = [0, 0]
  try {
    for await (const { rendered, bytes, plate } of finishFrames(render, renderFrames(session, tracker, frames), pool)) {
      // Who took their consent back while the segments before were rendered is rendered no further. Not before the loop: whoever hands frames on learns it by its end.
      if (writer === undefined) await session.permission.recheck()
      layers ??= await layersFor(render, number)
      const options = optionsAt(session.request, rendered.frame)
      await layers?.write(rendered, options, plate)
      const plan = job.state.picture
      writer ??= await openSegment({ file: part, output, format, fps: info.fps, plan, onTaken: (done) => pool.give(done), signal })
      const open = writer
      await timed(session.clock, 'encode', () => open.write(bytes, rendered.frame.timeS))
      if (showsFaces(options)) {
        asked += 1
        if (rendered.faces.length > 0) swapped += 1
      }
      render.onFrame(rendered)
    }
    note(seen, tracker)
    if (writer === undefined) return
    await writer.finish()
    await layers?.keep()
    const { count, startS, lastS } = writer
    const damage = render.damage.between(number === 0 ? Number.NEGATIVE_INFINITY : startS, lastS)
    await job.keep(part, { number, frames: count, asked, swapped, startS, lastS, damage })
  } catch (error) {
    await writer?.abort()
    await layers?.abort()
    throw error
  }
}
