import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DamageLog, frameFormat, type MediaInfo, openSegment, probeMedia, readClip } from '../src/media/index.ts'
import { yuvPicture } from '../src/picture/yuv.ts'
import { stampOutput } from '../src/provenance/index.ts'
import { renderClip } from '../src/swap/clip.ts'
import { finishFrame } from '../src/swap/finish/finish.ts'
import { RenderJob } from '../src/swap/job.ts'
import { provenanceOf } from '../src/swap/mark.ts'
import { planPicture } from '../src/swap/plan.ts'
import { WHOLE_CLIP } from '../src/swap/range.ts'
import { FACE_BATCH, type OpenFrame, type RenderedFrame, renderFrames } from '../src/swap/render.ts'
import { Segmentation } from '../src/swap/segments.ts'
import { newTracker, openSession, type SwapSession } from '../src/swap/session.ts'
import { Clock } from '../src/work/clock.ts'
import { encodeAgain } from './reencode.ts'
import { timed } from './sampling.ts'
import { permitScaled } from './scaledSwap.ts'

const OUTPUT_ID = '0123456789abcdef'

/** What each stage of a render takes a frame, ms: on its own, with everything before it held in memory, and beside all others. */
export interface StageTimes {
  readonly frames: number
  readonly alone: Readonly<Record<string, number>>
  readonly together: Readonly<Record<string, number>>
  /** Parts of the stage `render`, which wait for each other: more in sum than it takes. */
  readonly parts: Readonly<Record<string, number>>
  /** Frames a second of all together, and of the slowest on its own. */
  readonly fps: number
  readonly ceilingFps: number
  /** Part of all the work that label, watermark and manifest are. */
  readonly layersShare: number
}

interface Bench {
  readonly session: SwapSession
  readonly info: MediaInfo
  readonly scratch: string
  readonly range: { readonly fromS: number; readonly toS: number }
}

function perFrame(clock: Clock, frames: number): Record<string, number> {
  return Object.fromEntries([...clock.ms].map(([kind, ms]) => [kind, ms / frames]))
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

/** Every stage on its own. */
async function measureAlone({ session, info, scratch, range }: Bench): Promise<Pick<StageTimes, 'alone' | 'parts'>> {
  const picture = await planPicture(info, join(scratch, 'x.mp4'), { encoder: 'auto', quality: 17, preset: 'veryfast' })
  const { pixels } = picture
  const format = frameFormat(info, pixels)
  const held: { timeS: number; bytes: Uint8Array }[] = []
  const decodeMs = await timed(async () => {
    for await (const frame of readClip(info, { pixels })) {
      if (frame.timeS >= range.toS) break
      held.push(frame)
    }
  })
  const frames = held.map(({ timeS, bytes }, index): OpenFrame => ({ index, timeS, picture: yuvPicture(format, bytes), warm: false }))
  const clock = new Clock()
  const timedSession = { ...session, clock }
  const rendered: RenderedFrame[] = []
  const renderMs = await timed(async () => {
    for await (const frame of renderFrames(timedSession, newTracker(timedSession), each(frames))) rendered.push(frame)
  })
  const finishMs = await timed(async () => {
    for (const { frame, faces } of rendered) {
      if ('format' in frame.picture) finishFrame(frame.picture, { faces, label: undefined, outputId: undefined, wantsPlate: false })
    }
  })
  // The label and the watermark by themselves, as if every frame had both.
  const marksMs = await timed(async () => {
    for (const { frame } of rendered) {
      if ('format' in frame.picture) finishFrame(frame.picture, { faces: [], label: session.label, outputId: OUTPUT_ID, wantsPlate: false })
    }
  })
  const encodeMs = await timed(async () => {
    const file = join(scratch, 'alone.nut')
    const writer = await openSegment({ file, output: file, format, fps: info.fps, plan: picture })
    for (const { bytes, timeS } of held) await writer.write(bytes, timeS)
    await writer.finish()
  })
  const count = held.length
  const alone = { decode: decodeMs, render: renderMs, finish: finishMs, marks: marksMs, encode: encodeMs }
  return { alone: Object.fromEntries(Object.entries(alone).map(([kind, ms]) => [kind, ms / count])), parts: perFrame(clock, count) }
}

/** Signing the finished file, a frame. */
async function measureSigning({ session, info, scratch }: Bench): Promise<number> {
  const file = join(scratch, 'signed.mp4')
  await encodeAgain(info.path, file)
  const job = { path: info.path, kind: 'video', output: file } as const
  const title = 'bench'
  return (await timed(async () => void (await stampOutput({ ...provenanceOf(session, job, OUTPUT_ID), file, title })))) / info.frames
}

/** All of them in the pipeline, as a swap runs them. */
async function measureTogether({
  session,
  info,
  scratch,
  range,
}: Bench): Promise<{ frames: number; ms: number; stages: Record<string, number> }> {
  const output = join(scratch, 'together.mp4')
  const picture = await planPicture(info, output, { encoder: 'auto', quality: 17, preset: 'veryfast' })
  const job = await RenderJob.open(output, 'bench', () => ({ outputId: OUTPUT_ID, picture }))
  const clock = new Clock()
  let frames = 0
  const onFrame = () => {
    frames += 1
  }
  const segments = new Segmentation(undefined, range)
  const render = {
    session: { ...session, clock },
    info,
    pixels: picture.pixels,
    job,
    segments,
    range,
    output,
    onFrame,
    damage: new DamageLog(),
  }
  const ms = await timed(() => renderClip(render))
  await job.remove()
  return { frames, ms, stages: perFrame(clock, frames) }
}

/** Times the stages of a swap of the first `seconds` of a clip; `from`: the one that it was scaled from, which the records know. */
export async function measureStages(
  home: string,
  run: string,
  clip: string,
  device: string,
  seconds: number,
  from = clip,
): Promise<StageTimes> {
  const scratch = await mkdtemp(join(tmpdir(), 'dfk-stages-'))
  const permitted = await permitScaled(home, from, clip, { run, output: join(scratch, 'x.mp4'), device })
  const session = await openSession(permitted, FACE_BATCH, () => {})
  try {
    const bench = { session, info: await probeMedia(clip), scratch, range: { ...WHOLE_CLIP, toS: seconds } }
    // The first time networks are compiled and code is optimised.
    await measureTogether({ ...bench, range: { ...WHOLE_CLIP, toS: Math.min(2, seconds) } })
    const { alone: stagesAlone, parts } = await measureAlone(bench)
    const alone: Record<string, number> = { ...stagesAlone, sign: await measureSigning(bench) }
    const { frames, ms, stages } = await measureTogether(bench)
    const finishing = (alone['finish']! + alone['marks']!) / session.finisher.threads
    const slowest = Math.max(alone['decode']!, alone['render']!, finishing, alone['encode']!)
    const work = Object.values(alone).reduce((sum, each) => sum + each, 0)
    const layersShare = (alone['marks']! + alone['sign']!) / work
    return { frames, alone, parts, together: stages, fps: (1000 * frames) / ms, ceilingFps: 1000 / slowest, layersShare }
  } finally {
    await session.dispose()
    await rm(scratch, { recursive: true, force: true })
  }
}
