import { rmdir } from 'node:fs/promises'
import type { Person } from '../models/generator.ts'
import { type Checkpoint, discardRun, latestCheckpoint, openRun, type Run, requireOwnFolder } from '../store/checkpoint.ts'
import { storedRetargeting } from '../store/retargeting.ts'
import { isScheduled, type Retention } from '../store/retention.ts'
import { type FreeBytes, requireTrainingRoom } from '../store/room.ts'
import { saveCheckpoint } from '../store/save.ts'
import { hasCheckpoint } from '../store/stepFolders.ts'
import type { Device } from '../tensor/index.ts'
import { InterruptedError, RefusedError } from '../work/errors.ts'
import { makeFolder } from '../work/folder.ts'
import { lockFolder } from '../work/lock.ts'
import type { WorkOptions } from '../work/progress.ts'
import { beginRun, type Intent } from './begin.ts'
import type { Coverage } from './coverage.ts'
import { describeCoverage, inLines } from './coverageText.ts'
import type { Faceset } from './faceset.ts'
import { type Feed, openFeed } from './feed/feed.ts'
import { planFeed } from './feed/plan.ts'
import { openObserver } from './observer.ts'
import { fractionOf, type Plan } from './schedule.ts'
import { type Guard, openGuard } from './setback.ts'
import { appendStats, type LogEntry, trimStats } from './stats.ts'
import { openTrainer, type Trainer } from './trainer.ts'
import type { Validation } from './validation.ts'
import type { ValidationRecord } from './validations.ts'
import { DivergedError } from './watch.ts'

const LOG_EVERY = 50
/** About how long one call of the device may take: the longest that Ctrl-C waits. */
const CALL_MS = 2_000
const MOST_STEPS_A_CALL = 16
/** How often the consent records are asked again; before each checkpoint and at each validation they are too. */
const RECHECK_MS = 60_000

export interface TrainOptions extends WorkOptions {
  readonly plan: Plan
  readonly saveEvery: number
  /** How many of the newest checkpoints stay (default: 2), and steps between those that stay for good (default: none do). */
  readonly keep?: number
  readonly milestoneEvery?: number
  readonly previewEvery: number
  /** What says how much room the disk has; default: the system. */
  readonly freeBytes?: FreeBytes | undefined
  /** Steps between validations; as often as previews where it is left out. */
  readonly validateEvery?: number | undefined
  /** Stop before the plan is done, where unseen faces gain nothing any more. */
  readonly until?: 'plateau' | undefined
  readonly onLog?: (entry: LogEntry) => void
  readonly onValidation?: (record: ValidationRecord) => void
  readonly onWarning?: (message: string) => void
  readonly onNote?: (message: string) => void
}

export interface TrainResult {
  readonly run: string
  readonly step: number
  readonly checkpoint: string
  readonly preview: string
  /** The run's `train.html`. */
  readonly page: string
  readonly validation: Validation
  /** Why training stopped before its plan was done. */
  readonly stopped?: string
}

/**
 * Trains a run until its plan is done, from where it stopped; goes back to a checkpoint where it goes wrong (setback.ts). Throws InterruptedError,
 * after saving, when the signal is aborted, and DfkError where going back does not help, the disk is full or another training holds the run.
 */
export async function trainRun(intent: Intent, device: Device, options: TrainOptions): Promise<TrainResult> {
  if (intent.isNew) await requireOwnFolder(intent.folder)
  await makeFolder(intent.folder)
  const lock = await lockFolder(intent.folder, `run ${intent.settings.name}`)
  try {
    const retention = { saveEvery: options.saveEvery, keep: options.keep ?? 2, milestoneEvery: options.milestoneEvery ?? 0 }
    const lastStep = options.plan.kind === 'steps' ? options.plan.total : undefined
    await requireTrainingRoom(intent.folder, intent.settings, retention, lastStep, options.freeBytes)
    const earlier = intent.isNew ? undefined : (await openRun('', intent.folder)).config
    const { run, facesets, coverage } = await beginRun(intent, earlier, options)
    if (intent.isNew) tell(coverage, options)
    let from = await latestCheckpoint(run, options.onWarning)
    const guard = openGuard({ run, retention, from, onWarning: options.onWarning })
    const feed = openFeed(planFeed(run.config, facesets))
    try {
      for (;;) {
        await trimStats(run, from?.state.step ?? 0)
        const { rateScale } = guard
        const trainer = await openTrainer({ device, config: run.config, plan: options.plan, feed, from, rateScale, onNote: options.onNote })
        try {
          return await loop({
            run,
            facesets,
            feed,
            trainer,
            from,
            guard,
            retention,
            device,
            options,
            touch: lock.touch,
            recheck: intent.recheck,
          })
        } catch (error) {
          from = await guard.goBack(error)
        } finally {
          await trainer.dispose()
        }
      }
    } finally {
      await feed.close()
    }
  } catch (error) {
    // A run without a checkpoint would only hold others of its name to settings that did not work.
    if (intent.isNew && !(await hasCheckpoint(intent.folder))) await discardRun(intent.folder)
    throw error
  } finally {
    await lock.release()
    // Nothing stays of a run that could not begin.
    await rmdir(intent.folder).catch(() => {})
  }
}

/** Says once, before the first step, what the facesets show and lack. */
function tell(coverage: Coverage, { onNote, onWarning }: TrainOptions): void {
  onNote?.(describeCoverage(coverage))
  for (const warning of coverage.warnings) onWarning?.(inLines(warning))
}

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

async function loop(session: Session): Promise<TrainResult> {
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
  const save = async () => {
    await recheck()
    saving = true
    const { state, files: networks } = await trainer.snapshot()
    const retargeting = await observer.retargeting()
    const files = { ...networks, ...(retargeting && storedRetargeting(retargeting)) }
    checkpoint = await saveCheckpoint(run, { ...state, ...guard.stateAt(state.step) }, files, retention, options.freeBytes)
    saved = state.step
    saving = false
  }
  const observer = await openObserver({ ...session, ...options, validateEvery: options.validateEvery ?? options.previewEvery })
  const plateau = () => (options.until === 'plateau' ? observer.plateau() : undefined)
  try {
    // A kill between a checkpoint and its validation leaves that to be made up for.
    if (trainer.position.step > 0) await observer.look()
    while (fractionOf(plan, trainer.position) < 1 && plateau() === undefined) {
      if (signal?.aborted) {
        if (trainer.position.step > saved) await save()
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
    if (isSound && !saving) await save().catch((cause: Error) => options.onWarning?.(`steps since ${saved} are lost: ${cause.message}`))
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

interface Log {
  (losses: readonly Readonly<Record<string, number>>[]): Promise<void>
  /** Time a step takes, over the last calls; 0 before the first. */
  stepMs(): number
}

/** Gathers losses, moves the bar on after each call, and writes a line every LOG_EVERY steps. */
function startLog({ run, feed, trainer, options }: Session): Log {
  const { plan } = options
  let since = { steps: 0, ms: trainer.position.elapsedMs, waitedMs: feed.waitedMs, sums: {} as Record<string, number> }
  let stepMs = 0
  const log = async (losses: readonly Readonly<Record<string, number>>[]) => {
    const { step, elapsedMs } = trainer.position
    for (const each of losses) for (const [name, value] of Object.entries(each)) since.sums[name] = (since.sums[name] ?? 0) + value
    since.steps += losses.length
    stepMs = (elapsedMs - since.ms) / since.steps
    const means = Object.fromEntries(Object.entries(since.sums).map(([name, sum]) => [name, sum / since.steps]))
    options.onProgress?.({ ...progressOf(plan, trainer), note: noteOf(means, step, stepMs) })
    if (step % LOG_EVERY !== 0 && fractionOf(plan, trainer.position) < 1) return
    const waitShare = (feed.waitedMs - since.waitedMs) / (elapsedMs - since.ms)
    const entry = {
      step,
      ...means,
      ...trainer.schedule,
      stepMs: rounded(stepMs, 1),
      waitShare: rounded(waitShare, 4),
      elapsedMs: rounded(elapsedMs, 0),
    } as unknown as LogEntry
    await appendStats(run, entry)
    options.onLog?.(entry)
    since = { steps: 0, ms: elapsedMs, waitedMs: feed.waitedMs, sums: {} }
  }
  return Object.assign(log, { stepMs: () => stepMs })
}

function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}

/** Steps of a plan of steps; seconds of one of minutes. */
function progressOf(plan: Plan, { position }: Trainer): { done: number; total: number } {
  if (plan.kind === 'steps') return { done: position.step, total: plan.total }
  return { done: Math.round(position.elapsedMs / 1000), total: Math.round(plan.totalMs / 1000) }
}

function noteOf(means: Record<string, number>, step: number, stepMs: number): string {
  const losses = ['source', 'target', 'adversarial', 'discriminator'].filter((name) => means[name] !== undefined)
  const shown = losses.map((name) => `${name} ${means[name]!.toFixed(3)}`).join(' ')
  return `step ${step} · ${shown} · ${(1000 / stepMs).toFixed(1)} steps/s`
}
