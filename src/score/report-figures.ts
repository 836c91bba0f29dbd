import { type Html, html, paragraph, table } from '../report/page.ts'
import { RANGES, type Range, readings, shownReading } from './ranges.ts'
import type { Scores } from './scores.ts'
import { stareWords, watermarkWords } from './text.ts'

/** A number in a report; a dash where it cannot be told. */
export function text(value: number | null, digits: number, unit = ''): string {
  return value === null ? '–' : `${value.toFixed(digits)}${unit}`
}

/** Every number with its meaning. */
export function figures(scores: Scores): Html {
  const { identity, pose, expression, temporal, background, details, frames } = scores
  const { judge, pipeline, gallery } = details.identity
  const { lips, eyes, gaze, detection } = details
  const rows: [string, string, string][] = [
    ['identity', text(identity, 3), 'independent recogniser, 0 = untouched target, 1 = as like the source as its own frames'],
    [
      '… cosine to source / target',
      `${text(judge.toSource, 3)} / ${text(judge.toTarget, 3)}`,
      `${judge.network}; the source’s own frames ${text(judge.ownToSource, 3)}, untouched target ${text(judge.targetToSource, 3)}`,
    ],
    [
      '… by the pipeline’s recogniser',
      text(pipeline.scale, 3),
      `cosine ${text(pipeline.toSource, 3)} / ${text(pipeline.toTarget, 3)}; ${pipeline.network}`,
    ],
    [
      '… retrieval, rank 1',
      `${text(judge.rank1, 3)} / ${text(pipeline.rank1, 3)}`,
      `share of frames nearest to the source among ${gallery} people (source, target and those given), by the two recognisers`,
    ],
    [
      'pose',
      text(pose, 2, '°'),
      `yaw ${text(details.pose.yaw, 2)}, pitch ${text(details.pose.pitch, 2)}, roll ${text(details.pose.roll, 2)}; 95 % below ${text(details.pose.p95, 2)}`,
    ],
    ['expression', text(expression, 4), `468 landmarks without pose and shape, of the eye distance`],
    ['… with the shape of the face', text(details.expression.withShape, 4), `95 % below ${text(details.expression.withShapeP95, 4)}`],
    ['… movement error', text(details.expression.motion, 3), '0 = moves as the target, 1 = a frozen face'],
    [
      '… mouth / eyes, r',
      `${text(details.expression.mouthR, 3)} / ${text(details.expression.eyesR, 3)}`,
      'correlation of the openings over time, by the mesh',
    ],
    ['… place', text(details.expression.position, 4), 'landmarks as they lie in the picture, of the eye distance'],
    ['lips', text(lips.error, 4), `mean error of the gap, of the eye distance; frames closed together, F1 ${text(lips.closedF1, 3)}`],
    [
      'lids',
      text(eyes.error, 4),
      `by the iris network, another witness than the mesh: mean error of the eye aspect ratio; r ${text(eyes.r, 3)}; frames closed together (blinks), F1 ${text(eyes.closedF1, 3)}`,
    ],
    [
      'gaze',
      text(gaze.error, 2, '°'),
      `mean angle; movement error ${text(gaze.motion, 3)} of the target’s own ${text(gaze.moved, 1, '°')} (${stareWords(scores)}), r across ${text(gaze.r, 3)}; ${gaze.frames} frames with open eyes`,
    ],
    ['temporal', text(temporal, 3), 'landmark jitter over the original’s, 1 = as steady'],
    ['… warping error', text(details.temporal.warping, 3), 'over the original’s, along its own motion'],
    ['… slip', text(details.temporal.slip, 3), 'the same for equal contrast: each clip’s warping error by its own gradient; what shimmers'],
    [
      'background',
      text(background, 2, ' dB'),
      `median PSNR without the label’s strip; pooled with it ${text(details.background.pooled, 2)}, near the face ${text(details.background.near, 2)}, far ${text(details.background.far, 2)}`,
    ],
    ['sharpness', text(details.appearance.sharpness, 3), 'Laplacian variance of the face over the original’s'],
    ['rim colour', text(details.appearance.rimColour, 2, ' ΔE'), 'along the edge of the face'],
    ...(detection === null
      ? []
      : [
          [
            'detection',
            `${text(detection.swap, 3)} / ${text(detection.target, 3)}`,
            `mean probability of manipulation, swapped / original faces; AUC between them ${text(detection.auc, 3)} (0.5 cannot tell them apart); by dfk’s detector ${detection.detector}`,
          ] as [string, string, string],
        ]),
    ['watermark', details.watermark?.state ?? '–', watermarkWords(details.watermark)],
    [
      'frames',
      String(frames.analysed),
      `looked at of ${frames.compared} compared (${frames.swap} in the swap, ${frames.target} in the target); ${frames.judged} judged, face lost in ${frames.lostFace}, none in ${frames.noFace}`,
    ],
  ]
  return table(['measure', 'value', 'meaning'], rows)
}

const READS = { good: 'good', warn: 'middling' } as const

function limit({ good, bad, unit, ratio }: Range, at: 'good' | 'bad'): string[] {
  if (ratio === true)
    return at === 'good' ? [`${good}–${(1 / good).toFixed(1)}${unit}`] : [`≤ ${bad}${unit},`, `≥ ${(1 / bad).toFixed(1)}${unit}`]
  if (at === 'good' && good === 0) return [`0${unit}`]
  const [value, isLeast] = at === 'good' ? [good, good > bad] : [bad, bad > good]
  return [`${isLeast ? '≥' : '≤'} ${value}${unit}`]
}

/** Text that is not broken within its parts. */
function whole(...parts: readonly string[]): Html {
  return html`${parts.map((part, i) => html`${i === 0 ? '' : ' '}<span class="whole">${part}</span>`)}`
}

/** What every measure was judged by. */
export function rangesTable(scores: Scores): Html[] {
  const all = readings(scores)
  const rows = RANGES.map((range: Range) => {
    const reading = all.find((one) => one.range === range)
    const limits = [whole(...limit(range, 'good')), whole(...limit(range, 'bad'))]
    const label = whole(...range.label.split(' '))
    if (reading === undefined) return [label, 'cannot be told', '–', ...limits]
    const reads = reading.tone === 'bad' ? html`<b>bad</b>` : whole(READS[reading.tone])
    return [label, whole(...shownReading(reading).split(' ')), reads, ...limits]
  })
  return [
    table(['measure', 'value', 'reads', 'good', 'bad'], rows),
    paragraph('What lies between is middling. Where the limits come from: docs/score.md.', true),
  ]
}
