import { basename } from 'node:path'
import { encodePicture } from '../media/index.ts'
import { pastePicture } from '../picture/paste.ts'
import { createPicture, type Picture } from '../picture/picture.ts'
import { cropPicture } from '../picture/resize.ts'
import { gallery, type Html, html, inlineImage, lineChart, paragraph, renderPage, table, verdict } from '../report/page.ts'
import type { FrameMeasures } from './analysis.ts'
import { partsWarning, partWords } from './part.ts'
import { isBest, MEASURES, type Measure, RULE, rankVersions, shownValue } from './ranking.ts'
import { filesTable, type ReportNames } from './report.ts'
import { COMMON, series } from './report-charts.ts'
import type { ScoreResult } from './score.ts'
import { versionNames, watermarkWords } from './text.ts'

const JPEG_QUALITY = 85

/** Which way a measure runs, and how little is nothing. */
function stepWords({ best, step, unit }: Measure): string {
  switch (best) {
    case 'none':
      return 'not ranked'
    case 'one':
      return `nearest to 1; ${Math.round(step * 100)} %`
    case 'high':
    case 'low':
      return `${best === 'high' ? 'highest' : 'lowest'}; ${step}${unit}`
    default:
      return best satisfies never
  }
}

function comparisonTable(results: readonly ScoreResult[], names: readonly string[]): Html {
  const all = results.map(({ scores }) => scores)
  const standings = rankVersions(all)
  const cell = (text: string, best: boolean): string | Html => (best ? html`<b>${text} ★</b>` : text)
  const rows = [
    ...MEASURES.map((measure) => [
      measure.label,
      ...all.map((scores, i) => cell(shownValue(measure, scores), isBest(standings, i, measure))),
      stepWords(measure),
    ]),
    ['watermark', ...all.map(({ details }) => watermarkWords(details.watermark)), ''],
    ['overall', ...standings.map(({ overall }) => overall.toFixed(2)), ''],
    ['rank', ...standings.map(({ rank }) => cell(String(rank), rank === 1)), ''],
  ]
  return table(['measure', ...names, 'best; draw within'], rows)
}

/** Pictures of one size beside each other. */
function inRow(tiles: readonly Picture[]): Picture {
  const { width, height } = tiles[0]!
  const out = createPicture(width * tiles.length, height)
  for (const [i, tile] of tiles.entries()) pastePicture(out, tile, i * width, 0)
  return out
}

/** The frames that all versions show: the target's face, then each version's. */
async function sideBySide(results: readonly ScoreResult[], names: readonly string[]): Promise<Html> {
  const [first] = results as [ScoreResult]
  const images: Html[] = []
  for (const { frame, timeS, picture } of first.typical) {
    const same = results.map(({ typical }) => typical.find((other) => other.frame === frame)?.picture)
    if (same.includes(undefined)) continue
    // Triptychs are three squares: target, swap, difference.
    const side = picture.height
    const tile = (from: Picture, at: number) => cropPicture(from, { x: at * side, y: 0, width: side, height: side })
    const row = inRow([tile(picture, 0), ...same.map((one) => tile(one!, 1))])
    const caption = `frame ${frame}, ${timeS.toFixed(2)} s: target | ${names.join(' | ')}`
    images.push(inlineImage(await encodePicture(row, 'jpg', JPEG_QUALITY), caption, caption))
  }
  if (images.length === 0) return paragraph('None of the frames that were kept to be shown is in every version.', true)
  return gallery(images, 12 * (1 + results.length))
}

function charts(results: readonly ScoreResult[], names: readonly string[]): Html[] {
  const chart = (title: string, of: (frame: FrameMeasures, result: ScoreResult) => number | null | undefined) =>
    lineChart({
      ...COMMON,
      title,
      series: results.map((result, i) => ({ name: names[i]!, points: series(result.frames, (frame) => of(frame, result)) })),
    })
  return [
    chart('Identity (0 = untouched target, 1 = the source’s own frames)', ({ described: i }, { identities }) =>
      i === undefined ? undefined : identities.judge.frames[i]!.scale,
    ),
    chart('Pose difference, degrees', ({ pose }) => pose?.total),
    chart('Expression error with shape, eye distances', ({ expression }) => expression?.error),
    chart('Gaze error, degrees', ({ eyes }) => eyes?.gaze?.errorDegrees),
  ]
}

/** Which part of the target each version shows, where that is not all of it, and whether it is the same. */
function notesOf(results: readonly ScoreResult[], names: readonly string[]): string[] {
  const unlike = partsWarning(results.map(({ part }) => part))
  const parts = results.flatMap(({ part }, i) => (part === undefined ? [] : [`${names[i]!}: compared with ${partWords(part)}.`]))
  return unlike === undefined ? parts : [...parts, `Note: ${unlike}.`]
}

/** Renders versions of a swap side by side as one HTML document. */
export async function renderComparison(
  results: readonly ScoreResult[],
  swaps: readonly string[],
  { target, source, every, records, sha256 }: Omit<ReportNames, 'swap'>,
): Promise<string> {
  const names = versionNames(swaps)
  const winner = rankVersions(results.map(({ scores }) => scores)).findIndex(({ rank }) => rank === 1)
  const isClip = results.every(({ frames }) => frames.length > 2)
  return renderPage({
    title: `${results.length} versions compared`,
    records,
    subtitle: `${names.join(', ')} against ${basename(target)}, with the face of ${source}`,
    sections: [
      {
        body: [
          verdict(`Best overall: ${names[winner]!}`, 'plain', RULE),
          comparisonTable(results, names),
          paragraph('★ the best by that measure, where they differ. What each means: docs/score.md.', true),
          ...notesOf(results, names).map((note) => paragraph(note)),
          ...results.flatMap(({ warnings }, i) => warnings.map((warning) => paragraph(`Note on ${names[i]!}: ${warning}.`))),
        ],
      },
      { title: 'The same frames', body: await sideBySide(results, names) },
      ...(isClip ? [{ title: 'Over time', body: html`<div class="pairs">${charts(results, names)}</div>` }] : []),
      { title: 'The files', body: filesTable([...swaps, target], sha256) },
    ],
    footer: html`Made by dfk score; every ${every} frames judged. The measures are defined in docs/score.md. They compare files; they say nothing about whether a swap would deceive anyone.`,
  })
}
