import type { StepParts } from '../models/step.ts'
import { hasDiscriminator, type Training } from '../store/checkpoint.ts'
import type { LossScale } from './lossScale.ts'

/**
 * How long to train, counted over all calls for one run. A number of steps never changes what a step does, so that N steps and
 * N more are bit for bit 2·N steps; minutes do: the rate falls towards the end of the time given.
 */
export type Plan = { readonly kind: 'steps'; readonly total: number } | { readonly kind: 'minutes'; readonly totalMs: number }

/** Where training is. */
export interface Position {
  /** Steps done. */
  readonly step: number
  readonly elapsedMs: number
  readonly averageSince?: number | undefined
  readonly adversarialSince?: number | undefined
  readonly swappedSince?: number | undefined
  readonly lossScale?: LossScale | undefined
}

const WARM_UP = 100
const ADVERSARIAL_RAMP = 200
/** Share of the time after which the rate falls, and what is left of it at the end. */
const FALL_FROM = 0.5
const FALL_TO = 0.01
/** What is left of the augmentation's strength at the end, as a part of that at the beginning. */
const STRENGTH_LEFT = 0.5
/** Exponent of the power-law average; the window is about a tenth of the steps averaged (Karras et al. 2024). */
const AVERAGE_POWER = 7.94

/** How far the plan is, 0–1. */
export function fractionOf(plan: Plan, { step, elapsedMs }: Position): number {
  return Math.min(1, plan.kind === 'steps' ? step / plan.total : elapsedMs / plan.totalMs)
}

/** Which parts the next step computes: what has begun stays, but for a discriminator that is told to go. */
export function partsOf(plan: Plan, training: Training, position: Position): StepParts {
  const share = plan.kind === 'steps' ? position.step / training.horizon : fractionOf(plan, position)
  const average = training.averageFrom < 1 && (position.averageSince !== undefined || share >= training.averageFrom)
  const adversarial = hasDiscriminator(training) && (position.adversarialSince !== undefined || share >= training.adversarialFrom)
  const swapped = training.swapFrom < 1 && (position.swappedSince !== undefined || share >= training.swapFrom)
  return { average, adversarial, swapped }
}

/**
 * Learning rates of the step after `step` done ones. The discriminator's falls with the generator's: one that went on learning beside a
 * generator that no longer does would win, and ruin it.
 */
export function ratesOf(
  plan: Plan,
  training: Training,
  step: number,
  fraction: number,
): { readonly generator: number; readonly discriminator: number } {
  const generator = rateOf(plan, training, step, fraction)
  return { generator, discriminator: generator * training.adversarialRate }
}

/** Learning rate of the generator in the step after `step` done ones. */
function rateOf(plan: Plan, training: Training, step: number, fraction: number): number {
  const warm = Math.min(1, (step + 1) / WARM_UP)
  if (plan.kind === 'steps') return training.rate * warm * Math.min(1, Math.sqrt(training.horizon / (step + 1)))
  const down = Math.max(0, (fraction - FALL_FROM) / (1 - FALL_FROM))
  return training.rate * warm * (FALL_TO + (1 - FALL_TO) * 0.5 * (1 + Math.cos(Math.PI * down)))
}

/**
 * How strongly faces are turned, shifted and warped before the step after `step` done ones, 1 in full. That teaches what a face is made
 * of; towards the end it gives way to faces as they are aligned, so that the network learns to put things exactly where they are.
 */
export function strengthOf(plan: Plan, training: Training, step: number, fraction: number): number {
  const share = plan.kind === 'steps' ? Math.min(1, step / training.horizon) : fraction
  return training.augmentation * (1 - (1 - STRENGTH_LEFT) * Math.max(0, (share - FALL_FROM) / (1 - FALL_FROM)))
}

/** What the average keeps of itself in the `n`-th step of averaging, from 0. */
export function averageKeep(n: number): number {
  return (1 - 1 / (n + 1)) ** AVERAGE_POWER
}

/** Share of their weight that the losses of swaps have in the `n`-th step with them, from 0. */
export function swapWeight(n: number): number {
  return Math.min(1, n / ADVERSARIAL_RAMP)
}

/** Weight of the adversarial loss in the `n`-th step with a discriminator, from 0. */
export function adversarialWeight(training: Training, n: number): number {
  return training.adversarialWeight * Math.min(1, n / ADVERSARIAL_RAMP)
}

/** That the plan is done already, and what would train further; undefined where it is not. */
export function nothingToDo(plan: Plan, position: Pick<Position, 'step' | 'elapsedMs'>): string | undefined {
  if (fractionOf(plan, position) < 1) return undefined
  const { step, elapsedMs } = position
  if (plan.kind === 'steps') return `is at step ${step} already and the plan ends at ${plan.total}: nothing is trained; --steps takes more`
  const minutes = (ms: number) => Math.round(ms / 6_000) / 10
  return `has trained for ${minutes(elapsedMs)} minutes already and the plan ends at ${minutes(plan.totalMs)}: nothing is trained; --minutes takes more`
}
