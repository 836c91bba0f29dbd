import { type Calibration, probabilityByTraces, probabilityOfOdds, type WitnessCalibration } from './calibration.ts'
import { type Readings, type Testimony, WITNESSES } from './witnesses/witness.ts'
import { saysOf } from './witnesses/words.ts'

/** A measure further out than this many deviations says no more than one at it: no single odd number decides. */
const FURTHEST = 3

/** What the witnesses say together, and each alone. */
export interface Fused {
  /** Probability of manipulation, 0–1; null where the network saw no face. */
  readonly probability: number | null
  /** One a witness, in the order of `WITNESSES`. */
  readonly testimonies: readonly Testimony[]
}

/** Log-odds of manipulation by one witness's measures alone. Throws Error where one is missing that the calibration weighs. */
export function logOddsOf(measures: Readonly<Record<string, number>>, { measures: weighed, slope, intercept }: WitnessCalibration): number {
  let score = 0
  for (const [name, { mean, deviation, weight }] of Object.entries(weighed)) {
    const value = measures[name]
    if (value === undefined) throw new Error(`expected the measure ${name} but found ${Object.keys(measures).join(', ')}`)
    score += weight * Math.max(-FURTHEST, Math.min(FURTHEST, (value - mean) / deviation))
  }
  return slope * score + intercept
}

/**
 * One probability from all witnesses: their calibrated log-odds, weighed and added (logistic regression with weights that are
 * not negative; stacking, Wolpert 1992). A silent witness adds 0, which is even odds. Some fakes leave no trace (`traceless`).
 */
export function fuse(readings: Readings, kind: 'image' | 'video', calibration: Calibration): Fused {
  const { witnesses, intercept } = calibration[kind]
  let sum = intercept
  const testimonies = WITNESSES.map((witness): Testimony => {
    const reading = readings[witness]
    if ('silent' in reading) return { witness, probability: null, counted: false, says: reading.silent }
    const one = witnesses[witness]
    const logOdds = logOddsOf(reading.measures, one)
    sum += one.weight * logOdds
    const probability = witness === 'network' ? probabilityByTraces(logOdds, calibration) : probabilityOfOdds(logOdds)
    return { witness, probability, counted: one.weight > 0, says: saysOf(witness, probability, one) }
  })
  return { probability: 'silent' in readings.network ? null : probabilityByTraces(sum, calibration), testimonies }
}
