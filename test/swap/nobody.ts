import { execFileSync } from 'node:child_process'
import { extname } from 'node:path'
import { findFfmpeg } from '../../src/media/binaries.ts'
import { containerOf } from '../../src/media/containers.ts'
import { DamageLog, type EncoderChoice, joinSegments, type MediaInfo } from '../../src/media/index.ts'
import { renderClip } from '../../src/swap/clip.ts'
import { harmOf, joinPlan } from '../../src/swap/finishClip.ts'
import { RenderJob } from '../../src/swap/job.ts'
import { indexOf, planPicture } from '../../src/swap/plan.ts'
import { WHOLE_CLIP } from '../../src/swap/range.ts'
import { Segmentation } from '../../src/swap/segments.ts'
import type { SwapSession } from '../../src/swap/session.ts'
import { BufferPools } from '../../src/work/bufferPool.ts'

/** A session that finds nobody: what is rendered is the footage. */
const NOBODY = {
  generators: new Map(),
  label: { on: false },
  permission: { castFor: () => ({ choice: 'target', members: [] }), recheck: () => Promise.resolve() },
  request: { look: {}, choice: 'target', threshold: 0.5, shots: [] },
  analyser: { find: () => Promise.resolve([]) },
  pools: new BufferPools(),
  finisher: { threads: 1, finish: () => Promise.reject(new Error('expected nothing to draw')) },
} as unknown as SwapSession

/** How a clip is rendered with nobody in it. */
interface Pass {
  /** Frames of a segment. */
  readonly segment: number
  /** As asked for; default: without any loss where the container allows. */
  readonly encoder?: EncoderChoice
  /** Stop after so many frames, what is done staying there. */
  readonly stopAfter?: number
  /** Asks for consent again. */
  readonly recheck?: () => Promise<void>
}

/** Renders a clip in segments and joins them; a call after a stopped one goes on where that was. */
export async function pass(
  info: MediaInfo,
  output: string,
  { segment, encoder = extname(output) === '.webm' ? 'auto' : 'lossless', stopAfter, recheck }: Pass,
): Promise<{ frames: number; pixels: string; harm: string | undefined; kept: number }> {
  const picture = await planPicture(info, output, { encoder, quality: 18, preset: 'veryfast' })
  const job = await RenderJob.open(output, 'pass', () => ({ outputId: '0123456789abcdef', picture }))
  const index = await indexOf(info, undefined)
  const kept = job.done.length
  const damage = new DamageLog(job.done.flatMap((done) => done.damage))
  const stop = new AbortController()
  let count = 0
  const onFrame = () => {
    count += 1
    if (count === stopAfter) stop.abort()
  }
  const segments = new Segmentation(index, WHOLE_CLIP, segment)
  const session = recheck === undefined ? NOBODY : { ...NOBODY, permission: { ...NOBODY.permission, recheck } }
  const render = { session, info, pixels: picture.pixels, job, segments, range: WHOLE_CLIP, output, damage, onFrame }
  try {
    await renderClip({ ...render, signal: stop.signal })
  } catch (error) {
    await job.leave()
    throw error
  }
  const { frames } = await joinSegments({
    ...joinPlan(info, picture, job.done, WHOLE_CLIP),
    ...{ segments: job.done.map(({ number }) => job.pathOf(number)), container: containerOf(output), output },
  })
  await job.remove()
  return { frames, pixels: picture.pixels, harm: harmOf(damage, frames, index?.timesS.length ?? 0, info.frames), kept }
}

/** MD5 of every frame as ffmpeg decodes it to these samples. */
export async function pictures(path: string, pixels: string): Promise<string[]> {
  const { path: ffmpeg } = await findFfmpeg()
  const args = [
    '-v',
    'error',
    '-nostdin',
    '-i',
    path,
    '-map',
    '0:V:0',
    '-fps_mode',
    'passthrough',
    '-pix_fmt',
    pixels,
    '-f',
    'framemd5',
    '-',
  ]
  const said = execFileSync(ffmpeg, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return said.split('\n').flatMap((line) => (line.startsWith('#') || line === '' ? [] : [line.split(',').at(-1)!.trim()]))
}
