import type { WitnessCalibration } from '../calibration.ts'
import type { WitnessName } from './witness.ts'

/** Beyond these the witness leans to one side. */
const LEANS = { real: 0.4, manipulated: 0.6 }

const SEEN: Record<WitnessName, { readonly looked: string; readonly manipulated: string; readonly real: string }> = {
  network: {
    looked: 'The network looked at the faces',
    manipulated: 'saw traces like those of replaced or blended ones',
    real: 'saw no traces of replacing or blending',
  },
  residual: {
    looked: 'Noise and fine detail of the face were compared with those around it',
    manipulated: 'differ as they do where a face was put in',
    real: 'agree as they do in one exposure',
  },
  boundary: {
    looked: 'The face’s outline was searched for a seam in noise, sharpness and colour',
    manipulated: 'one stands out against contours beside it',
    real: 'none stands out',
  },
  temporal: {
    looked: 'The face’s motion was compared with the head’s, frame by frame',
    manipulated: 'moves or flickers as replaced faces do',
    real: 'moves with the head as real faces do',
  },
  compression: {
    looked: 'Traces of compression in the face were compared with those around it',
    manipulated: 'differ, as if the face had another history',
    real: 'agree',
  },
}

/** What a witness has to say for its probability, in one sentence; with a caution where it has shown no skill. */
export function saysOf(witness: WitnessName, probability: number, { weight }: Pick<WitnessCalibration, 'weight'>): string {
  const { looked, manipulated, real } = SEEN[witness]
  const found = probability > LEANS.manipulated ? manipulated : probability < LEANS.real ? real : 'what was found speaks for neither side'
  return `${looked}: ${found}${weight === 0 ? ' (not counted: on held-out people it added nothing to what the others say, or they were too few to tell)' : ''}.`
}
