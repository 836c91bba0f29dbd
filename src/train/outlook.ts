import { LOSSES, type LossWeights } from '../models/losses.ts'
import { discriminatorWeight, hasDiscriminator, type Training } from '../store/checkpoint.ts'
import type { Plan } from './schedule.ts'
import type { Settings } from './settings.ts'
import { FEWEST_FOR_A_TREND } from './trend.ts'

/** Validations of a whole plan: twice what a trend needs. */
const PLANNED = 2 * FEWEST_FOR_A_TREND
/** A validation takes as long as some ten steps of `quick`. */
const FEWEST_STEPS = 50
/** For plans in minutes, whose steps nobody knows: of up to ten minutes, and of more. */
const IN_SHORT_TIME = 125
const IN_TIME = 250
const SHORT_MS = 600_000

/** Steps between validations where nobody says: so many that a trend can be told before the plan ends, at most as many as between previews. */
export function validationsEvery(plan: Plan, previewEvery: number): number {
  const wanted = plan.kind === 'steps' ? Math.ceil(plan.total / PLANNED) : plan.totalMs <= SHORT_MS ? IN_SHORT_TIME : IN_TIME
  return Math.min(previewEvery, Math.max(FEWEST_STEPS, wanted))
}

/** A part of training that joins in later. */
interface Late {
  readonly name: string
  /** Share of the plan after which it begins; 1: never. */
  readonly from: number
}

function lateParts(training: Training): Late[] {
  const { averageFrom, swapFrom } = training
  const parts = [
    { name: "the weights' average", from: averageFrom },
    { name: 'the discriminator', from: hasDiscriminator(training) ? training.adversarialFrom : 1 },
    { name: 'judging swaps', from: swapFrom },
  ]
  return parts.filter(({ from }) => from < 1)
}

/** What a new run begins with, and what joins in later, in two or three lines. */
export function describeSettings({ name, style, losses = LOSSES, base, training, batch }: Settings, plan: Plan): string {
  const applied = Object.entries(losses).filter(
    ([loss, weight]) =>
      weight > 0 &&
      (judgesSwaps(training) || !OF_SWAPS.some((name) => name === loss)) &&
      (hasDiscriminator(training) || !OF_DISCRIMINATOR.some((name) => name === loss)),
  )
  const weights = applied.map(([loss, weight]) => `${loss} ${Number(weight.toPrecision(6))}`)
  const start = base === undefined ? 'from scratch' : `from dfk's base weights (${base.slice(0, 12)}…)`
  const late = describeLate(plan, training)
  return [
    `${name} begins ${start}, ${batch} faces of each person a step, ${training.optimizer} at ${training.rate}`,
    `  style ${style}: ${weights.join(', ')}, gan ${discriminatorWeight(training)}`,
    ...(late === undefined ? [] : [`  ${late}`]),
  ].join('\n')
}

/** When the parts that join in later do, in words; undefined where there are none. */
export function describeLate(plan: Plan, training: Training): string | undefined {
  const parts = lateParts(training).map(({ name, from }) =>
    plan.kind === 'steps' ? `${name} from step ${stepOf(from, training)}` : `${name} after ${Math.round(100 * from)} % of the time`,
  )
  return parts.length === 0 ? undefined : parts.join(', ')
}

const stepOf = (from: number, { horizon }: Training) => Math.ceil(from * horizon)

/** Losses that judge swaps. */
const OF_SWAPS = ['identity', 'follow'] as const

/** Losses that a discriminator says. */
const OF_DISCRIMINATOR = ['features', 'code'] as const

function judgesSwaps({ swapFrom }: Training): boolean {
  return swapFrom < 1
}

interface Asked {
  readonly plan: Plan
  readonly training: Training
  /** Weights of losses that were asked for by name. */
  readonly losses?: Partial<Record<keyof LossWeights, number | undefined>> | undefined
  readonly validateEvery: number
  readonly until?: 'plateau' | undefined
}

/** What a plan of steps ends before; undefined where it comes to all that joins in later. */
export function endsBefore(plan: Plan, training: Training): string | undefined {
  if (plan.kind === 'minutes') return undefined
  const late = lateParts(training).filter(({ from }) => stepOf(from, training) >= plan.total)
  if (late.length === 0) return undefined
  const parts = new Intl.ListFormat('en-GB').format(late.map(({ name, from }) => `${name} (step ${stepOf(from, training)})`))
  return `this plan ends at step ${plan.total}, before it comes to ${parts}: train longer, or begin a run with --horizon ${plan.total}`
}

/** What was asked for and will have no effect in this plan, a line each. */
export function withoutEffect({ plan, training, losses = {}, validateEvery, until }: Asked): string[] {
  const said: string[] = []
  const idle = OF_SWAPS.filter((name) => (losses[name] ?? 0) > 0)
  if (idle.length > 0 && !judgesSwaps(training))
    said.push(`--losses: ${idle.join(' and ')} will have no effect: swaps are not judged; --swap-from .5 judges them`)
  const unheard = OF_DISCRIMINATOR.filter((name) => (losses[name] ?? 0) > 0)
  if (unheard.length > 0 && !hasDiscriminator(training))
    said.push(`--losses: ${unheard.join(' and ')} will have no effect: there is no discriminator (--gan-weight, --gan-from)`)
  if (plan.kind === 'minutes') return said
  const begun = Math.max(1, ...lateParts(training).map(({ from }) => stepOf(from, training)))
  const counted = Math.floor(plan.total / validateEvery) - Math.ceil(begun / validateEvery) + 1
  if (until === 'plateau' && counted < FEWEST_FOR_A_TREND)
    said.push(
      `--until plateau will not stop this plan early: from step ${begun} on, when all has begun, it has ${Math.max(0, counted)} validations, and a plateau takes ${FEWEST_FOR_A_TREND}: train longer, or give a smaller --validate-every than ${validateEvery}`,
    )
  return said
}
