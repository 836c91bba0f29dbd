import { type Card, cards, type Html } from '../report/page.ts'
import { gazeMoves, type RangeKey, readings, toneOf } from './ranges.ts'
import { text } from './report-figures.ts'
import type { Scores } from './scores.ts'

function watermarkCard({ watermark }: Scores['details']): Card {
  const note = watermark?.state === 'read' ? { note: `alone in ${watermark.readAlone} of ${watermark.frames} frames` } : {}
  return { label: 'watermark', value: watermark?.state ?? '–', ...note }
}

/** The measures at a glance, each coloured as the worst of what it shows. */
export function summaryCards(scores: Scores): Html {
  const { identity, pose, temporal, background, details } = scores
  const { lips, eyes, gaze, expression, appearance, detection } = details
  const share = details.identity.judge.nearerSource
  const all = readings(scores)
  const card = (label: string, value: string, note: string, ...keys: RangeKey[]): Card => ({
    label,
    value,
    note,
    tone: toneOf(all, ...keys),
  })
  return cards([
    card('likeness', text(identity, 2), 'identity: 0 target, 1 source', 'identity'),
    card('nearer to the source', share === null ? '–' : `${Math.round(share * 100)} %`, 'of the judged frames', 'nearerSource'),
    card('pose', text(pose, 1, '°'), 'mean difference', 'pose'),
    card('expression', text(expression.motion, 2), 'movement error: 0 follows, 1 is frozen', 'motion'),
    card(
      'mouth',
      `r ${text(expression.mouthR, 2)}`,
      `its opening; closed lips F1 ${text(lips.closedF1, 2)}, error ${text(lips.error, 3)}`,
      'mouthR',
      'lips',
      'lipsClosed',
    ),
    card('lids', `r ${text(eyes.r, 2)}`, `their opening; blinks F1 ${text(eyes.closedF1, 2)}`, 'lids', 'blinks'),
    card(
      'gaze',
      text(gaze.error, 1, '°'),
      gazeMoves(scores) ? `off; movement error ${text(gaze.motion, 2)}, 1 is a stare` : 'off; it moves too little to be judged by that',
      'gaze',
      'gazeMotion',
    ),
    card('steadiness', text(temporal, 2, '×'), `the original’s jitter; shimmer ${text(details.temporal.slip, 2, '×')}`, 'jitter', 'slip'),
    card(
      'background',
      text(background, 1, ' dB'),
      `unchanged is 99; near the face ${text(details.background.near, 1)}`,
      'background',
      'nearFace',
    ),
    card(
      'sharpness',
      text(appearance.sharpness, 2, '×'),
      `the original’s; rim colour off by ${text(appearance.rimColour, 1)} ΔE`,
      'sharpness',
      'rimColour',
    ),
    ...(detection === null
      ? []
      : [{ label: 'dfk’s detector', value: text(detection.auc, 2), note: 'AUC: 0.5 cannot tell it from the original, 1 always can' }]),
    watermarkCard(details),
  ])
}
