import { z } from 'zod'

/** What the detector says of a file; `inconclusive` also where there is no face. */
export type Verdict = 'likely-real' | 'likely-manipulated' | 'inconclusive'

/** `models/detector.json`: how a logit becomes a probability, and where the verdicts begin; made by `scripts/detector/calibrate.py`. */
export const calibrationSchema = z.object({
  schema: z.literal(1),
  /** Version of the detector, for reports. */
  version: z.string(),
  /** SHA-256 of the weights that it was fitted for. */
  weights: z.string(),
  /** Platt scaling: probability = 1 / (1 + exp(−(slope · logit + intercept))), for as many real as manipulated faces. */
  slope: z.number().positive(),
  intercept: z.number(),
  /** Probabilities up to `realBelow` read likely-real, from `manipulatedAbove` on likely-manipulated. */
  realBelow: z.number().min(0).max(1),
  manipulatedAbove: z.number().min(0).max(1),
  /** Shares on the calibration faces, worn and unworn alike, 0–1: the limits to state beside a verdict. */
  rates: z.object({ realCalledManipulated: z.number(), manipulatedCalledReal: z.number(), inconclusive: z.number() }),
})
export type Calibration = z.output<typeof calibrationSchema>

/** Probability of manipulation, 0–1, of one face's logit. */
export function probabilityOf(logit: number, { slope, intercept }: Calibration): number {
  return 1 / (1 + Math.exp(-(slope * logit + intercept)))
}

/** The verdict for a probability; null (no face) is inconclusive. */
export function verdictOf(probability: number | null, { realBelow, manipulatedAbove }: Calibration): Verdict {
  if (probability === null) return 'inconclusive'
  if (probability >= manipulatedAbove) return 'likely-manipulated'
  return probability <= realBelow ? 'likely-real' : 'inconclusive'
}
