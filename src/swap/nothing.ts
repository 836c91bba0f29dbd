import { DfkError, EXIT, UsageError } from '../work/errors.ts'

/** What was seen of faces, for the error where nobody was replaced. */
export interface Seen {
  /** Faces met in all frames that were looked at, replaced or not. */
  facesSeen: number
  /** Least distance of a face that was left alone to the people who consent. */
  nearest: number
}

/** Nobody was replaced, so nothing was written. */
export class NothingSwappedError extends DfkError {}

/** Nobody was to be replaced: the shots file switches all frames off that are rendered. */
export class NothingAskedError extends UsageError {}

function inFrames(path: string, frames: number): string {
  return frames === 1 ? path : `the ${frames} frames of ${path}`
}

/** The error for footage in which nobody is to be replaced. */
export function nothingAsked(path: string, frames: number): NothingAskedError {
  return new NothingAskedError(`--shots: expected faces to be asked for in ${inFrames(path, frames)} but it switches all of them off`, {
    hint: 'choose another --range, or remove "on": false and "strength": 0 from the entries for those frames',
  })
}

/** The default of --threshold, a distance of descriptors: a face that is nearer was shut out by a smaller one. */
export const USUAL_THRESHOLD = 0.5

/** The error for footage in which nobody was replaced. `asked`: in how many of its frames somebody was to be. */
export function nothingSwapped(
  path: string,
  frames: number,
  asked: number,
  tracker: Readonly<Seen>,
): NothingSwappedError | NothingAskedError {
  const where = inFrames(path, frames)
  if (asked === 0) return nothingAsked(path, frames)
  if (tracker.facesSeen === 0)
    return new NothingSwappedError(`expected a face in ${where} but found none`, {
      hint: 'give footage in which the target is seen from the front or half-way',
    })
  const nearest = Number.isFinite(tracker.nearest) ? ` (nearest descriptor distance ${tracker.nearest.toFixed(2)})` : ''
  return new NothingSwappedError(`expected the target's face in ${where} but none of the faces found is theirs${nearest} [biometric]`, {
    hint: `${tracker.nearest <= USUAL_THRESHOLD ? 'raise --threshold where that is the target all the same, ' : ''}give footage of the run's target, or add a record for that person with --consent and choose --face largest`,
    exitCode: EXIT.refused,
  })
}
