import type { Stretch } from '../media/index.ts'
import { mean } from '../work/statistics.ts'
import type { Band } from './calibration.ts'
import type { JudgedFace, Moment } from './result.ts'
import { type HighestInFrame, highestByFrame } from './summary.ts'

const MOST_MOMENTS = 3
/** Frames looked at before a moment, and after it. */
const LOOKS = 2

/** The even samples that stand out, most suspicious first, no two of them neighbours; none where all read likely-real or every frame was a sample. */
export function standingOut(samples: readonly HighestInFrame[], every: number, { realBelow }: Band): HighestInFrame[] {
  if (every < 2) return []
  const chosen: HighestInFrame[] = []
  for (const sample of [...samples].sort((a, b) => b.probability - a.probability)) {
    if (chosen.length === MOST_MOMENTS || sample.probability <= realBelow) break
    if (chosen.every(({ frame }) => Math.abs(frame - sample.frame) > every)) chosen.push(sample)
  }
  return chosen
}

/** The frames to look at around a sample: between it and its neighbours, of a clip of `total` frames. */
export function stretchAround(frame: number, every: number, total: number): Stretch {
  const step = Math.max(1, Math.floor(every / 3))
  const from = frame - step * Math.min(Math.floor(frame / step), LOOKS)
  const last = Math.min(total - 1, frame + step * LOOKS)
  return { from, every: step, count: Math.max(1, Math.floor((last - from) / step) + 1), burst: 1 }
}

/** A moment, by the faces that the second look found around it. */
export function momentOf({ frame, timeS }: HighestInFrame, around: readonly JudgedFace[], timesS: readonly number[]): Moment {
  const probability = mean(highestByFrame(around).map((highest) => highest.probability))
  return { frame, timeS, fromS: Math.min(timeS, ...timesS), toS: Math.max(timeS, ...timesS), probability }
}
