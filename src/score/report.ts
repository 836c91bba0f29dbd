import { basename } from 'node:path'
import { encodePicture } from '../media/index.ts'
import { gallery, type Html, html, inlineImage, paragraph, renderPage, type Section, table, verdict } from '../report/page.ts'
import type { Shown } from './gallery.ts'
import { partWords } from './part.ts'
import { summaryCards } from './report-cards.ts'
import { charts } from './report-charts.ts'
import { figures, rangesTable } from './report-figures.ts'
import type { ScoreResult } from './score.ts'
import { judgement } from './verdict.ts'

export interface ReportNames {
  readonly swap: string
  readonly target: string
  readonly source: string
  readonly every: number
  /** Hashes of the records under which what it shows was made. */
  readonly records: readonly string[]
  /** Of each file, by its path. */
  readonly sha256: ReadonlyMap<string, string>
}

/** What was looked at, to the bit. */
export function filesTable(paths: readonly string[], sha256: ReportNames['sha256']): Html {
  return table(
    ['file', 'SHA-256'],
    [...new Set(paths)].map((path) => [path, sha256.get(path) ?? '–']),
  )
}

const JPEG_QUALITY = 85

async function pictures(shown: readonly Shown[], caption: (one: Shown) => string): Promise<Html> {
  const images = await Promise.all(
    shown.map(async (one) =>
      inlineImage(await encodePicture(one.picture, 'jpg', JPEG_QUALITY), `frame ${one.frame}: target, swapped, difference`, caption(one)),
    ),
  )
  return gallery(images, 18)
}

async function frameSections({ worst, typical, probabilityOf }: ScoreResult): Promise<Section[]> {
  const at = (one: Shown) => `frame ${one.frame}, ${one.timeS.toFixed(2)} s`
  const lists: [string, readonly Shown[], (one: Shown) => string][] = [
    ['Least like the source', worst.identity, (one) => `${at(one)}: cosine to the source ${(-one.value).toFixed(2)}`],
    ['Expression followed worst', worst.expression, (one) => `${at(one)}: error ${one.value.toFixed(3)}`],
    ['Gaze followed worst', worst.eyes, (one) => `${at(one)}: ${one.value.toFixed(1)}° off`],
    ['Pose followed worst', worst.pose, (one) => `${at(one)}: ${one.value.toFixed(1)}° off`],
    [
      'Most suspicious to dfk’s own detector',
      worst.detection,
      (one) => `${at(one)}: probability of manipulation ${Math.round(probabilityOf(one.value) * 100)}\u00a0%`,
    ],
    ['Background changed most', worst.background, (one) => `${at(one)}: ${(-one.value).toFixed(1)} dB`],
  ]
  const note = paragraph('Each picture: target | swapped | difference, three times stronger on grey.', true)
  const sections: Section[] = [{ title: 'Frames over the clip', body: [note, await pictures(typical, at)] }]
  for (const [title, shown, caption] of lists) {
    if (shown.length > 0) sections.push({ title, body: await pictures(shown, caption) })
  }
  return sections
}

/** Renders the report as one HTML document. */
export async function renderReport(result: ScoreResult, names: ReportNames): Promise<string> {
  const { headline, tone, explanation } = judgement(result.scores)
  const isClip = result.frames.length > 2
  return renderPage({
    title: `Score of ${basename(names.swap)}`,
    records: names.records,
    subtitle: `against ${basename(names.target)}, with the face of ${names.source}`,
    sections: [
      {
        body: [
          verdict(headline, tone, explanation),
          summaryCards(result.scores),
          ...(result.part === undefined
            ? []
            : [paragraph(`Compared with ${partWords(result.part)}; frames and times below are the target’s.`)]),
          ...result.warnings.map((warning) => paragraph(`Note: ${warning}.`)),
        ],
      },
      ...(await frameSections(result)),
      ...(isClip ? [{ title: 'Over time', body: charts(result) }] : []),
      { title: 'How the measures were judged', body: rangesTable(result.scores) },
      { title: 'Figures', body: figures(result.scores) },
      { title: 'The files', body: filesTable([names.swap, names.target], names.sha256) },
    ],
    footer: html`Made by dfk score; every ${names.every} frames judged. The measures are defined in docs/score.md. They compare files; they say nothing about whether a swap would deceive anyone.`,
  })
}
