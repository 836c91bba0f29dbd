import type { SignedConsent } from './record.ts'

export interface SubjectMatch {
  readonly matches: boolean
  /** Euclidean distance to the nearest reference descriptor. */
  readonly distance: number
}

/** Whether a face is the subject's: the descriptor (128 numbers) is within the record's threshold of one of its references. */
export function matchesSubject(signed: SignedConsent, descriptor: ArrayLike<number>): SubjectMatch {
  const { references, threshold } = signed.record.biometric
  let distance = Number.POSITIVE_INFINITY
  for (const reference of references) {
    let sum = descriptor.length === reference.length ? 0 : Number.POSITIVE_INFINITY
    for (let i = 0; i < reference.length; i++) sum += ((descriptor[i] ?? Number.NaN) - (reference[i] ?? Number.NaN)) ** 2
    distance = Math.min(distance, Math.sqrt(sum))
  }
  return { matches: distance <= threshold, distance }
}
