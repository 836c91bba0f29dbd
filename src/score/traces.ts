import type { Both, Landmarks } from '../faces/index.ts'
import type { Picture } from '../picture/picture.ts'
import { areaUnderRoc, mean } from '../work/statistics.ts'

/** What judges faces for traces of manipulation. It is passed in: the detector is another stage's, and stages know nothing of each other. */
export interface TraceJudge {
  /** Version of the detector. */
  readonly version: string
  /** Above 0 speaks for manipulation. */
  logit(picture: Picture, landmarks: Landmarks): Promise<number>
  /** Calibrated probability of manipulation of one face, 0–1. */
  probability(logit: number): number
}

/** What the detector of `dfk detect` makes of the swapped faces, beside the original's. */
export interface TraceDetails {
  readonly detector: string
  /** Mean probability of manipulation, 0–1. */
  readonly swap: number | null
  readonly target: number | null
  /** Area under the ROC curve between the swapped and the original faces: 0.5 = it cannot tell them apart, 1 = it always can. */
  readonly auc: number | null
}

/** Sums up the logits of a clip's judged faces. */
export function traceDetails(logits: readonly Both[], judge: Pick<TraceJudge, 'version' | 'probability'>): TraceDetails {
  const of = (side: keyof Both) => logits.map((both) => both[side])
  const probability = (side: keyof Both) => mean(of(side).map((logit) => judge.probability(logit)))
  return {
    detector: judge.version,
    swap: probability('swap'),
    target: probability('target'),
    auc: areaUnderRoc(of('target'), of('swap')),
  }
}
