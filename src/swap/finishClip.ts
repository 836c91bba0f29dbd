import { rename } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { containerOf, type DamageLog, describeDamage, joinSegments, type MediaInfo, type PicturePlan, pixelsLost } from '../media/index.ts'
import { checkInterrupted } from '../work/errors.ts'
import type { RenderJob, SegmentDone } from './job.ts'
import { prepareLayers } from './layersFolder.ts'
import { markOutput } from './mark.ts'
import { nothingSwapped, type Seen } from './nothing.ts'
import type { Job } from './output.ts'
import { nothingInRange } from './plan.ts'
import { type TimeRange, WHOLE_CLIP } from './range.ts'
import type { RenderOptions } from './renderOptions.ts'
import type { SwapResult } from './result.ts'
import type { NamedSwap } from './session.ts'

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
  const asked = segments.reduce((sum, each) => sum + (each.asked ?? each.frames), 0)
  if (swapped === 0) throw nothingSwapped(job.path, frames, asked, seen)
  const file = join(rendering.folder, `whole${extname(job.output)}`)
  const harmed = harm(frames)
  const notes = [harmed && `the footage is damaged: ${harmed}`, pixelsLost(info.details?.pixels, picture)]
  const plan = joinPlan(info, picture, segments, range)
  const { warnings } = await joinSegments({
    ...plan,
    ...{ segments: segments.map(({ number }) => rendering.pathOf(number)), container: containerOf(job.output), output: file, signal },
  })
  const mark = markOutput(session, job, outputId, { layers: layers?.folder, range: plan.range })
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
