import { psnr } from '../picture/psnr.ts'
import { type Html, html, lineChart } from '../report/page.ts'
import type { FrameMeasures } from './analysis.ts'
import { degreesOf } from './eyes.ts'
import type { ScoreResult } from './score.ts'

/** Of charts that stand two by two where there is room. */
export const COMMON = { x: 'time', xLabel: 'time', heightPx: 190, widthPx: 440, mostPoints: 450 } as const

/** The points of a measure over a clip. */
export function series(
  frames: readonly FrameMeasures[],
  of: (frame: FrameMeasures) => number | null | undefined,
): (readonly [number, number])[] {
  // A gap stays a gap; frames that were not measured at all are no gap.
  return frames.flatMap((frame) => {
    const value = of(frame)
    if (value !== undefined && value !== null) return [[frame.timeS, value] as const]
    return frame.face === 'both' ? [] : [[frame.timeS, Number.NaN] as const]
  })
}

function detection({ frames, probabilityOf }: ScoreResult): Html[] {
  const of = (side: 'target' | 'swap') => series(frames, ({ traces }) => (traces === undefined ? undefined : probabilityOf(traces[side])))
  const both = [
    { name: 'target', points: of('target') },
    { name: 'swapped', points: of('swap') },
  ]
  return [
    lineChart({
      ...COMMON,
      title: 'Probability of manipulation by dfk’s own detector',
      min: 0,
      max: 1,
      series: both,
    }),
  ]
}

/** How each measure goes over the clip. */
export function charts(result: ScoreResult): Html {
  return html`<div class="pairs">${each(result)}</div>`
}

function each(result: ScoreResult): Html[] {
  const { frames, identities } = result
  const described = (of: (i: number) => number | null) => series(frames, ({ described: i }) => (i === undefined ? undefined : of(i)))
  const judge = identities.judge.frames
  const pipeline = identities.pipeline.frames

  return [
    lineChart({
      ...COMMON,
      title: 'Identity (0 = untouched target, 1 = the source’s own frames)',
      series: [
        { name: 'independent recogniser', points: described((i) => judge[i]!.scale) },
        { name: 'the pipeline’s own', points: described((i) => pipeline[i]!.scale) },
      ],
      marks: [
        { y: 0, label: '0: the target' },
        { y: 1, label: '1: the source' },
      ],
    }),
    lineChart({
      ...COMMON,
      title: 'Cosine of the swap by the independent recogniser',
      series: [
        { name: 'to the source', points: described((i) => judge[i]!.toSource) },
        { name: 'to the target', points: described((i) => judge[i]!.toTarget) },
      ],
    }),
    lineChart({
      ...COMMON,
      title: 'Pose difference, degrees',
      min: 0,
      series: [{ name: 'pose', points: series(frames, ({ pose }) => pose?.total) }],
    }),
    lineChart({
      ...COMMON,
      title: 'Expression error with shape, eye distances',
      min: 0,
      series: [{ name: 'expression', points: series(frames, ({ expression }) => expression?.error) }],
    }),
    lineChart({
      ...COMMON,
      title: 'Mouth opening, eye distances',
      series: [
        { name: 'target', points: series(frames, ({ expression }) => expression?.mouth.target) },
        { name: 'swapped', points: series(frames, ({ expression }) => expression?.mouth.swap) },
      ],
    }),
    lineChart({
      ...COMMON,
      title: 'Eye opening, height over width',
      series: [
        { name: 'target', points: series(frames, ({ eyes }) => eyes?.opening.target) },
        { name: 'swapped', points: series(frames, ({ eyes }) => eyes?.opening.swap) },
      ],
    }),
    lineChart({
      ...COMMON,
      title: 'Gaze across, degrees to the picture’s right',
      series: [
        { name: 'target', points: series(frames, ({ eyes }) => eyes?.gaze && degreesOf(eyes.gaze.target[0])) },
        { name: 'swapped', points: series(frames, ({ eyes }) => eyes?.gaze && degreesOf(eyes.gaze.swap[0])) },
      ],
    }),
    lineChart({
      ...COMMON,
      title: 'Landmark jitter, thousandths of the eye distance',
      min: 0,
      series: [
        { name: 'target', points: series(frames, ({ jitter }) => jitter && jitter.target * 1000) },
        { name: 'swapped', points: series(frames, ({ jitter }) => jitter && jitter.swap * 1000) },
      ],
    }),
    ...detection(result),
    lineChart({
      ...COMMON,
      title: 'Background outside the face, dB',
      series: [
        { name: 'background', points: series(frames, ({ pixels }) => (pixels?.outside == null ? undefined : psnr(pixels.outside))) },
      ],
    }),
  ]
}
