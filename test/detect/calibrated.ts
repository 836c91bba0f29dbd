import type { Calibration, KindCalibration, WitnessCalibration } from '../../src/detect/calibration.ts'

/** A witness with one measure, `score`, whose log-odds are `slope` times it. */
export function witness(weight: number, slope = 1): WitnessCalibration {
  return { measures: { score: { mean: 0, deviation: 1, weight: 1 } }, slope, intercept: 0, weight, auc: 0.7 }
}

const KIND: KindCalibration = {
  witnesses: {
    network: { ...witness(1), measures: { logit: { mean: 0, deviation: 1, weight: 1 } } },
    residual: witness(0.5),
    boundary: witness(0.5),
    temporal: witness(0.5),
    compression: witness(0),
  },
  intercept: 0,
  realBelow: 0.25,
  manipulatedAbove: 0.85,
  rates: { realCalledManipulated: 0.03, manipulatedCalledReal: 0.1, inconclusive: 0.3 },
  auc: { fused: 0.9, network: 0.8 },
  fittedOn: { real: 10, manipulated: 10, people: 5 },
  tested: { real: 20, manipulated: 20, realCalledManipulated: 0.05, manipulatedCalledReal: 0.2 },
}

/** A calibration made up for tests. */
export const CALIBRATION: Calibration = {
  schema: 2,
  version: '1-test',
  weights: 'ab'.repeat(32),
  slope: 0.8,
  intercept: -0.4,
  traceless: 0,
  image: KIND,
  video: KIND,
}
