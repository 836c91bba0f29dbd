import { alterStill, type MediaInfo, readStill, stillPicture, writePicture, writeStill } from '../media/index.ts'
import { drawPatch } from '../picture/compose.ts'
import type { Picture } from '../picture/picture.ts'
import { drawLabel, embedWatermark, newOutputId } from '../provenance/index.ts'
import { checkInterrupted } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { enlargeFace } from './fitted.ts'
import { markOutput } from './mark.ts'
import { nothingSwapped, type Seen } from './nothing.ts'
import type { Job } from './output.ts'
import type { VideoPlan } from './plan.ts'
import { renderPreview } from './preview.ts'
import { renderAlone } from './render.ts'
import type { RenderOptions } from './renderOptions.ts'
import { rateOf, type SwapResult } from './result.ts'
import { newTracker, type SwapSession } from './session.ts'
import { optionsAt, showsFaces } from './shots.ts'

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

/** Renders the double into a picture. */
export async function swapPicture(session: SwapSession, job: Job, work: WorkOptions): Promise<SwapResult> {
  const startMs = performance.now()
  const tracker = newTracker(session)
  const still = await readStill(job.path)
  const before = await stillPicture(still)
  const after = { ...before, data: before.data.slice() }
  const place = { index: 0, timeS: 0 }
  const isAsked = showsFaces(optionsAt(session.request, place))
  const { faces } = await renderAlone(session, tracker, { ...place, picture: before })
  if (!isAsked || faces.length === 0) throw nothingSwapped(job.path, 1, isAsked ? 1 : 0, tracker)
  for (const face of faces.map(enlargeFace)) drawPatch(after, face, face.matrix)
  const write: WriteMarked = async (stamp) => writeStill(job.output, await alterStill(still, before, after), { before: stamp })
  const placed = await placePicture(session, job, after, write, work)
  work.onProgress?.({ done: 1, total: 1 })
  return { ...placed, frames: 1, swapped: 1, fps: rateOf(1, startMs), warnings: [] }
}

/** Renders some frames of a clip onto a sheet: target, swapped, mask. It is an output like any other, marked and signed. */
export async function previewVideo(
  session: SwapSession,
  job: Job,
  info: MediaInfo,
  { picture: { pixels }, index, segments }: VideoPlan,
  options: RenderOptions,
  work: WorkOptions,
): Promise<SwapResult> {
  const startMs = performance.now()
  const count = options.preview!
  const from = Math.max(0, options.range.fromS)
  const length = Math.min(info.startS + info.durationS, options.range.toS) - from
  const times = Array.from({ length: count }, (_, i) => from + (length * (i + 0.5)) / count)
  const seen: Seen = { facesSeen: 0, nearest: Number.POSITIVE_INFINITY }
  const clip = { info, pixels, segments, index, times }
  const onRow = (done: number) => work.onProgress?.({ done, total: count })
  const { sheet, rows, asked, swapped } = await renderPreview(session, clip, seen, { signal: work.signal, onRow })
  if (swapped === 0) throw nothingSwapped(job.path, rows, asked, seen)
  const write: WriteMarked = (stamp) => writePicture(job.output, sheet, { before: stamp })
  return { ...(await placePicture(session, job, sheet, write, work)), frames: rows, swapped, fps: rateOf(rows, startMs), warnings: [] }
}
