import { type Band, type Verdict, verdictOf } from './calibration.ts'
import type { Detected, JudgedFace } from './result.ts'

/** Fewer frames with a face than this in a clip, and the verdict says how little it stands on. */
const FEW_FRAMES = 4

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

/** A verdict for the witnesses' `probability`, with what needs saying about the even samples that it stands on. */
export function summarise(
  samples: readonly HighestInFrame[],
  framesExamined: number,
  { kind, probability, band }: { readonly kind: Detected['kind']; readonly probability: number | null; readonly band: Band },
): Summary {
  if (samples.length === 0 || probability === null)
    return { probability: null, verdict: verdictOf(null, band), note: 'no face found: nothing to judge', framesWithFace: 0 }
  return {
    probability,
    verdict: verdictOf(probability, band),
    note: noteOf(samples, framesExamined, kind, band),
    framesWithFace: samples.length,
  }
}

function noteOf(
  samples: readonly HighestInFrame[],
  examined: number,
  kind: Detected['kind'],
  { manipulatedAbove }: Band,
): string | undefined {
  if (kind === 'video' && samples.length < FEW_FRAMES) return `a face in only ${samples.length} of ${examined} frames: weak evidence`
  const high = samples.filter(({ probability }) => probability >= manipulatedAbove).length
  const share = high / samples.length
  if (share >= 0.15 && share <= 0.5)
    return `${high} of ${samples.length} frames stand out while the rest do not: look at the faces and times`
  return undefined
}
