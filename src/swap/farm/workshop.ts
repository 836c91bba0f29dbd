import { stat } from 'node:fs/promises'
import { DamageLog, type FootageHash, hashFootage, type MediaInfo, probeMedia } from '../../media/index.ts'
import { screenFootage } from '../../screening/screen.ts'
import { DfkError } from '../../work/errors.ts'
import { renderClip, renderOnly } from '../clip.ts'
import { finishClip, harmOf } from '../finishClip.ts'
import { RenderJob } from '../job.ts'
import type { Job } from '../output.ts'
import { indexOf } from '../plan.ts'
import { WHOLE_CLIP } from '../range.ts'
import { FACE_BATCH } from '../render.ts'
import type { RenderOptions } from '../renderOptions.ts'
import { type FrameIndex, Segmentation } from '../segments.ts'
import { openSession, type PermittedSwap, permit, type SwapRequest, type SwapSession } from '../session.ts'
import { requireHome, requireInside } from './root.ts'
import type { JoinResult, SegmentResult, Task } from './task.ts'
import { checkNamed, pathsOf } from './verify.ts'
import { nameWeights } from './weights.ts'

/** What `dfk swap` was asked for, as its own schema reads it. */
interface Asked {
  readonly request: SwapRequest
  readonly options: RenderOptions
}

export interface WorkshopPlan {
  /** Reads what a job says was asked for; throws for anything that `dfk swap` would not take. */
  readonly read: (home: string, asked: Task['asked']) => Promise<Asked>
  /** Folder that all paths must be in. */
  readonly root: string | undefined
  /** The worker's own DFK_HOME. */
  readonly home: string
  readonly onWarning: (message: string) => void
}

type SegmentTask = Extract<Task, { kind: 'segment' }>
type JoinTask = Extract<Task, { kind: 'join' }>

/** What is known of a clip as long as the file stays as it is. */
interface Clip {
  readonly stamp: string
  readonly hash: FootageHash
  readonly info: MediaInfo
  readonly index: FrameIndex | undefined
}

function resultOf(finished: Awaited<ReturnType<typeof finishClip>>, bytes: number): JoinResult {
  return { ...finished, manifest: { ...finished.manifest }, warnings: [...finished.warnings], bytes }
}

async function stampOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  return found === undefined ? 'none' : [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join()
}

/** Does what jobs ask for: renders segments and joins them. What is slow to open stays open from one job to the next; consent is asked for each. */
export class Workshop {
  readonly #plan: WorkshopPlan
  #clip: (Clip & { readonly path: string }) | undefined
  /** Stamp of the clip that was screened last. */
  #screened: string | undefined
  #open: { readonly key: string; readonly session: SwapSession } | undefined

  constructor(plan: WorkshopPlan) {
    this.#plan = plan
  }

  /** Renders a segment, unless it is there. `onFrame` is told of each frame. Throws RefusedError, DfkError; InterruptedError where `signal` aborts. */
  async render(task: SegmentTask, signal: AbortSignal, onFrame: () => void): Promise<SegmentResult> {
    const { permitted, options, clip } = await this.#admit(task, signal)
    const rendering = await RenderJob.share(task.output, task.fingerprint)
    const { named } = await nameWeights(permitted)
    checkNamed(task, named, options, rendering)
    const session = await this.#session(permitted, task)
    checkNamed(task, session, options, rendering)
    const segments = new Segmentation(clip.index, options.range, options.segment)
    const before = rendering.done.length
    const render = {
      ...{ session, info: clip.info, pixels: rendering.state.picture.pixels, job: rendering, segments },
      ...{ range: options.range, layers: options.layers },
      ...{ output: task.output, signal, onFrame, damage: new DamageLog() },
    }
    if (task.segment !== null && rendering.has(task.segment)) return { made: 1, facesSeen: 0, nearest: null }
    const seen = task.segment === null ? await renderClip(render) : await renderOnly(render, task.segment)
    const nearest = Number.isFinite(seen.nearest) ? seen.nearest : null
    return { made: rendering.done.length - before, facesSeen: seen.facesSeen, nearest }
  }

  /** Joins the segments that others rendered, and signs the file. `made`: what they said. `onSigned`: keeps the result, just before the output is in its place. */
  async join(
    task: JoinTask,
    made: readonly SegmentResult[],
    signal: AbortSignal,
    onSigned: (result: JoinResult) => Promise<void>,
  ): Promise<JoinResult> {
    const { permitted, options, clip } = await this.#admit(task, signal)
    if (task.placed !== undefined && (await stat(task.output).catch(() => undefined))?.size === task.placed.bytes) {
      // Whoever joined them before was killed between the last step and saying so.
      const isOpen = await RenderJob.share(task.output, task.fingerprint).catch(() => undefined)
      if (isOpen === undefined) return task.placed
    }
    const rendering = await RenderJob.share(task.output, task.fingerprint, { hashed: true })
    const { named } = await nameWeights(permitted)
    checkNamed(task, named, options, rendering)
    const wanted = made.reduce((sum, each) => sum + each.made, task.kept)
    if (rendering.done.length < wanted)
      throw new DfkError(`expected ${wanted} whole segments in ${rendering.folder} but found ${rendering.done.length}`, {
        hint: 'do all workers see the same disk, and is it sound? run the same command again to render what is missing',
      })
    const facesSeen = made.reduce((sum, each) => sum + each.facesSeen, 0)
    const nearest = Math.min(...made.map((each) => each.nearest ?? Number.POSITIVE_INFINITY))
    const isWhole = options.range.fromS === WHOLE_CLIP.fromS && options.range.toS === WHOLE_CLIP.toS
    const damage = new DamageLog(rendering.done.flatMap((done) => done.damage))
    let bytes = 0
    const finished = await finishClip(named, this.#jobOf(task), clip.info, {
      ...{ rendering, range: options.range, layers: options.layers, seen: { facesSeen, nearest }, signal },
      harm: (frames) => harmOf(damage, frames, isWhole ? (clip.index?.timesS.length ?? 0) : 0, clip.info.frames),
      async onSigned(result, file) {
        bytes = (await stat(file)).size
        await onSigned(resultOf(result, bytes))
      },
    })
    return resultOf(finished, bytes)
  }

  async dispose(): Promise<void> {
    await this.#open?.session.dispose()
    this.#open = undefined
  }

  #jobOf({ input, output }: Task): Job {
    return { path: input, kind: 'video', output }
  }

  /** Reads what a job asks for, and asks the records whether it may be done. */
  async #admit(task: Task, signal: AbortSignal): Promise<{ permitted: PermittedSwap; options: RenderOptions; clip: Clip }> {
    const { request, options } = await this.#plan.read(task.home, task.asked)
    const layers = options.layers === undefined ? [] : [options.layers.folder]
    await requireHome(this.#plan, task.home)
    await requireInside(this.#plan.root, [task.input, task.output, task.home, ...layers, ...pathsOf(request)])
    const clip = await this.#look(task.input, signal)
    const permitted = await permit(
      request,
      [this.#jobOf(task)],
      { signal },
      { hash: async () => clip.hash, screen: (paths, how) => this.#screen(clip, paths, how), log: 'refusals' },
    )
    return { permitted, options, clip }
  }

  /** Looks at what a clip shows once, as long as the file stays as it is. */
  async #screen(clip: Clip, ...what: Parameters<typeof screenFootage>): Promise<void> {
    if (this.#screened === clip.stamp) return
    await screenFootage(...what)
    this.#screened = clip.stamp
  }

  async #look(path: string, signal: AbortSignal): Promise<Clip> {
    const stamp = await stampOf(path)
    if (this.#clip?.path === path && this.#clip.stamp === stamp) return this.#clip
    const hash = await hashFootage(path, signal)
    const info = await probeMedia(path, signal)
    this.#clip = { path, stamp, hash, info, index: await indexOf(info, signal) }
    return this.#clip
  }

  async #session(permitted: PermittedSwap, task: Task): Promise<SwapSession> {
    const key = JSON.stringify([permitted.request, permitted.runs.map(({ folder }) => folder), task.generators])
    if (this.#open?.key === key) return { ...this.#open.session, ...permitted }
    await this.dispose()
    this.#open = { key, session: await openSession(permitted, FACE_BATCH, this.#plan.onWarning) }
    return this.#open.session
  }
}
