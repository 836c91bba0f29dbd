import type { Person } from '../models/generator.ts'
import type { Retargeting } from '../models/retarget.ts'
import type { Checkpoint, Run } from '../store/checkpoint.ts'
import { storedRetargeting } from '../store/retargeting.ts'
import { isScheduled, type Retention } from '../store/retention.ts'
import { saveCheckpoint } from '../store/save.ts'
import type { Device } from '../tensor/index.ts'
import { InterruptedError, RefusedError } from '../work/errors.ts'
import type { Faceset } from './faceset.ts'
import type { Feed } from './feed/feed.ts'
import { LOG_EVERY, startLog } from './log.ts'
import { openObserver } from './observer.ts'
import type { TrainOptions, TrainResult } from './options.ts'
import { fractionOf, nothingToDo } from './schedule.ts'
import type { Guard } from './setback.ts'
import type { Trainer } from './trainer.ts'
import { DivergedError } from './watch.ts'

/** About how long one call of the device may take: the longest that Ctrl-C waits. */
const CALL_MS = 2_000
const MOST_STEPS_A_CALL = 16
/** How often the consent records are asked again; before each checkpoint and at each validation they are too. */
const RECHECK_MS = 60_000

/** A run between two openings of its trainer: a setback ends it. */
interface Session {
  readonly run: Run
  readonly facesets: Record<Person, Faceset>
  readonly feed: Feed
  readonly trainer: Trainer
  readonly from: Checkpoint | undefined
  readonly guard: Guard
  readonly retention: Retention
  readonly device: Device
  readonly options: TrainOptions
  touch(): Promise<void>
  recheck(): Promise<void>
}

/** Takes steps until the plan is done, saving, validating and asking the records again on the way; throws as trainRun does, what is sound being saved first. */
export async function trainLoop(session: Session): Promise<TrainResult> {
  const { run, trainer, guard, retention, options } = session
  const { plan, signal } = options
  const log = startLog(session)
  let saved = trainer.position.step
  let checkpoint = session.from?.folder ?? ''
  let saving = false
  let askedMs = performance.now()
  const recheck = async () => {
    await session.recheck()
    askedMs = performance.now()
  }
  const write = async (retargeting?: Retargeting) => {
    saving = true
    const { state, files: networks } = await trainer.snapshot()
    const files = { ...networks, ...(retargeting && storedRetargeting(retargeting)) }
    checkpoint = await saveCheckpoint(run, { ...state, ...guard.stateAt(state.step) }, files, retention, options.freeBytes)
    saved = state.step
    saving = false
  }
  /** `hurried`: whoever waits may not wait for long, so the weights are safe before anything is measured. */
  const save = async ({ hurried = false } = {}) => {
    await recheck()
    if (hurried) await write()
    // Before the snapshot: a copy of the state is not held meanwhile.
    const retargeting = await observer.retargeting()
    if (!hurried || retargeting !== undefined) await write(retargeting)
  }
  const observer = await openObserver({ ...session, ...options, validateEvery: options.validateEvery ?? options.previewEvery })
  const plateau = () => (options.until === 'plateau' ? observer.plateau() : undefined)
  try {
    // A kill between a checkpoint and its validation leaves that to be made up for.
    if (trainer.position.step > 0) await observer.look()
    const done = nothingToDo(plan, trainer.position)
    if (done !== undefined) options.onNote?.(done)
    while (fractionOf(plan, trainer.position) < 1 && plateau() === undefined) {
      if (signal?.aborted) {
        if (trainer.position.step > saved) await save({ hurried: true })
        const where = saved === 0 ? 'before the first step' : `; saved at step ${saved}`
        throw new InterruptedError(`interrupted ${where}`.replace(' ;', ';'), { hint: 'run the same command again to go on from there' })
      }
      const before = trainer.position.step
      const losses = await trainer.advance(stepsUntilEvent(session, log.stepMs()))
      guard.take(losses, before + 1)
      await log(losses)
      const { step } = trainer.position
      if (isScheduled(step, retention)) await save()
      else if (performance.now() - askedMs > RECHECK_MS || isLook(session, step)) await recheck()
      await observer.look()
      await session.touch()
      // Some devices block the event loop while they compute: this lets signals and the bar through.
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (trainer.position.step > saved || checkpoint === '') await save()
    const result = { run: run.name, step: trainer.position.step, checkpoint, ...(await observer.finish()) }
    const stopped = fractionOf(plan, trainer.position) < 1 ? plateau() : undefined
    return stopped === undefined ? result : { ...result, stopped }
  } catch (error) {
    // Where neither weights nor disk are at fault, the steps since the last checkpoint need not be lost.
    const isSound =
      trainer.whole &&
      trainer.position.step > saved &&
      !(error instanceof DivergedError || error instanceof InterruptedError || error instanceof RefusedError)
    if (isSound && !saving)
      await recheck()
        .then(() => write())
        .catch((cause: Error) => options.onWarning?.(`steps since ${saved} are lost: ${cause.message}`))
    throw error
  } finally {
    await observer.dispose()
  }
}

/** Whether previews or a validation are due after a step. */
function isLook({ options: { previewEvery, validateEvery = previewEvery } }: Session, step: number): boolean {
  return step % previewEvery === 0 || step % validateEvery === 0
}

/** Steps for the next call: as many as fit into its time, up to the next log line, save, preview or the end. */
function stepsUntilEvent(
  { trainer, retention, options: { plan, previewEvery, validateEvery = previewEvery } }: Session,
  stepMs: number,
): number {
  const { step } = trainer.position
  const events = [LOG_EVERY, retention.saveEvery, previewEvery, validateEvery, retention.milestoneEvery].filter((every) => every > 0)
  const until = events.map((every) => every - (step % every))
  if (plan.kind === 'steps') until.push(plan.total - step)
  const fits = stepMs === 0 ? 1 : Math.floor(CALL_MS / stepMs)
  return Math.max(1, Math.min(MOST_STEPS_A_CALL, fits, ...until))
}
