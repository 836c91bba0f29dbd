import { cards, gallery, type Html, html, inlineImage, lineChart, paragraph, type Tone, table, verdict } from '../report/page.ts'
import type { Band, Calibration } from './calibration.ts'
import type { Examined } from './examine.ts'
import type { Detected, FaceCrop } from './result.ts'
import { highestByFrame, mostFaces, togetherByFrame } from './summary.ts'
import { DECLARED, explanation, HEAT_SCALE, headline, NO_CERTAINTY, percent, provenanceLines, SEVERAL_FACES } from './words.ts'

export const TONES: Record<Detected['verdict'], Tone> = {
  'likely-manipulated': 'bad',
  inconclusive: 'warn',
  'likely-real': 'good',
  'no-face': 'plain',
}

/** All that a report says of one file. */
export function fileParts({ detected, crops }: Examined, calibration: Calibration): Html[] {
  const band = calibration[detected.kind]
  return [
    verdict(headline(detected), TONES[detected.verdict], explanation(detected, calibration)),
    ...(detected.provenance.declaresSynthetic
      ? [
          verdict(
            DECLARED,
            'warn',
            'What it says so with is listed below. The verdict above is of the faces alone and does not depend on it.',
          ),
        ]
      : []),
    ...(detected.note === undefined || detected.probability === null ? [] : [paragraph(`Note: ${detected.note}.`)]),
    paragraph(NO_CERTAINTY, true),
    ...(detected.probability === null ? [] : [figures(detected, band)]),
    ...timeline(detected, calibration),
    ...moments(detected, calibration),
    ...strongestFaces(crops, detected),
    ...witnesses(detected),
    html`<h3>What the file says of itself</h3>`,
    provenance(detected),
    html`<h3>The file</h3>`,
    facts(detected),
  ]
}

function figures(detected: Detected, { realBelow, manipulatedAbove }: Band): Html {
  const { probability, faces, kind } = detected
  const even = faces.filter(({ sample }) => sample === 'even')
  return cards([
    { label: 'Probability of manipulation', value: probability === null ? '–' : percent(probability), tone: TONES[detected.verdict] },
    {
      label: 'Inconclusive band',
      value: `${(100 * realBelow).toFixed(0)}–${percent(manipulatedAbove)}`,
      note: 'chosen on people and sources left out of the fit',
    },
    {
      label: 'Faces judged',
      value: String(even.length),
      note: kind === 'video' ? `in ${detected.framesExamined} frames` : 'in the picture',
    },
    {
      label: 'Highest single face',
      value: percent(faces.reduce((most, face) => Math.max(most, face.probability), 0)),
      note: 'by the network alone',
    },
  ])
}

function timeline({ kind, faces, moments: times }: Detected, calibration: Calibration): Html[] {
  const of = (sample: 'even' | 'around') => highestByFrame(faces.filter((face) => face.sample === sample))
  const even = of('even')
  if (kind === 'image' || even.length < 2) return []
  const points = even.map(({ timeS, probability }) => [timeS, probability] as const)
  // A break after each moment: between them nobody looked twice.
  const ends = times.map(({ toS }) => [toS, Number.NaN] as const)
  const around = [...of('around').map(({ timeS, probability }) => [timeS, probability] as const), ...ends].sort(
    (a, b) => a[0] - b[0] || (Number.isNaN(a[1]) ? 1 : -1),
  )
  const evenly = faces.filter(({ sample }) => sample === 'even')
  const together = togetherByFrame(evenly, calibration).map(({ timeS, probability }) => [timeS, probability] as const)
  const series = [
    { name: 'highest face, sampled evenly', points },
    ...(mostFaces(evenly) > 1 ? [{ name: 'all faces of the frame together', points: together }] : []),
    ...(times.length > 0 ? [{ name: 'second look, highest face', points: around }] : []),
  ]
  const { realBelow, manipulatedAbove } = calibration[kind]
  const band = { low: realBelow, high: manipulatedAbove, label: 'inconclusive band of the file’s probability' }
  return [lineChart({ title: 'Probability by the network', xLabel: 'time', x: 'time', series, min: 0, max: 1, band })]
}

function moments({ moments: times, faces }: Detected, calibration: Calibration): Html[] {
  if (times.length === 0) return []
  const several = mostFaces(faces) > 1
  const [highest, together] = [highestByFrame(faces), togetherByFrame(faces, calibration)]
  const at = (frames: typeof highest, frame: number) => percent(frames.find((one) => one.frame === frame)?.probability ?? 0)
  const rows = times.map(({ frame, timeS, fromS, toS, probability }) => [
    `${timeS.toFixed(2)} s`,
    at(highest, frame),
    ...(several ? [at(together, frame)] : []),
    `${fromS.toFixed(2)} – ${toS.toFixed(2)} s`,
    probability === null ? 'no face' : percent(probability),
  ])
  return [
    html`<h3>Moments that stand out</h3>`,
    table(['sample', 'highest face', ...(several ? ['all faces together'] : []), 'looked again', 'highest faces around, mean'], rows),
    ...(several ? [paragraph(SEVERAL_FACES)] : []),
    paragraph('A moment whose neighbours read low is more likely an accident of one frame.', true),
  ]
}

function strongestFaces(crops: readonly FaceCrop[], { kind, verdict: said }: Detected): Html[] {
  if (crops.length === 0) return []
  const images = crops.map(({ image, probability, timeS, frame, box, isAllOver }) => {
    const where = kind === 'video' ? `${timeS.toFixed(2)} s, frame ${frame}` : `at ${box.x}, ${box.y}`
    return inlineImage(
      image,
      `face, probability ${percent(probability)}, ${where}`,
      `${percent(probability)} · ${where}${isAllOver ? ' · all over the face' : ''}`,
    )
  })
  const title =
    said === 'likely-real'
      ? 'The faces that read highest, and what in them speaks for manipulation'
      : 'Faces with the strongest evidence, and where in them it is'
  return [html`<h3>${title}</h3>`, gallery(images, 16), paragraph(HEAT_SCALE, true)]
}

function witnesses({ witnesses: heard }: Detected): Html[] {
  if (heard.length === 0) return []
  const rows = heard.map(({ witness, probability, counted, says }) => [
    html`<span class="whole">${witness}</span>`,
    probability === null ? '–' : percent(probability),
    says,
    counted ? 'yes' : 'no',
  ])
  return [html`<h3>The witnesses</h3>`, table(['witness', 'alone', 'what it saw', 'counts'], rows)]
}

function provenance({ provenance }: Detected): Html {
  const lines = provenanceLines(provenance)
  if (lines.length === 0)
    return paragraph(
      'No C2PA manifest, no dfk watermark and no metadata mark found. Most files carry none, and marks are easily lost: this says nothing either way.',
    )
  return html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>${paragraph('Kept apart from the probability: it judges the faces alone.', true)}`
}

function facts(detected: Detected): Html {
  const { kind, width, height, durationS, framesExamined, framesWithFace } = detected
  const around = new Set(detected.faces.filter(({ sample }) => sample === 'around').map(({ frame }) => frame)).size
  return table(
    ['', ''],
    [
      ['file', detected.file],
      ['SHA-256', detected.sha256],
      ['picture', `${width} × ${height} px${kind === 'video' ? `, ${durationS.toFixed(1)} s` : ''}`],
      [
        'examined',
        kind === 'video'
          ? `${framesExamined} frames spread evenly, ${framesWithFace} with a face${around > 0 ? `; ${around} more with a face in the second look` : ''}`
          : 'the whole picture',
      ],
      ['detector', detected.detector],
    ],
  )
}
