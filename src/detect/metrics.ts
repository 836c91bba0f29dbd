import { seedRandom } from '../models/random.ts'
import { areaUnderRoc, ascending, countBelow } from '../work/statistics.ts'
import type { Band } from './calibration.ts'

/** Share of real files that may be called fake where `foundAtOnePercent` counts. */
const FALSE_ALARMS = 0.01
const BINS = 10
const [DRAWS, SEED] = [200, 8]

/** How well probabilities tell real from fake; null where there is nothing of one kind to measure with. */
export interface Metrics {
  /** How many of each stand behind the figures. */
  readonly real: number
  readonly fake: number
  /** Area under the ROC curve: how often a fake is above a real one; ties count half. */
  readonly auc: number | null
  /** Equal error rate: false alarms and misses where they are nearest to each other, their mean. */
  readonly eer: number | null
  /** Share of the fakes that are found where at most 1 % of the real ones are (TPR at 1 % FPR). */
  readonly foundAtOnePercent: number | null
  /** Expected calibration error, ten bins of equal width, both kinds weighted alike. */
  readonly ece: number | null
  /** What `ece` would be on average if the probabilities were right: so few files never come out as often as was said. */
  readonly eceByChance: number | null
  /** By the verdicts' band. */
  readonly realCalledManipulated: number | null
  readonly fakeCalledManipulated: number | null
  readonly fakeCalledReal: number | null
  /** Mean of the two kinds' shares, or the share of the only one. */
  readonly inconclusive: number | null
}

type Values = readonly number[]

/** False alarms and misses at each cut that matters: at or above it reads fake. */
function* cuts(real: Values, fake: Values): Generator<{ falseAlarms: number; misses: number }> {
  const [a, b] = [ascending(real), ascending(fake)]
  for (const cut of [...new Set([...a, ...b]), Number.POSITIVE_INFINITY])
    yield { falseAlarms: (a.length - countBelow(a, cut)) / a.length, misses: countBelow(b, cut) / b.length }
}

export function equalErrorRate(real: Values, fake: Values): number | null {
  if (real.length === 0 || fake.length === 0) return null
  let best = { falseAlarms: 1, misses: 0 }
  for (const cut of cuts(real, fake)) if (Math.abs(cut.falseAlarms - cut.misses) < Math.abs(best.falseAlarms - best.misses)) best = cut
  return (best.falseAlarms + best.misses) / 2
}

/** Share of the fakes that are found at a cut where no more than a share of the real ones are. */
export function foundAt(real: Values, fake: Values, falseAlarms: number): number | null {
  if (real.length === 0 || fake.length === 0) return null
  let found = 0
  for (const cut of cuts(real, fake)) if (cut.falseAlarms <= falseAlarms) found = Math.max(found, 1 - cut.misses)
  return found
}

/** Expected calibration error (Naeini et al. 2015): how far probabilities are from how often it is so, both kinds weighted alike. */
export function calibrationError(real: Values, fake: Values): number | null {
  if (real.length === 0 || fake.length === 0) return null
  const off = new Float64Array(BINS)
  const add = (values: Values, truth: number) => {
    for (const value of values) off[binOf(value)]! += (truth - value) / (2 * values.length)
  }
  add(real, 0)
  add(fake, 1)
  return off.reduce((sum, value) => sum + Math.abs(value), 0)
}

/**
 * Calibration error of probabilities that are right: mean over draws in which each file is a fake as often as its probability says. The error of a set of files means
 * something as far as it is above this, which goes to 0 with their number (Bröcker and Smith 2007, consistency bars).
 */
export function calibrationErrorByChance(real: Values, fake: Values): number | null {
  if (real.length === 0 || fake.length === 0) return null
  const random = seedRandom(SEED)
  const files = [real, fake].flatMap((values) => values.map((value) => ({ value, weight: 1 / (2 * values.length) })))
  let total = 0
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const off = new Float64Array(BINS)
    for (const { value, weight } of files) off[binOf(value)]! += weight * ((random.uniform() < value ? 1 : 0) - value)
    total += off.reduce((sum, value) => sum + Math.abs(value), 0)
  }
  return total / DRAWS
}

function binOf(probability: number): number {
  return Math.min(BINS - 1, Math.floor(probability * BINS))
}

function share(values: Values, holds: (value: number) => boolean): number | null {
  return values.length === 0 ? null : values.filter(holds).length / values.length
}

/** All figures of one set. */
export function measure(real: Values, fake: Values, { realBelow, manipulatedAbove }: Band): Metrics {
  const between = (value: number) => value > realBelow && value < manipulatedAbove
  const undecided = [share(real, between), share(fake, between)].filter((part) => part !== null)
  return {
    real: real.length,
    fake: fake.length,
    auc: areaUnderRoc(real, fake),
    eer: equalErrorRate(real, fake),
    foundAtOnePercent: foundAt(real, fake, FALSE_ALARMS),
    ece: calibrationError(real, fake),
    eceByChance: calibrationErrorByChance(real, fake),
    realCalledManipulated: share(real, (value) => value >= manipulatedAbove),
    fakeCalledManipulated: share(fake, (value) => value >= manipulatedAbove),
    fakeCalledReal: share(fake, (value) => value <= realBelow),
    inconclusive: undecided.length === 0 ? null : undecided.reduce((sum, part) => sum + part, 0) / undecided.length,
  }
}
