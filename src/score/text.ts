import { basename } from 'node:path'
import { alignColumns } from '../report/columns.ts'
import { gazeMoves } from './ranges.ts'
import { isBest, MEASURES, RULE, rankVersions, shownValue } from './ranking.ts'
import type { Scores } from './scores.ts'
import { judgement } from './verdict.ts'

const UNTOLD = 'cannot be told'

function shown(value: number | null, digits: number, unit = ''): string {
  return value === null ? UNTOLD : `${value.toFixed(digits)}${unit}`
}

function percent(share: number | null): string {
  return share === null ? UNTOLD : `${Math.round(share * 100)} %`
}

/** The unit, before what a line has to say besides; nothing where there is no value to have one. */
function unitOf(value: number | null, mark: ', ' | '; '): string {
  return value === null ? '' : `of the eye distance${mark}`
}

/** What the movement error of the gaze is worth, in a few words. */
export function stareWords(scores: Scores): string {
  return gazeMoves(scores) ? '1 = a fixed stare' : 'too little to judge by'
}

/** What the watermark says, in a few words. */
export function watermarkWords(watermark: Scores['details']['watermark']): string {
  if (watermark === null) return 'not looked for'
  const { state, id, frames, readAlone } = watermark
  switch (state) {
    case 'read':
      return `read, id ${id}; from a single frame in ${readAlone} of ${frames}`
    case 'seen':
      return `there, but too worn to be read from ${frames} frames`
    case 'none':
      return `none found in ${frames} frames`
    default:
      return state satisfies never
  }
}

/** The scores of one swap for people: a line a measure, and what is worst. `part`: of the target, in words, where it is not all of it. */
export function scoresText(scores: Scores, part?: string): string {
  const { identity, pose, expression, temporal, background, frames, details } = scores
  const { judge, gallery } = details.identity
  const { detection } = details
  const found = judge.rank1 === null ? '' : `; nearest to the source of ${gallery} people in ${percent(judge.rank1)} of frames`
  const rows: [string, string, string][] = [
    ['identity', shown(identity, 2), `0 = the untouched target, 1 = as the source's own frames${found}`],
    ['pose', shown(pose, 2, '°'), 'mean difference of the head pose'],
    [
      'expression',
      shown(expression, 3),
      `${unitOf(expression, '; ')}movement error ${shown(details.expression.motion, 2)} (1 = frozen), mouth r ${shown(details.expression.mouthR, 2)}`,
    ],
    [
      'lips',
      shown(details.lips.error, 3),
      `${unitOf(details.lips.error, ', ')}the gap's mean error; closed together F1 ${shown(details.lips.closedF1, 2)}`,
    ],
    [
      'lids',
      shown(details.eyes.error, 3),
      `mean error of height over width, by another network than expression; r ${shown(details.eyes.r, 2)}, closed together F1 ${shown(details.eyes.closedF1, 2)}`,
    ],
    [
      'gaze',
      shown(details.gaze.error, 1, '°'),
      `mean angle; movement error ${shown(details.gaze.motion, 2)} of the target's ${shown(details.gaze.moved, 1, '°')} (${stareWords(scores)})`,
    ],
    [
      'temporal',
      shown(temporal, 2),
      `jitter against the original's (1 = as steady); warping ${shown(details.temporal.warping, 2)}, slip ${shown(details.temporal.slip, 2)}`,
    ],
    [
      'background',
      shown(background, 1, ' dB'),
      `outside the face; near it ${shown(details.background.near, 1)}, far from it ${shown(details.background.far, 1)}`,
    ],
    [
      'appearance',
      '',
      `sharpness of the face ${shown(details.appearance.sharpness, 2)} of the original's; colour at its rim off by ${shown(details.appearance.rimColour, 1)} ΔE`,
    ],
  ]
  if (detection !== null)
    rows.push([
      'detection',
      percent(detection.swap),
      `mean probability of manipulation (original ${percent(detection.target)}); AUC ${shown(detection.auc, 2)}`,
    ])
  rows.push(
    ['watermark', '', watermarkWords(details.watermark)],
    [
      'frames',
      `${frames.analysed}`,
      `looked at of ${frames.compared}, ${frames.judged} judged; face lost in ${frames.lostFace}, none in ${frames.noFace}`,
    ],
  )
  if (part !== undefined) rows.push(['part', '', part])
  rows.push(['verdict', '', judgement(scores).headline])
  return rows.map(([name, value, note]) => `${name.padEnd(11)} ${value === UNTOLD ? `${value}; ` : value.padEnd(9)}${note}`).join('\n')
}

/** Names of versions that tell them apart: file names, or paths where those are the same. */
export function versionNames(paths: readonly string[]): string[] {
  const names = paths.map((path) => basename(path))
  return new Set(names).size === names.length ? names : [...paths]
}

/** Versions side by side for people: a line a measure, the best marked, and the rule of the ranking. */
export function comparisonText(all: readonly Scores[], paths: readonly string[], every: number): string {
  const standings = rankVersions(all)
  const rows = [
    ['', ...versionNames(paths)],
    ...MEASURES.map((measure) => [
      measure.label,
      ...all.map((scores, i) => `${shownValue(measure, scores)}${isBest(standings, i, measure) ? ' *' : '  '}`),
    ]),
    ['overall', ...standings.map(({ overall }) => `${overall.toFixed(2)}  `)],
    ['rank', ...standings.map(({ rank }) => `${rank}${rank === 1 ? ' *' : '  '}`)],
  ]
  const judged = `Judged in every version: ${every === 1 ? 'each frame' : `one frame of ${every}`}. At another --every, as a version by itself may have, the same file reads a little otherwise.`
  return [...alignColumns(rows, 1), judged, `* the best. ${RULE}`].join('\n')
}
