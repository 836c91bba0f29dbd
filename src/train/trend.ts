import { mean } from '../work/statistics.ts'
import type { ValidationRecord } from './validations.ts'

/** A validation is smoothed with so many before it: one alone wavers by a few thousandths. */
const SMOOTHED = 3
/** Fewest validations that say something of a trend. */
const FEWEST = 4
/** Fewest validations in which a trend can be told: as many before the last stretch as in it. */
export const FEWEST_FOR_A_TREND = 2 * FEWEST
/** The trend is that of the last third: a longer run improves more slowly, and noise is no smaller. */
const PART = 1 / 3

/** SSIM that counts as a gain: below it, two validations of equal runs with other seeds differ. */
export const SSIM_GAIN = 0.002
/** The same of the swap's identity and of sharpness. */
export const IDENTITY_GAIN = 0.01
export const SHARPNESS_GAIN = 0.02

/** How a measure went from the best before the last stretch to the best in it. */
export interface Trend {
  readonly before: number
  readonly now: number
  readonly gain: number
}

/** Mean SSIM of both people's unseen faces. */
export function unseenSsim({ validation: { source, target } }: ValidationRecord): number {
  return (source.ssim + target.ssim) / 2
}

/** Mean sharpness of both people's unseen faces, as a part of the real ones'. */
export function unseenSharpness({ validation: { source, target } }: ValidationRecord): number {
  return (source.sharpness + target.sharpness) / 2
}

/** Identity of the swap; undefined where it cannot be told. */
export function swapIdentity({ validation: { swap } }: ValidationRecord): number | undefined {
  return swap.identity ?? undefined
}

/** How many of the last validations the trend is about. */
export function stretchOf(count: number): number {
  return Math.max(FEWEST, Math.ceil(count * PART))
}

/** The trend over the last stretch; undefined with too few validations that know the measure. */
export function trendOf(history: readonly ValidationRecord[], of: (record: ValidationRecord) => number | undefined): Trend | undefined {
  const values = smoothed(history.flatMap((record) => of(record) ?? []))
  const stretch = stretchOf(values.length)
  if (values.length < FEWEST_FOR_A_TREND) return undefined
  const before = Math.max(...values.slice(0, -stretch))
  const now = Math.max(...values.slice(-stretch))
  return { before, now, gain: now - before }
}

/** Each value averaged with those just before it. */
export function smoothed(values: readonly number[]): number[] {
  return values.map((_, i) => mean(values.slice(Math.max(0, i - SMOOTHED + 1), i + 1))!)
}
