import { type Checkpoint, checkpointAt, type Run, type TrainState } from '../store/checkpoint.ts'
import { isScheduled, type Retention } from '../store/retention.ts'
import { stepFolders } from '../store/stepFolders.ts'
import { DfkError } from '../work/errors.ts'
import { DivergedError, FIRST_WATCH, startSteps, type Watch, watchLosses } from './watch.ts'

/** How often a run has gone back because of a step that it has not got past yet, and what is left of its learning rate. */
export type Setback = NonNullable<TrainState['setback']>

/** So many times a run goes back because of the same step. */
const MOST_TRIES = 3
/** The same batches come again after going back: only smaller steps lead elsewhere. */
const RATE_LEFT = 0.5

/** Watches over a training: judges its losses, and goes back to a checkpoint when they run away or are no numbers. */
export interface Guard {
  /** What the learning rates of the plan are multiplied with. */
  readonly rateScale: number
  /** Takes the losses of steps, of which `step` is the first one's number, from 1; throws DivergedError. */
  take(losses: readonly Readonly<Record<string, number>>[], step: number): void
  /** What the checkpoint after `step` steps says about the watch. */
  stateAt(step: number): Pick<TrainState, 'watch' | 'setback'>
  /**
   * Where to go on after an error, undefined for the very start: each time that the same step goes wrong one checkpoint further back. Throws what is no
   * DivergedError, and DfkError where going back has not helped.
   */
  goBack(error: unknown): Promise<Checkpoint | undefined>
}

export interface GuardOptions {
  readonly run: Run
  readonly retention: Retention
  /** Where training goes on; absent at its start. */
  readonly from: Checkpoint | undefined
  readonly onWarning?: ((message: string) => void) | undefined
}

/** Begins to watch over a training. All that it decides depends on the steps alone, so that a killed run takes the same course again. */
export function openGuard({ run, retention, from, onWarning }: GuardOptions): Guard {
  let watch: Watch = from?.state.watch ?? FIRST_WATCH
  let setback: Setback | undefined = from?.state.setback
  return {
    get rateScale() {
      return setback?.rateScale ?? 1
    },
    take(losses, step) {
      watch = watchLosses(watch, losses, step, startSteps(run.config.training, setback?.rateScale))
    },
    stateAt(step) {
      if (isScheduled(step, retention)) setback = settled(setback, step)
      return { watch, setback }
    },
    async goBack(error) {
      if (!(error instanceof DivergedError)) throw error
      setback = nextSetback(setback, error)
      const to = await checkpointBefore(run, error.lastGood, setback.tries, retention, onWarning)
      watch = to?.state.watch ?? FIRST_WATCH
      const where = to === undefined ? 'beginning again' : `going back to step ${to.state.step}`
      onWarning?.(`${error.message}; ${where}, with ${setback.rateScale} of the learning rate (${setback.tries} of ${MOST_TRIES})`)
      return to
    },
  }
}

/** The setback after a checkpoint on schedule: one beyond the bad step has got past it. The learning rate stays as it is. */
export function settled(setback: Setback | undefined, step: number): Setback | undefined {
  return setback !== undefined && step > setback.badStep ? { ...setback, tries: 0 } : setback
}

/** The setback after another error; throws DfkError where there have been enough. */
export function nextSetback(before: Setback | undefined, error: DivergedError): Setback {
  const { badStep, tries, rateScale } = before ?? { badStep: 0, tries: 0, rateScale: 1 }
  if (tries >= MOST_TRIES) {
    throw new DfkError(`${error.message}; going back ${tries} times, the last with ${rateScale} of the learning rate, has not helped`, {
      hint: `train under another name with a lower --rate, or without the discriminator (--gan-weight 0); what was good up to step ${error.lastGood} stays (dfk swap --checkpoint)`,
      cause: error,
    })
  }
  return { badStep: Math.max(tries > 0 ? badStep : 0, error.step), tries: tries + 1, rateScale: rateScale * RATE_LEFT }
}

/** The `nth` newest whole checkpoint on schedule that was good, or the oldest there is; undefined where there is none. */
async function checkpointBefore(
  run: Run,
  lastGood: number,
  nth: number,
  retention: Retention,
  onWarning?: (message: string) => void,
): Promise<Checkpoint | undefined> {
  const scheduled = (await stepFolders(run.folder)).filter(({ step, aside }) => !aside && isScheduled(step, retention))
  const steps = scheduled.map(({ step }) => step)
  const good = steps.filter((step) => step <= lastGood)
  const candidates = good.length > 0 ? good : steps.slice(-1)
  const whole: Checkpoint[] = []
  for (const step of candidates) {
    try {
      whole.push(await checkpointAt(run, step))
    } catch (error) {
      if (!(error instanceof DfkError)) throw error
      onWarning?.(error.message)
    }
    if (whole.length === nth) break
  }
  return whole.at(-1)
}
