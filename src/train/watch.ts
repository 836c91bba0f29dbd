import type { Training, TrainState } from '../store/checkpoint.ts'
import { DfkError } from '../work/errors.ts'
import { ratesOf } from './schedule.ts'

/** What the watch over the losses remembers. It is saved with each checkpoint, so that a resumed run is judged as an uninterrupted one. */
export type Watch = NonNullable<TrainState['watch']>

export const FIRST_WATCH: Watch = { steps: 0, sum: 0, bad: 0 }

/** Steps that are judged together: single batches differ too much. */
const INTERVAL = 50
/**
 * Steps at the start whose mean tells the loss of a network that has learned nothing yet: as many as the warming-up learning rate takes to move a weight
 * so far in all, but no more than a few. At an absurd rate that is the first step alone.
 */
const MOST_START = 8
const MOVED = 0.002
/**
 * An interval is bad whose mean is so many times that of the best interval, or of the start. Only what both people's faces are redrawn with
 * counts, since the adversarial losses rise and fall by design. A network that a high rate has broken draws one picture whatever it is
 * shown, at 1.35 to 1.5 times the loss of the start; in healthy runs no interval was above 1.1 times the best before it (docs/training.md).
 */
const ABOVE_BEST = 3
const ABOVE_START = 1.25
/** So many bad intervals in a row: a spike that training gets over by itself is none of our business. */
const PATIENCE = 2

/** The losses or weights went wrong. `lastGood`: the last step at which nothing spoke against them. */
export class DivergedError extends DfkError {
  readonly step: number
  readonly lastGood: number

  constructor(message: string, step: number, lastGood: number) {
    super(message)
    this.name = 'DivergedError'
    this.step = step
    this.lastGood = lastGood
  }
}

/** The error for losses or weights that stopped being numbers in the step that made it `step`. */
export function notANumber(what: string, step: number): DivergedError {
  return new DivergedError(`expected losses and weights to be numbers but ${what} is not at step ${step}`, step, step - 1)
}

/** Of how many steps the losses are those of the start, at the learning rates of this training times `rateScale`; 1 to 8. */
export function startSteps(training: Training, rateScale = 1): number {
  let [steps, moved] = [1, rateScale * warmingRate(training, 0)]
  while (steps < MOST_START && moved <= MOVED) {
    moved += rateScale * warmingRate(training, steps)
    steps += 1
  }
  return steps
}

/** Every plan begins alike. */
function warmingRate(training: Training, step: number): number {
  return ratesOf({ kind: 'steps', total: 1 }, training, step, 0).generator
}

/** The watch after more steps, of which `step` is the first one's number, from 1; throws DivergedError where the loss has run away. `start`: of `startSteps`. */
export function watchLosses(watch: Watch, losses: readonly Readonly<Record<string, number>>[], step: number, start: number): Watch {
  let now = watch
  for (const [i, { source = 0, target = 0 }] of losses.entries()) now = judge(add(now, source + target, start), step + i)
  return now
}

function add(watch: Watch, loss: number, startSteps: number): Watch {
  const { start, ...sums } = { ...watch, steps: watch.steps + 1, sum: watch.sum + loss }
  if (start !== undefined) return { ...sums, start }
  return sums.steps < startSteps ? sums : { ...sums, start: sums.sum / sums.steps }
}

function judge(watch: Watch, step: number): Watch {
  if (watch.steps < INTERVAL) return watch
  const mean = watch.sum / watch.steps
  const { start = mean, best = mean } = watch
  const bad = mean > Math.min(ABOVE_BEST * best, ABOVE_START * start) ? watch.bad + 1 : 0
  if (bad >= PATIENCE) {
    const compared = `after ${start.toFixed(2)} at the start and ${best.toFixed(2)} at best`
    const message = `expected the losses of source and target to fall but found ${mean.toFixed(2)} up to step ${step}, ${compared}`
    throw new DivergedError(message, step, step - bad * INTERVAL)
  }
  return { steps: 0, sum: 0, start, best: Math.min(best, mean), bad }
}
