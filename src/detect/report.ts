import { basename } from 'node:path'
import { type Html, html, paragraph, renderPage, type Section, table } from '../report/page.ts'
import type { Calibration } from './calibration.ts'
import type { Examined } from './examine.ts'
import { fileParts, TONES } from './reportFile.ts'
import type { FileLine } from './shortlist.ts'
import { headline, LIMITS, METHOD, NO_CERTAINTY, percent } from './words.ts'

export interface ReportInput {
  /** Every file that was examined. */
  readonly lines: readonly FileLine[]
  /** Those of them that are shown with all there is. */
  readonly detailed: readonly Examined[]
  /** Files that could not be examined, with the reason. */
  readonly failed: readonly { readonly file: string; readonly reason: string }[]
  readonly calibration: Calibration
  /** Hashes of the records under which what it shows was made. */
  readonly records: readonly string[]
  readonly when: Date
}

/** One self-contained HTML page about all files of a run. */
export function renderDetectReport({ lines, detailed, failed, calibration, records, when }: ReportInput): string {
  const count = lines.length + failed.length
  const several = count > 1
  const sections: Section[] = several ? [{ title: 'All files', body: overview(lines, failed, detailed.length) }] : []
  const mostFirst = [...detailed].sort((a, b) => (b.detected.probability ?? -1) - (a.detected.probability ?? -1))
  for (const examined of mostFirst) {
    const body = fileParts(examined, calibration)
    sections.push(several ? { title: basename(examined.detected.file), body } : { body })
  }
  sections.push({ title: 'Method and limits', body: [paragraph(METHOD), paragraph(LIMITS), paragraph(html`<b>${NO_CERTAINTY}</b>`)] })
  const first = lines[0]?.file ?? failed[0]?.file ?? 'no file'
  return renderPage({
    title: several ? `Evidence of manipulation in ${count} files` : `Evidence of manipulation: ${basename(first)}`,
    records,
    subtitle: `dfk detect, detector ${calibration.version}, ${when.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    sections,
    footer: `Detector ${calibration.version}, weights SHA-256 ${calibration.weights}. ${NO_CERTAINTY}`,
  })
}

/** Every file in a line, most suspicious first; those without a face after them, and what failed last. */
function overview(lines: readonly FileLine[], failed: ReportInput['failed'], detailed: number): Html[] {
  const sorted = [...lines].sort((a, b) => (b.probability ?? -1) - (a.probability ?? -1))
  const rows = sorted.map((line) => [
    line.file,
    headline(line),
    line.probability === null ? '–' : percent(line.probability),
    line.declaresSynthetic ? 'declares itself synthetic' : line.findings > 0 ? 'found' : 'none found',
  ])
  const counts = (Object.keys(TONES) as (keyof typeof TONES)[])
    .map((name) => [lines.filter((line) => line.verdict === name).length, name] as const)
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`)
  const hidden = lines.length - detailed
  return [
    paragraph(`${[...counts, ...(failed.length > 0 ? [`${failed.length} not examined`] : [])].join(', ')}.`),
    ...(hidden > 0
      ? [paragraph(`Details below are of the ${detailed} most suspicious; the other ${hidden} are in this table alone.`, true)]
      : []),
    table(
      ['file', 'verdict', 'probability', 'provenance'],
      [...rows, ...failed.map(({ file, reason }) => [file, 'not examined', '–', reason])],
    ),
  ]
}
