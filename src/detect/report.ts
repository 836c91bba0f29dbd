import { basename } from 'node:path'
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
  type Tone,
  table,
  verdict,
} from '../report/page.ts'
import type { Band, Calibration } from './calibration.ts'
import type { Examined } from './examine.ts'
import type { Detected, FaceCrop } from './result.ts'
import { highestByFrame } from './summary.ts'
import { explanation, headline, LIMITS, METHOD, NO_CERTAINTY, percent, provenanceLines } from './words.ts'

export interface ReportInput {
  readonly examined: readonly Examined[]
  /** Files that could not be examined, with the reason. */
  readonly failed: readonly { readonly file: string; readonly reason: string }[]
  readonly calibration: Calibration
  readonly when: Date
}

const TONES: Record<Detected['verdict'], Tone> = { 'likely-manipulated': 'bad', 'likely-real': 'good', inconclusive: 'warn' }

/** One self-contained HTML page about all files of a run. */
export function renderDetectReport({ examined, failed, calibration, when }: ReportInput): string {
  const several = examined.length + failed.length > 1
  const sections: Section[] = several ? [{ title: 'All files', body: overview(examined, failed) }] : []
  for (const one of examined) sections.push(...fileSections(one, calibration, several))
  sections.push({ title: 'Method and limits', body: [paragraph(METHOD), paragraph(LIMITS), paragraph(html`<b>${NO_CERTAINTY}</b>`)] })
  return renderPage({
    title: several
      ? `Evidence of manipulation in ${examined.length + failed.length} files`
      : `Evidence of manipulation: ${nameOf(examined[0], failed)}`,
    subtitle: `dfk detect, detector ${calibration.version}, ${when.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    sections,
    footer: `Detector ${calibration.version}, weights SHA-256 ${calibration.weights}. ${NO_CERTAINTY}`,
  })
}

function nameOf(examined: Examined | undefined, failed: ReportInput['failed']): string {
  return basename(examined?.detected.file ?? failed[0]?.file ?? 'no file')
}

function overview(examined: readonly Examined[], failed: ReportInput['failed']): Html {
  const rows = examined.map(({ detected }) => [
    basename(detected.file),
    headline(detected),
    detected.probability === null ? '–' : percent(detected.probability),
    provenanceLines(detected.provenance).length > 0 ? 'found' : 'none found',
  ])
  return table(
    ['file', 'verdict', 'probability', 'provenance'],
    [...rows, ...failed.map(({ file, reason }) => [basename(file), 'not examined', '–', reason])],
  )
}

function fileSections({ detected, crops }: Examined, calibration: Calibration, several: boolean): Section[] {
  const band = calibration[detected.kind]
  const facts = [
    ['file', detected.file],
    ['SHA-256', detected.sha256],
    ['picture', `${detected.width} × ${detected.height} px${detected.kind === 'video' ? `, ${detected.durationS.toFixed(1)} s` : ''}`],
    [
      'examined',
      detected.kind === 'video' ? `${detected.framesExamined} frames, ${detected.framesWithFace} with a face` : 'the whole picture',
    ],
  ]
  const body = [
    verdict(headline(detected), TONES[detected.verdict], explanation(detected, band)),
    ...(detected.note === undefined || detected.probability === null ? [] : [paragraph(`Note: ${detected.note}.`)]),
    paragraph(NO_CERTAINTY, true),
    figures(detected, band),
    ...timeline(detected, band),
    ...strongestFaces(crops, detected.kind),
    html`<h3>What the file says of itself</h3>`,
    provenance(detected),
    html`<h3>The file</h3>`,
    table(['', ''], facts),
  ]
  return [several ? { title: basename(detected.file), body } : { body }]
}

function figures(detected: Detected, { realBelow, manipulatedAbove }: Band): Html {
  const { probability, faces, kind } = detected
  const highest = Math.max(0, ...faces.map((face) => face.probability))
  return cards([
    { label: 'Probability of manipulation', value: probability === null ? '–' : percent(probability), tone: TONES[detected.verdict] },
    {
      label: 'Inconclusive band',
      value: `${percent(realBelow)} – ${percent(manipulatedAbove)}`,
      note: 'chosen on people unseen in training',
    },
    {
      label: 'Faces judged',
      value: String(faces.length),
      note: kind === 'video' ? `in ${detected.framesExamined} frames` : 'in the picture',
    },
    ...(faces.length > 0 ? [{ label: 'Highest single face', value: percent(highest) }] : []),
  ])
}

function timeline({ kind, faces }: Detected, { realBelow, manipulatedAbove }: Band): Html[] {
  const frames = highestByFrame(faces)
  if (kind === 'image' || frames.length < 2) return []
  const points = frames.map(({ timeS, probability }) => [timeS, probability] as const)
  const marks = [
    { y: manipulatedAbove, label: 'likely manipulated' },
    { y: realBelow, label: 'likely real below' },
  ]
  const series = [{ name: 'highest face', points }]
  return [
    lineChart({ title: 'Probability', xLabel: 'time', x: 'time', series, min: 0, max: 1, marks, band: [realBelow, manipulatedAbove] }),
  ]
}

function strongestFaces(crops: readonly FaceCrop[], kind: Detected['kind']): Html[] {
  if (crops.length === 0) return []
  const images = crops.map(({ image, probability, timeS, frame, box }) => {
    const where = kind === 'video' ? `${timeS.toFixed(2)} s, frame ${frame}` : `at ${box.x}, ${box.y}`
    return inlineImage(image, `face, probability ${percent(probability)}, ${where}`, `${percent(probability)} · ${where}`)
  })
  return [html`<h3>Faces with the strongest evidence</h3>`, gallery(images)]
}

function provenance({ provenance }: Detected): Html {
  const lines = provenanceLines(provenance)
  if (lines.length === 0)
    return paragraph(
      'No C2PA manifest, no dfk watermark and no metadata mark found. Most files carry none, and marks are easily lost: this says nothing either way.',
    )
  return html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>${paragraph('Kept apart from the probability: it judges the faces alone.', true)}`
}
