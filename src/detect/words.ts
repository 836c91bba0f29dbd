import { z } from 'zod'
import { printable } from '../work/errors.ts'
import { highestApart } from './apart.ts'
import type { Calibration } from './calibration.ts'
import type { Detected, Provenance } from './result.ts'
import type { Testimony } from './witnesses/witness.ts'

export const NO_CERTAINTY =
  'No detector is certain: a verdict is evidence to weigh, not proof, and never a reason to act against a person on its own.'

/** How it is done, in a paragraph. */
export const METHOD =
  'Faces are looked at by several witnesses: a small convolutional network (EfficientNet-Lite0, 3.4 million parameters), trained on real faces alone and on fakes made of them, and measurements ' +
  'of noise, seams, motion and compression that need no training. A clip is sampled evenly; what each witness reads is weighed by what it was worth on people that no training saw (nothing, for some: ' +
  'those are reported only), and added up to the file’s probability, for as many real as manipulated files. Times that stand out are looked at once more: that second look shows where, and does not change the probability. ' +
  'The red in a face shows which parts moved the network; it marks evidence, not outlines.'

/** Beside the faces of a report. */
export const HEAT_SCALE =
  'Red is relative within each face: deepest at the cell (of 7 × 7) that speaks most for manipulation, palest at the one that speaks least, none at even odds or below, and paler as a whole where no cell is sure. Where it is red nearly all over, the network found its traces everywhere, as in a face that was replaced altogether, and the map tells no place. Compare faces by their percentages, not by their red.'

/** Beside moments where there are several faces in a frame. */
export const SEVERAL_FACES =
  'Moments are named by the highest face in the frame. The file’s probability is of all faces together (the mean of their odds, since any of them may be the manipulated one, and the highest of many real faces is high by ' +
  'chance), so that a file may be likely real and have moments that read high: that is no contradiction, but that one face deserves a look.'

/** What it can not do, in a paragraph. */
export const LIMITS =
  'Kinds of manipulation that it was not trained on are missed more often; wholly generated faces are not recognised and mostly called real; edits outside of the face are not looked at. Very small, dark, strongly compressed or filtered faces weaken or ' +
  'mimic the traces. See docs/detector.md for what it was measured on.'

/** Said beside the verdict, which does not depend on it. */
export const DECLARED = 'The file itself declares that a trained model made or altered it.'

export function percent(value: number): string {
  const text = (value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)
  return value < 1 && text === '100' ? 'over 99 %' : `${text} %`
}

/** The verdict as a headline. */
export function headline({ verdict }: Pick<Detected, 'verdict'>): string {
  switch (verdict) {
    case 'no-face':
      return 'No face found: nothing to judge'
    case 'likely-manipulated':
      return 'Likely manipulated'
    case 'likely-real':
      return 'Likely real'
    case 'inconclusive':
      return 'Inconclusive'
    default:
      return verdict satisfies never
  }
}

/** What files the rates that may be stated are of: people who talk in clips are few, so that those are made of pictures. */
const CALIBRATED_ON: Readonly<Record<Detected['kind'], string>> = {
  image: 'files of the calibration',
  video: 'clips of the calibration (most of them moved photographs)',
}

/** What the verdict means and how far it reaches. */
export function explanation({ verdict, kind }: Pick<Detected, 'verdict' | 'kind'>, calibration: Calibration): string {
  const [{ rates, tested }, of] = [calibration[kind], CALIBRATED_ON[kind]]
  const elsewhere = (rate: 'realCalledManipulated' | 'manipulatedCalledReal') =>
    tested === undefined ? '' : ` (${percent(tested[rate])} of files of other sources, which nothing was fitted on)`
  switch (verdict) {
    case 'no-face':
      return 'The detector judges faces only. That it found none says nothing about whether the file is genuine.'
    case 'likely-manipulated':
      return `The faces carry traces like those of swapped or blended faces. Of the real ${of}, ${percent(rates.realCalledManipulated)} were called so too${elsewhere('realCalledManipulated')}.`
    case 'likely-real':
      return `The faces carry no such traces. That is no proof: of the manipulated ${of}, ${percent(rates.manipulatedCalledReal)} were called real too${elsewhere('manipulatedCalledReal')}, and kinds that it was not trained on are missed more often.`
    case 'inconclusive':
      return 'The evidence points neither way clearly enough to say.'
    default:
      return verdict satisfies never
  }
}

function watermarkLine({ id, scale, turnDegrees }: NonNullable<Provenance['watermark']>): string {
  const changes = [
    ...(Math.abs(scale - 1) > 0.01 ? [`resized or cropped since (${percent(scale)})`] : []),
    ...(Math.abs(turnDegrees) > 0.2 ? [`turned by ${turnDegrees.toFixed(1)}°`] : []),
  ]
  const what =
    id === null ? 'dfk watermark, too worn for its id to be read (a false alarm once in a million pictures)' : `dfk watermark ${id}`
  return changes.length === 0 ? what : `${what}; ${changes.join(', ')}`
}

const aigcSchema = z.looseObject({
  Label: z.string(),
  ContentProducer: z.string().optional(),
  ProduceID: z.string().optional(),
  ContentPropagator: z.string().optional(),
})

const AIGC_LABELS: Readonly<Record<string, string>> = { 1: 'made by AI', 2: 'probably made by AI', 3: 'suspected to be made by AI' }

/** A mark of GB 45438-2025 in words; as it stands where it is none of its objects. */
function aigcWords(value: string): string {
  const mark = aigcSchema.safeParse(parsed(value)).data
  if (mark === undefined) return value
  const { Label: label, ContentProducer: producer, ProduceID: id, ContentPropagator: spreader } = mark
  const words = [
    AIGC_LABELS[label] ?? `label ${label}`,
    producer && `by ${producer}`,
    id && `id ${id}`,
    spreader && `spread by ${spreader}`,
  ]
  return words.filter(Boolean).join(', ')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What the file says of itself, one line a finding; empty where it says nothing. */
export function provenanceLines({ c2pa, marks, watermark, declaresSynthetic }: Provenance): string[] {
  const lines: string[] = []
  if (c2pa !== undefined) {
    const by = c2pa.generator ?? c2pa.issuer ?? 'an unnamed program'
    const state = {
      trusted: 'intact, signer trusted',
      valid: 'intact, signer unknown',
      invalid: `NOT intact (${c2pa.problems.join(', ')})`,
    }[c2pa.state]
    const time = c2pa.signedAt === undefined ? '' : `, signed at ${c2pa.signedAt}`
    lines.push(`C2PA manifest by ${by}: ${state}${time}${c2pa.actions.length > 0 ? `; actions: ${c2pa.actions.join(', ')}` : ''}`)
    for (const { role, hash, scope } of c2pa.consent) lines.push(`consent of the ${role}: record ${hash.slice(0, 16)}…, ${scope}`)
  }
  if (watermark !== undefined) lines.push(watermarkLine(watermark))
  for (const { kind, where, value } of marks) lines.push(`${kind} mark in ${where}: ${kind === 'AIGC' ? aigcWords(value) : value}`)
  if (declaresSynthetic) lines.push(DECLARED)
  return lines.map(printable) // much of it is the file's own words
}

/** A result for people: the verdict, what it stands on, and the provenance. */
export function describe(detected: Detected): string {
  const { file, kind, probability, faces, framesExamined, framesWithFace, note, witnesses } = detected
  const where =
    kind === 'video'
      ? `${framesWithFace} of ${framesExamined} frames with a face`
      : `${faces.length} ${faces.length === 1 ? 'face' : 'faces'}`
  const chance = probability === null ? '' : ` (probability of manipulation ${percent(probability)}; ${where})`
  return [
    `${printable(file)}: ${headline(detected).toLowerCase()}${chance}${detected.provenance.declaresSynthetic ? '; it declares itself synthetic' : ''}`,
    ...(note === undefined || probability === null ? [] : [`  note: ${note}`]),
    ...heard(witnesses).map((line) => `  ${line}`),
    ...strongest(detected).map((line) => `  ${line}`),
    ...provenanceLines(detected.provenance).map((line) => `  provenance: ${line}`),
  ].join('\n')
}

/** What each witness says by itself, those apart that the probability does not heed. */
function heard(witnesses: readonly Testimony[]): string[] {
  const said = (isCounted: boolean) =>
    witnesses.flatMap(({ witness, probability, counted }) =>
      probability === null || counted !== isCounted ? [] : [`${witness} ${percent(probability)}`],
    )
  const [counted, others] = [said(true), said(false)]
  if (counted.length + others.length < 2) return []
  return [`witnesses: ${counted.join(', ')}${others.length === 0 ? '' : `; not counted: ${others.join(', ')}`}`]
}

function strongest({ kind, faces, verdict }: Detected): string[] {
  if (verdict === 'likely-real' || faces.length < 2) return []
  const named = highestApart(faces, 3).map(
    ({ timeS, box, probability }) => `${percent(probability)} ${kind === 'video' ? `at ${timeS.toFixed(1)} s` : `at ${box.x},${box.y}`}`,
  )
  return [`strongest: ${named.join(', ')}`]
}
