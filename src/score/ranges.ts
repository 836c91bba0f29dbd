import type { Tone } from '../report/page.ts'
import type { Scores } from './scores.ts'

/** A measure with the ranges in which it is good, middling and bad. Where the limits come from: docs/score.md. */
export interface Range {
  readonly key: string
  /** As in "bad in …". */
  readonly label: string
  /** From where on a value is good, and from where on bad; what lies between is middling. Which of them is larger says which way the measure runs. */
  readonly good: number
  readonly bad: number
  readonly digits: number
  readonly unit: string
  /** What stands before a value where its label does not say which of several it is. */
  readonly sign?: string
  /** Larger and smaller are alike faults: 2 counts as ½. */
  readonly ratio?: true
  /** What is wrong where it is bad, as part of a sentence. */
  readonly fault: string
  of(scores: Scores): number | null
}

/** The identity that a still reaches which is pasted without any training. */
const PASTED_STILL = 0.55
/** Least movement of the target's gaze of which one can tell whether it was followed. */
const LEAST_GAZE_DEGREES = 4

/** Whether the target's gaze moves enough for one to tell whether the swap's follows it: else its movement error is that of reading irises. */
export function gazeMoves({ details }: Scores): boolean {
  return (details.gaze.moved ?? 0) >= LEAST_GAZE_DEGREES
}

/** Every measure that is judged, in the order in which reports name them. */
export const RANGES = [
  {
    ...{ key: 'identity', label: 'likeness', good: 0.8, bad: PASTED_STILL, digits: 2, unit: '' },
    fault: `it is no more like the source than a still that is pasted without any training (${PASTED_STILL})`,
    of: ({ identity }) => identity,
  },
  {
    ...{ key: 'nearerSource', label: 'frames nearer to the source', good: 0.9, bad: 0.5, digits: 2, unit: '' },
    fault: 'most frames are nearer to the target than to the source',
    of: ({ details }) => details.identity.judge.nearerSource,
  },
  {
    ...{ key: 'pose', label: 'pose', good: 2, bad: 4, digits: 1, unit: '°' },
    fault: 'the head does not follow the target’s',
    of: ({ pose }) => pose,
  },
  {
    ...{ key: 'motion', label: 'expression', good: 0.6, bad: 0.8, digits: 2, unit: '', sign: 'error ' },
    fault: 'the face hardly follows the target’s movement (1 is a frozen face)',
    of: ({ details }) => details.expression.motion,
  },
  {
    ...{ key: 'mouthR', label: 'mouth', good: 0.9, bad: 0.7, digits: 2, unit: '', sign: 'r ' },
    fault: 'the mouth does not open and close with the target’s',
    of: ({ details }) => details.expression.mouthR,
  },
  {
    ...{ key: 'lips', label: 'lips', good: 0.02, bad: 0.035, digits: 3, unit: '', sign: 'error ' },
    fault: 'the gap between the lips is off by as much as speech opens them',
    of: ({ details }) => details.lips.error,
  },
  {
    ...{ key: 'lipsClosed', label: 'closed lips', good: 0.9, bad: 0.6, digits: 2, unit: '', sign: 'F1 ' },
    fault: 'the lips do not close when the target’s do',
    of: ({ details }) => details.lips.closedF1,
  },
  {
    ...{ key: 'lids', label: 'lids', good: 0.7, bad: 0.3, digits: 2, unit: '', sign: 'r ' },
    fault: 'the lids do not move with the target’s',
    // Of lids that hardly move, the correlation is that of noise: a frozen face had .73.
    of: ({ details }) => (details.eyes.closedF1 === null ? null : details.eyes.r),
  },
  {
    ...{ key: 'blinks', label: 'blinks', good: 0.8, bad: 0.5, digits: 2, unit: '', sign: 'F1 ' },
    fault: 'it does not blink when the target does',
    of: ({ details }) => details.eyes.closedF1,
  },
  {
    ...{ key: 'gaze', label: 'gaze', good: 5, bad: 10, digits: 1, unit: '°' },
    fault: 'the eyes look elsewhere',
    of: ({ details }) => details.gaze.error,
  },
  {
    ...{ key: 'gazeMotion', label: 'gaze movement', good: 0.7, bad: 1, digits: 2, unit: '', sign: 'error ' },
    fault: 'the gaze follows no better than a fixed stare (1) would',
    // Of a gaze that hardly moves it is the error of reading irises: the footage's own face, drawn at 64 px, had .9 to 1.1.
    of: (scores) => (gazeMoves(scores) ? scores.details.gaze.motion : null),
  },
  {
    ...{ key: 'jitter', label: 'steadiness', good: 1.25, bad: 2, digits: 2, unit: '×', sign: 'jitter ' },
    fault: 'the face trembles',
    of: ({ temporal }) => temporal,
  },
  {
    ...{ key: 'slip', label: 'shimmer', good: 1.15, bad: 1.4, digits: 2, unit: '×', sign: 'slip ' },
    fault: 'the face shimmers',
    // Not the warping error itself, which a face with more contrast than the original's has without shimmering.
    of: ({ details }) => details.temporal.slip,
  },
  {
    ...{ key: 'background', label: 'background', good: 38, bad: 32, digits: 1, unit: ' dB' },
    fault: 'the picture around the face was changed',
    of: ({ background }) => background,
  },
  {
    ...{ key: 'nearFace', label: 'background near the face', good: 36, bad: 30, digits: 1, unit: ' dB' },
    fault: 'the mask spills beyond the face',
    of: ({ details }) => details.background.near,
  },
  {
    ...{ key: 'sharpness', label: 'sharpness', good: 0.7, bad: 0.4, digits: 2, unit: '×', ratio: true },
    fault: 'the face is far softer, or sharper, than the original’s',
    of: ({ details }) => details.appearance.sharpness,
  },
  {
    ...{ key: 'rimColour', label: 'colour at the rim', good: 3, bad: 6, digits: 1, unit: ' ΔE' },
    fault: 'the edge of the face is of another colour',
    of: ({ details }) => details.appearance.rimColour,
  },
  {
    ...{ key: 'lostFace', label: 'lost faces', good: 0, bad: 0.05, digits: 2, unit: '' },
    fault: 'some frames show no face where the target has one',
    of: ({ frames }) => (frames.analysed === 0 ? null : frames.lostFace / frames.analysed),
  },
] as const satisfies readonly Range[]

export type RangeKey = (typeof RANGES)[number]['key']

/** A measure as it came out. */
export interface Reading {
  readonly range: Range
  readonly value: number
  readonly tone: Exclude<Tone, 'plain'>
  /** 0 where it begins to be middling, 1 where it begins to be bad. */
  readonly severity: number
}

function readingOf(range: Range, value: number): Reading {
  const { good, bad, ratio } = range
  const judged = ratio === true ? Math.min(value, 1 / Math.max(value, 1e-9)) : value
  const severity = (judged - good) / (bad - good)
  return { range, value, severity, tone: severity <= 0 ? 'good' : severity < 1 ? 'warn' : 'bad' }
}

/** Every measure that could be told, in the order of the table. */
export function readings(scores: Scores, ranges: readonly Range[] = RANGES): Reading[] {
  return ranges.flatMap((range) => {
    const value = range.of(scores)
    return value === null ? [] : [readingOf(range, value)]
  })
}

/** How some measures read together: as the worst of them; plain where none could be told. */
export function toneOf(all: readonly Reading[], ...keys: readonly RangeKey[]): Tone {
  const worst = all.filter(({ range }) => (keys as readonly string[]).includes(range.key)).sort((a, b) => b.severity - a.severity)[0]
  return worst?.tone ?? 'plain'
}

/** A value as reports show it, such as `r −0.10`. */
export function shownReading({ range: { digits, unit, sign = '' }, value }: Reading): string {
  return `${sign}${value
    .toFixed(digits)
    .replace(/^-(?=0\.?0*$)/, '')
    .replace('-', '−')}${unit}`
}
