import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { encodePicture } from '../media/index.ts'
import {
  cards,
  gallery,
  type Html,
  html,
  inlineImage,
  lineChart,
  paragraph,
  renderPage,
  type Section,
  table,
  verdict,
} from '../report/page.ts'
import type { FrameMeasures } from './analysis.ts'
import type { Shown } from './gallery.ts'
import { psnr } from './pixels.ts'
import type { ScoreResult } from './score.ts'
import type { Scores } from './summary.ts'
import { judgement, TONES } from './verdict.ts'

export interface ReportNames {
  readonly swap: string
  readonly target: string
  readonly source: string
  readonly every: number
}

const JPEG_QUALITY = 85

function text(value: number | null, digits: number, unit = ''): string {
  return value === null ? '–' : `${value.toFixed(digits)}${unit}`
}

function summaryCards(scores: Scores): Html {
  const { identity, pose, expression, temporal, background, details } = scores
  const share = details.identity.judge.nearerSource
  return cards([
    { label: 'identity', value: text(identity, 2), note: '0 target, 1 source', tone: TONES.identity(identity) },
    {
      label: 'nearer to the source',
      value: share === null ? '–' : `${Math.round(share * 100)} %`,
      note: 'of the judged frames',
      tone: TONES.nearer(share),
    },
    { label: 'pose', value: text(pose, 2, '°'), note: 'mean difference', tone: TONES.pose(pose) },
    {
      label: 'expression',
      value: text(expression, 3),
      note: `movement error ${text(details.expression.motion, 2)}`,
      tone: TONES.motion(details.expression.motion),
    },
    { label: 'temporal', value: text(temporal, 2, '×'), note: "jitter against the original's", tone: TONES.temporal(temporal) },
    { label: 'background', value: text(background, 1, ' dB'), note: 'outside the face', tone: TONES.background(background) },
  ])
}

function series(frames: readonly FrameMeasures[], of: (frame: FrameMeasures) => number | null | undefined): (readonly [number, number])[] {
  // A gap stays a gap; frames that were not measured at all are no gap.
  return frames.flatMap((frame) => {
    const value = of(frame)
    if (value !== undefined && value !== null) return [[frame.timeS, value] as const]
    return frame.face === 'both' ? [] : [[frame.timeS, Number.NaN] as const]
  })
}

function charts({ frames, identities }: ScoreResult): Html[] {
  const described = (of: (i: number) => number | null) => series(frames, ({ described: i }) => (i === undefined ? undefined : of(i)))
  const judge = identities.judge.frames
  const pipeline = identities.pipeline.frames
  const common = { x: 'time', xLabel: 'time', heightPx: 190 } as const
  return [
    lineChart({
      ...common,
      title: 'Identity (0 = untouched target, 1 = the source’s own frames)',
      series: [
        { name: 'independent recogniser', points: described((i) => judge[i]!.scale) },
        { name: 'the pipeline’s own', points: described((i) => pipeline[i]!.scale) },
      ],
      marks: [
        { y: 0, label: 'target' },
        { y: 1, label: 'source' },
      ],
    }),
    lineChart({
      ...common,
      title: 'Cosine of the swap by the independent recogniser',
      series: [
        { name: 'to the source', points: described((i) => judge[i]!.toSource) },
        { name: 'to the target', points: described((i) => judge[i]!.toTarget) },
      ],
    }),
    lineChart({
      ...common,
      title: 'Pose difference, degrees',
      min: 0,
      series: [{ name: 'pose', points: series(frames, ({ pose }) => pose?.total) }],
    }),
    lineChart({
      ...common,
      title: 'Expression error with shape, eye distances',
      min: 0,
      series: [{ name: 'expression', points: series(frames, ({ expression }) => expression?.error) }],
    }),
    lineChart({
      ...common,
      title: 'Mouth opening, eye distances',
      series: [
        { name: 'target', points: series(frames, ({ expression }) => expression?.mouth.target) },
        { name: 'swapped', points: series(frames, ({ expression }) => expression?.mouth.swap) },
      ],
    }),
    lineChart({
      ...common,
      title: 'Eye opening, height over width',
      series: [
        { name: 'target', points: series(frames, ({ expression }) => expression?.eyes.target) },
        { name: 'swapped', points: series(frames, ({ expression }) => expression?.eyes.swap) },
      ],
    }),
    lineChart({
      ...common,
      title: 'Background outside the face, dB',
      series: [
        { name: 'background', points: series(frames, ({ pixels }) => (pixels?.outside == null ? undefined : psnr(pixels.outside))) },
      ],
    }),
  ]
}

async function pictures(shown: readonly Shown[], caption: (one: Shown) => string): Promise<Html> {
  const images = await Promise.all(
    shown.map(async (one) =>
      inlineImage(await encodePicture(one.picture, 'jpg', JPEG_QUALITY), `frame ${one.frame}: target, swapped, difference`, caption(one)),
    ),
  )
  return gallery(images, 18)
}

async function frameSections({ worst, typical }: ScoreResult): Promise<Section[]> {
  const at = (one: Shown) => `frame ${one.frame}, ${one.timeS.toFixed(2)} s`
  const lists: [string, readonly Shown[], (one: Shown) => string][] = [
    ['Least like the source', worst.identity, (one) => `${at(one)}: cosine to the source ${(-one.value).toFixed(2)}`],
    ['Expression followed worst', worst.expression, (one) => `${at(one)}: error ${one.value.toFixed(3)}`],
    ['Pose followed worst', worst.pose, (one) => `${at(one)}: ${one.value.toFixed(1)}° off`],
    ['Background changed most', worst.background, (one) => `${at(one)}: ${(-one.value).toFixed(1)} dB`],
  ]
  const note = paragraph('Each picture: target | swapped | difference, three times stronger on grey.', true)
  const sections: Section[] = [{ title: 'Frames over the clip', body: [note, await pictures(typical, at)] }]
  for (const [title, shown, caption] of lists) {
    if (shown.length > 0) sections.push({ title, body: await pictures(shown, caption) })
  }
  return sections
}

function figures({ scores }: ScoreResult): Html {
  const { identity, pose, expression, temporal, background, details, frames } = scores
  const { judge, pipeline } = details.identity
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
      'correlation of the openings over time',
    ],
    ['… place', text(details.expression.position, 4), 'landmarks as they lie in the picture, of the eye distance'],
    ['temporal', text(temporal, 3), 'landmark jitter over the original’s, 1 = as steady'],
    ['… warping error', text(details.temporal.warping, 3), 'over the original’s, along its own motion'],
    [
      'background',
      text(background, 2, ' dB'),
      `median PSNR; pooled ${text(details.background.pooled, 2)}, near the face ${text(details.background.near, 2)}, far ${text(details.background.far, 2)}`,
    ],
    ['sharpness', text(details.appearance.sharpness, 3), 'Laplacian variance of the face over the original’s'],
    ['rim colour', text(details.appearance.rimColour, 2, ' ΔE'), 'along the edge of the face'],
    [
      'frames',
      String(frames.analysed),
      `looked at of ${frames.compared} compared (${frames.swap} in the swap, ${frames.target} in the target); ${frames.judged} judged, face lost in ${frames.lostFace}, none in ${frames.noFace}`,
    ],
  ]
  return table(['measure', 'value', 'meaning'], rows)
}

/** Renders the report as one HTML document. */
export async function renderReport(result: ScoreResult, names: ReportNames): Promise<string> {
  const { headline, tone, explanation } = judgement(result.scores)
  const isClip = result.frames.length > 2
  return renderPage({
    title: `Score of ${basename(names.swap)}`,
    subtitle: `against ${basename(names.target)}, with the face of ${names.source}`,
    sections: [
      {
        body: [
          verdict(headline, tone, explanation),
          summaryCards(result.scores),
          ...result.warnings.map((warning) => paragraph(`Note: ${warning}.`)),
        ],
      },
      ...(await frameSections(result)),
      ...(isClip ? [{ title: 'Over time', body: charts(result) }] : []),
      { title: 'Figures', body: figures(result) },
    ],
    footer: html`Made by dfk score; every ${names.every} frames judged. The measures are defined in docs/score.md. They compare files; they say nothing about whether a swap would deceive anyone.`,
  })
}

/** Writes the report beside its place and renames it there. */
export async function writeReport(path: string, result: ScoreResult, names: ReportNames): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.part`)
  try {
    await writeFile(partial, await renderReport(result, names))
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
