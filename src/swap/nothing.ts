import { DfkError, EXIT } from '../work/errors.ts'

/** What was seen of faces, for the error where nobody was replaced. */
export interface Seen {
  /** Faces met in all frames that were looked at, replaced or not. */
  facesSeen: number
  /** Least distance of a face that was left alone to the people who consent. */
  nearest: number
}

/** Nobody was replaced, so nothing was written. */
export class NothingSwappedError extends DfkError {}

/** The error for footage in which nobody was replaced. */
export function nothingSwapped(path: string, frames: number, tracker: Readonly<Seen>): NothingSwappedError {
  const where = frames === 1 ? path : `the ${frames} frames of ${path}`
  if (tracker.facesSeen === 0)
    return new NothingSwappedError(`expected a face in ${where} but found none`, {
      hint: 'give footage in which the target is seen from the front or half-way',
    })
  const nearest = Number.isFinite(tracker.nearest) ? ` (nearest descriptor distance ${tracker.nearest.toFixed(2)})` : ''
  return new NothingSwappedError(`expected the target's face in ${where} but none of the faces found is theirs${nearest} [biometric]`, {
    hint: "give footage of the run's target, or add a record for that person with --consent and choose --face largest",
    exitCode: EXIT.refused,
  })
}
