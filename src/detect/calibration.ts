import { z } from 'zod'
import { WITNESSES } from './witnesses/witness.ts'

/** What the detector says of a file; `no-face`: there was nothing to judge, which says nothing of the file. */
export const VERDICTS = ['likely-manipulated', 'inconclusive', 'likely-real', 'no-face'] as const
export type Verdict = (typeof VERDICTS)[number]

const share = z.number().min(0).max(1)

const witnessSchema = z.object({
  /** How a measure enters the witness's score: its distance from `mean` in `deviation`s, by `weight`. */
  measures: z.record(z.string(), z.object({ mean: z.number(), deviation: z.number().positive(), weight: z.number() })),
  /** Platt scaling of the score: log-odds of manipulation by this witness alone. */
  slope: z.number().min(0),
  intercept: z.number(),
  /** Of those log-odds in the fusion; 0: reported but not counted, for it showed no skill on held-out people. */
  weight: z.number().min(0),
  /** Area under the ROC curve on held-out people, so that a report can say how much the witness is worth. */
  auc: share,
})
export type WitnessCalibration = z.output<typeof witnessSchema>

const kindSchema = z.object({
  witnesses: z.record(z.enum(WITNESSES), witnessSchema),
  /** Log-odds of the fusion where every witness is silent or undecided. */
  intercept: z.number(),
  /** Probabilities up to `realBelow` read likely-real, from `manipulatedAbove` on likely-manipulated. */
  realBelow: share,
  manipulatedAbove: share,
  /** Shares on the calibration files, by people left out of the fit: the limits to state beside a verdict. */
  rates: z.object({ realCalledManipulated: share, manipulatedCalledReal: share, inconclusive: share }),
  /** Area under the ROC curve of the fusion, and of the network alone, on people left out of the fit. */
  auc: z.object({ fused: share, network: share }),
  fittedOn: z.object({ real: z.number().int(), manipulated: z.number().int(), people: z.number().int() }),
  /** Shares on files of people and sources that nothing was fitted on, where there were any. */
  tested: z
    .object({ real: z.number().int(), manipulated: z.number().int(), realCalledManipulated: share, manipulatedCalledReal: share })
    .optional(),
})
/** How the witnesses' readings of a still, or of a clip, become one probability and a verdict. */
export type KindCalibration = z.output<typeof kindSchema>

/** `models/detector.json`, made by `scripts/detector/fuse.py`; probabilities are for as many real as manipulated files. */
export const calibrationSchema = z.object({
  schema: z.literal(2),
  /** Version of the detector, for reports. */
  version: z.string(),
  /** SHA-256 of the weights that it was fitted for. */
  weights: z.string(),
  /** Platt scaling of the network's logit of one face. */
  slope: z.number().positive(),
  intercept: z.number(),
  /** Share of the fakes that leave no trace, so that nothing tells them from real files: no probability falls below what that leaves. */
  traceless: share.default(0),
  image: kindSchema,
  video: kindSchema,
})
export type Calibration = z.output<typeof calibrationSchema>

/** Where the verdicts begin. */
export type Band = Pick<KindCalibration, 'realBelow' | 'manipulatedAbove'>

/** 1 / (1 + e^−x): the probability of log-odds. */
export function probabilityOfOdds(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds))
}

/** Probability of manipulation where `logOdds` are those of a fake that left traces, and a share of all fakes leaves none: those look as real files do. */
export function probabilityByTraces(logOdds: number, { traceless }: Pick<Calibration, 'traceless'>): number {
  const odds = (1 - traceless) * Math.exp(logOdds) + traceless
  return 1 - 1 / (1 + odds)
}

/** What makes a probability of the network's logit. */
export type FaceCalibration = Pick<Calibration, 'slope' | 'intercept' | 'traceless'>

/** Probability of manipulation, 0–1, of one face's logit. */
export function probabilityOf(logit: number, { slope, intercept, traceless }: FaceCalibration): number {
  return probabilityByTraces(slope * logit + intercept, { traceless })
}

/**
 * The logit of a picture by those of its faces, of which one, nobody knows which, may be manipulated: by Bayes' rule the odds of that are the mean of the faces' odds.
 * So a face counts the less the more there are beside it: the highest of many real ones is high by chance. `logits` must not be empty.
 */
export function logitAmong(logits: readonly number[], { slope }: Pick<Calibration, 'slope'>): number {
  const highest = Math.max(...logits)
  const odds = logits.reduce((sum, logit) => sum + Math.exp(slope * (logit - highest)), 0) / logits.length // relative to the highest one's
  return highest + Math.log(odds) / slope
}

/** The verdict for a probability; null: there was no face. */
export function verdictOf(probability: number | null, { realBelow, manipulatedAbove }: Band): Verdict {
  if (probability === null) return 'no-face'
  if (probability >= manipulatedAbove) return 'likely-manipulated'
  return probability <= realBelow ? 'likely-real' : 'inconclusive'
}
