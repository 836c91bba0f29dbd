import type { Tone } from '../report/page.ts'
import type { Scores } from './scores.ts'

/** From where on a value is good and bad; between them it is middling. */
function scale(good: number, bad: number): (value: number | null) => Tone {
  const rising = good > bad
  return (value) => {
    if (value === null) return 'plain'
    if (rising ? value >= good : value <= good) return 'good'
    return (rising ? value <= bad : value >= bad) ? 'bad' : 'warn'
  }
}

/**
 * Where the line is drawn for each measure. Identity: one still, pasted without any training, reaches 0.55; background: 36 dB is where
 * a change shows at a second look; movement: 1 is a frozen face.
 */
export const TONES = {
  identity: scale(0.7, 0.4),
  nearer: scale(0.9, 0.5),
  pose: scale(2, 5),
  motion: scale(0.5, 0.85),
  gaze: scale(6, 12),
  temporal: scale(1.25, 2),
  background: scale(36, 30),
} as const

export interface Judgement {
  readonly headline: string
  readonly tone: Tone
  readonly explanation: string
}

function identityWords(scores: Scores): string {
  const share = scores.details.identity.judge.nearerSource ?? 0
  switch (TONES.identity(scores.identity)) {
    case 'good':
      return 'Reads as the source'
    case 'warn':
      return share >= 0.5 ? 'Nearer to the source than to the target, but not fully the source' : 'Between target and source'
    case 'bad':
      return 'Still reads as the target'
    case 'plain':
      return 'Identity cannot be told'
  }
}

/** The scores in plain words. */
export function judgement(scores: Scores): Judgement {
  const { pose, temporal, background, details, frames } = scores
  const tone = TONES.identity(scores.identity)
  const { nearerSource } = details.identity.judge
  const faults = [
    // The headline says so where it is the identity itself.
    tone !== 'bad' && TONES.nearer(nearerSource) === 'bad' && 'most frames are nearer to the target',
    TONES.gaze(details.gaze?.error ?? null) === 'bad' && 'the eyes look elsewhere',
    TONES.pose(pose) === 'bad' && 'the head does not follow the target',
    TONES.motion(details.expression.motion) === 'bad' && 'the face hardly follows the target’s expression',
    TONES.temporal(temporal) === 'bad' && 'the face trembles',
    TONES.background(background) === 'bad' && 'the background was changed',
    frames.lostFace > 0.05 * frames.analysed && 'the face is lost in some frames',
  ].filter((fault) => fault !== false)
  const others = tone === 'bad' ? 'No other measure' : 'No measure'
  const explanation = faults.length === 0 ? `${others} is in its bad range.` : `What went wrong: ${faults.join('; ')}.`
  return { headline: identityWords(scores), tone: faults.length > 0 && tone === 'good' ? 'warn' : tone, explanation }
}
