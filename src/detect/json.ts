import type { DfkError } from '../work/errors.ts'
import type { Detected, Judgement } from './result.ts'

function round(value: number, digits: number): number
function round(value: number | null, digits: number): number | null
function round(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits))
}

/** A result as scripts get it, under names that stay; probabilities to four digits, times to the millisecond. */
export function jsonOf({ file, probability, verdict, note, provenance, witnesses, faces, moments, kind, ...details }: Detected): object {
  return {
    file,
    probability: round(probability, 4),
    verdict,
    ...(note !== undefined && { note }),
    provenance: { ...provenance, c2pa: provenance.c2pa ?? null, watermark: provenance.watermark ?? null },
    witnesses: witnesses.map((one) => ({ ...one, probability: round(one.probability, 4) })),
    faces: faces.map(({ logit: _, ...face }) => ({ ...face, timeS: round(face.timeS, 3), probability: round(face.probability, 4) })),
    moments: moments.map(momentOf),
    kind,
    ...details,
  }
}

/** A file that could not be examined, as scripts get it. */
export function jsonOfFailure(file: string, { message, hint }: DfkError): object {
  return { file, error: message, ...(hint !== undefined && { hint }) }
}

function momentOf({ frame, timeS, fromS, toS, probability }: Judgement['moments'][number]): object {
  return { frame, timeS: round(timeS, 3), fromS: round(fromS, 3), toS: round(toS, 3), probability: round(probability, 4) }
}
