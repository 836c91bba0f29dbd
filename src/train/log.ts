import type { Run } from '../store/checkpoint.ts'
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
  (losses: readonly Readonly<Record<string, number>>[]): Promise<void>
  /** Time a step takes, over the last calls; 0 before the first. */
  stepMs(): number
}

/** Means of values by name, each over the steps that had it: what joins in late has none of before. */
export class Means {
  readonly #sums = new Map<string, { sum: number; count: number }>()

  add(values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      const { sum, count } = this.#sums.get(name) ?? { sum: 0, count: 0 }
      this.#sums.set(name, { sum: sum + value, count: count + 1 })
    }
  }

  means(): Record<string, number> {
    return Object.fromEntries([...this.#sums].map(([name, { sum, count }]) => [name, sum / count]))
  }
}

/** Gathers losses, moves the bar on after each call, and writes a line every LOG_EVERY steps. */
export function startLog({ run, feed, trainer, options }: Logged): Log {
  const { plan } = options
  let since = { steps: 0, ms: trainer.position.elapsedMs, waitedMs: feed.waitedMs, losses: new Means() }
  let stepMs = 0
  const log = async (losses: readonly Readonly<Record<string, number>>[]) => {
    const { step, elapsedMs } = trainer.position
    for (const each of losses) since.losses.add(each)
    since.steps += losses.length
    stepMs = (elapsedMs - since.ms) / since.steps
    const means = since.losses.means()
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
    since = { steps: 0, ms: elapsedMs, waitedMs: feed.waitedMs, losses: new Means() }
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
