import { RefusedError } from '../work/errors.ts'
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

/** Throws RefusedError where the mean face of a dataset or run, `what` in words, is not that of the record's subject. */
export function requireSubject(signed: SignedConsent, descriptor: ArrayLike<number>, what: string): void {
  const { matches, distance } = matchesSubject(signed, descriptor)
  if (matches) return
  throw new RefusedError(
    'biometric',
    `expected in ${what} the face that the consent record describes but the mean face is ${distance.toFixed(2)} away [biometric]`,
    { hint: 'collect this person again under their own record' },
  )
}
