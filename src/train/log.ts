import type { Run } from '../store/checkpoint.ts'
import { mean } from '../work/statistics.ts'
import type { Feed } from './feed/feed.ts'
import type { TrainOptions } from './options.ts'
import { fractionOf, type Plan } from './schedule.ts'
import { appendStats, type LogEntry } from './stats.ts'
import type { Trainer } from './trainer.ts'

/** Steps between lines of the log. */
export const LOG_EVERY = 50

/** What is logged of a training. */
interface Logged {
  readonly run: Run
  readonly feed: Feed
  readonly trainer: Trainer
  readonly options: TrainOptions
}

interface Log {
  (losses: readonly StepLosses[]): Promise<void>
  /** Time a step takes, over the last calls; 0 before the first. */
  stepMs(): number
}

type StepLosses = Readonly<Record<string, number>>

/** Means of losses by name, each over the steps that had it: what joins in late has none of before. */
export function meansOf(steps: readonly StepLosses[]): Record<string, number> {
  const names = new Set(steps.flatMap((losses) => Object.keys(losses)))
  return Object.fromEntries([...names].map((name) => [name, mean(steps.flatMap((losses) => losses[name] ?? []))!]))
}

/** Gathers losses, moves the bar on after each call, and writes a line every LOG_EVERY steps. */
export function startLog({ run, feed, trainer, options }: Logged): Log {
  const { plan } = options
  let since = { losses: [] as StepLosses[], ms: trainer.position.elapsedMs, waitedMs: feed.waitedMs }
  let stepMs = 0
  const log = async (losses: readonly StepLosses[]) => {
    const { step, elapsedMs } = trainer.position
    since.losses.push(...losses)
    stepMs = (elapsedMs - since.ms) / since.losses.length
    const means = meansOf(since.losses)
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
    since = { losses: [], ms: elapsedMs, waitedMs: feed.waitedMs }
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
