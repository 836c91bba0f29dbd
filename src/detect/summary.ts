import { quantile } from '../work/statistics.ts'
import { type Band, type FaceCalibration, logitAmong, probabilityOf, type Verdict, verdictOf } from './calibration.ts'
import type { Detected, JudgedFace } from './result.ts'

/** Fewer frames with a face than this in a clip, and the verdict says how little it stands on. */
const FEW_FRAMES = 4

/** What a summary is made for. */
export interface Grounds {
  readonly kind: Detected['kind']
  /** Of the witnesses together; null: there was no face. */
  readonly probability: number | null
  readonly band: Band
  /** `mostFaces` of the even samples. */
  readonly faces: number
  /** The end of the clip is missing. */
  readonly cut: boolean
}

export interface Summary {
  readonly probability: number | null
  readonly verdict: Verdict
  readonly note: string | undefined
  readonly framesWithFace: number
}

/** The most suspicious face of a frame. */
export interface HighestInFrame {
  readonly frame: number
  readonly timeS: number
  readonly logit: number
  readonly probability: number
}

/** Most faces in one of the frames. */
export function mostFaces(faces: readonly JudgedFace[]): number {
  const counts = new Map<number, number>()
  for (const { frame } of faces) counts.set(frame, (counts.get(frame) ?? 0) + 1)
  return Math.max(0, ...counts.values())
}

/** The highest probability in each frame that has a face, in order of time. */
export function highestByFrame(faces: readonly JudgedFace[]): HighestInFrame[] {
  const highest = new Map<number, JudgedFace>()
  for (const face of faces) {
    if (face.probability >= (highest.get(face.frame)?.probability ?? -1)) highest.set(face.frame, face)
  }
  return [...highest.values()]
    .map(({ frame, timeS, logit, probability }) => ({ frame, timeS, logit, probability }))
    .sort((a, b) => a.frame - b.frame)
}

/** What the faces of each frame say together, which is what a file's probability is made of, in order of time. */
export function togetherByFrame(faces: readonly JudgedFace[], calibration: FaceCalibration): HighestInFrame[] {
  return highestByFrame(faces).map((frame) => {
    const logits = faces.filter((face) => face.frame === frame.frame).map((face) => face.logit)
    const logit = logitAmong(logits, calibration)
    return { ...frame, logit, probability: probabilityOf(logit, calibration) }
  })
}

/** A verdict for the witnesses' `probability`, with what needs saying about the even samples that it stands on. */
export function summarise(samples: readonly HighestInFrame[], framesExamined: number, grounds: Grounds): Summary {
  const { probability, band } = grounds
  if (samples.length === 0 || probability === null)
    return {
      probability: null,
      verdict: verdictOf(null, band),
      note: together(ended(grounds), 'no face found: nothing to judge'),
      framesWithFace: 0,
    }
  return {
    probability,
    verdict: verdictOf(probability, band),
    note: together(ended(grounds), notAll(samples, framesExamined, grounds), several(grounds)),
    framesWithFace: samples.length,
  }
}

/** What there is of notes, as one; undefined where there is none. */
function together(...notes: (string | undefined)[]): string | undefined {
  return notes.filter((note) => note !== undefined).join('; ') || undefined
}

function ended({ cut }: Grounds): string | undefined {
  return cut ? 'the end of the file is missing: judged as far as it goes' : undefined
}

function several({ kind, faces }: Grounds): string | undefined {
  if (faces < 2) return undefined
  const where = kind === 'video' ? `up to ${faces} faces in a frame` : `${faces} faces`
  return `${where}, any of which may be the manipulated one: the probability follows the mean of their odds, so that the highest face may read above it`
}

function notAll(
  samples: readonly HighestInFrame[],
  examined: number,
  { kind, band: { realBelow, manipulatedAbove } }: Grounds,
): string | undefined {
  if (kind === 'video' && samples.length < FEW_FRAMES)
    return samples.length === examined
      ? `only ${examined} ${examined === 1 ? 'frame was' : 'frames were'} looked at: weak evidence`
      : `a face in only ${samples.length} of ${examined} frames: weak evidence`
  const rest = samples.flatMap(({ probability }) => (probability < manipulatedAbove ? [probability] : []))
  const high = samples.length - rest.length
  const share = high / samples.length
  const usual = quantile(rest, 0.5)
  // Frames just below the line are no others: a clip that is replaced throughout has them too.
  if (share >= 0.15 && share <= 0.5 && usual !== null && usual <= realBelow)
    return `${high} of ${samples.length} frames stand out while the rest do not: look at the faces and times`
  return undefined
}
