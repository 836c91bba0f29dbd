import { type Band, type Verdict, verdictOf } from './calibration.ts'
import type { JudgedFace } from './result.ts'

/** Fewer frames with a face than this in a clip, and the verdict says how little it stands on. */
const FEW_FRAMES = 4

export interface Summary {
  readonly probability: number | null
  readonly verdict: Verdict
  readonly note: string | undefined
  readonly framesWithFace: number
}

/** The highest probability in each frame that has a face, in order of time. */
export function highestByFrame(faces: readonly JudgedFace[]): { frame: number; timeS: number; probability: number }[] {
  const highest = new Map<number, JudgedFace>()
  for (const face of faces) {
    if (face.probability >= (highest.get(face.frame)?.probability ?? -1)) highest.set(face.frame, face)
  }
  return [...highest.values()].map(({ frame, timeS, probability }) => ({ frame, timeS, probability })).sort((a, b) => a.frame - b.frame)
}

/** One number and one word for a file: maximum over the faces of a frame, mean over the frames (as Shiohara & Yamasaki, CVPR 2022, do). */
export function summarise(faces: readonly JudgedFace[], framesExamined: number, band: Band): Summary {
  const frames = highestByFrame(faces)
  if (frames.length === 0)
    return { probability: null, verdict: verdictOf(null, band), note: 'no face found: nothing to judge', framesWithFace: 0 }
  const probability = frames.reduce((sum, frame) => sum + frame.probability, 0) / frames.length
  return {
    probability,
    verdict: verdictOf(probability, band),
    note: noteOf(frames, framesExamined, band),
    framesWithFace: frames.length,
  }
}

function noteOf(frames: readonly { probability: number }[], examined: number, { manipulatedAbove }: Band): string | undefined {
  if (examined > 1 && frames.length < FEW_FRAMES) return `a face in only ${frames.length} of ${examined} frames: weak evidence`
  const high = frames.filter(({ probability }) => probability >= manipulatedAbove).length
  const share = high / frames.length
  if (share >= 0.15 && share <= 0.5)
    return `${high} of ${frames.length} frames stand out while the rest do not: look at the faces and times`
  return undefined
}
