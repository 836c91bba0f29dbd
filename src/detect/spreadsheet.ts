import { csvLine } from '../report/csv.ts'
import type { Detected } from './result.ts'
import { WITNESSES } from './witnesses/witness.ts'

const COLUMNS = [
  ...['file', 'verdict', 'probability', 'kind', 'faces', 'frames_examined', 'frames_with_face', 'highest_face', 'highest_at_s'],
  ...WITNESSES.map((name) => `witness_${name}`),
  ...['declares_synthetic', 'c2pa_state', 'c2pa_generator', 'c2pa_issuer', 'marks', 'watermark', 'width', 'height', 'duration_s', 'sha256'],
  ...['detector', 'note', 'error'],
]

/** First line of the table that `dfk detect --csv` writes. */
export function headLine(): string {
  return csvLine(COLUMNS)
}

/** A path that neither a spreadsheet nor a shell takes for anything else: the same file. */
function safePath(file: string): string {
  return /^[=+\-@]/.test(file) ? `./${file}` : file
}

/** A file's line. */
export function lineOf(detected: Detected): string {
  const { faces, provenance, witnesses, probability } = detected
  const { c2pa, marks, watermark, declaresSynthetic } = provenance
  const highest = faces.reduce<Detected['faces'][number] | undefined>(
    (a, b) => (a !== undefined && a.probability >= b.probability ? a : b),
    undefined,
  )
  return csvLine([
    ...[safePath(detected.file), detected.verdict, rounded(probability, 4), detected.kind],
    ...[faces.filter(({ sample }) => sample === 'even').length, detected.framesExamined, detected.framesWithFace],
    ...[rounded(highest?.probability, 4), rounded(highest?.timeS, 3)],
    ...WITNESSES.map((name) => rounded(witnesses.find(({ witness }) => witness === name)?.probability, 4)),
    ...[declaresSynthetic, c2pa?.state, c2pa?.generator, c2pa?.issuer],
    ...[marks.map(({ kind, where, value }) => `${kind} (${where}): ${value}`).join('; ')],
    ...[watermark === undefined ? undefined : (watermark.id ?? 'worn'), detected.width, detected.height, rounded(detected.durationS, 3)],
    ...[detected.sha256, detected.detector, detected.note, undefined],
  ])
}

/** The line of a file that could not be examined. */
export function lineOfFailure(file: string, reason: string): string {
  return csvLine([safePath(file), ...Array.from({ length: COLUMNS.length - 2 }, () => undefined), reason])
}

function rounded(value: number | null | undefined, digits: number): number | undefined {
  return value === null || value === undefined ? undefined : Number(value.toFixed(digits))
}
