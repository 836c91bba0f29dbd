import { mean } from '../work/statistics.ts'
import type { Scores } from './scores.ts'

/** One row of a comparison. */
export interface Measure {
  readonly key: string
  readonly label: string
  readonly unit: string
  readonly digits: number
  /** Versions that differ by no more are equal by this measure: so much comes from which frames were judged and from the watermark (docs/score.md). Of ratios, their logarithm. */
  readonly step: number
  /** `one`: the nearer to 1 the better; `none`: shown, and not ranked. */
  readonly best: 'high' | 'low' | 'one' | 'none'
  of(scores: Scores): number | null
}

/** How like the source: half of the overall rank. */
const LIKENESS: Measure = {
  key: 'identity',
  label: 'identity',
  unit: '',
  digits: 2,
  step: 0.02,
  best: 'high',
  of: ({ identity }) => identity,
}

/** Everything that a comparison shows, in its order. */
export const MEASURES: readonly Measure[] = [
  LIKENESS,
  {
    key: 'rank1',
    label: 'retrieval, rank 1',
    unit: '',
    digits: 2,
    step: 0,
    best: 'none',
    of: ({ details }) => details.identity.judge.rank1,
  },
  { key: 'pose', label: 'pose', unit: '°', digits: 1, step: 0.4, best: 'low', of: ({ pose }) => pose },
  { key: 'motion', label: 'movement error', unit: '', digits: 2, step: 0.04, best: 'low', of: ({ details }) => details.expression.motion },
  { key: 'lips', label: 'lip error', unit: '', digits: 3, step: 0.004, best: 'low', of: ({ details }) => details.lips.error },
  { key: 'eyes', label: 'lid error', unit: '', digits: 3, step: 0.005, best: 'low', of: ({ details }) => details.eyes.error },
  { key: 'gaze', label: 'gaze', unit: '°', digits: 1, step: 1.5, best: 'low', of: ({ details }) => details.gaze.error },
  { key: 'temporal', label: 'jitter', unit: '×', digits: 2, step: 0.05, best: 'one', of: ({ temporal }) => temporal },
  { key: 'slip', label: 'shimmer', unit: '×', digits: 2, step: 0.04, best: 'one', of: ({ details }) => details.temporal.slip },
  { key: 'warping', label: 'warping', unit: '×', digits: 2, step: 0, best: 'none', of: ({ details }) => details.temporal.warping },
  { key: 'background', label: 'background', unit: ' dB', digits: 1, step: 0.5, best: 'high', of: ({ background }) => background },
  {
    key: 'sharpness',
    label: 'sharpness',
    unit: '×',
    digits: 2,
    step: 0.05,
    best: 'one',
    of: ({ details }) => details.appearance.sharpness,
  },
  {
    key: 'rimColour',
    label: 'rim colour',
    unit: ' ΔE',
    digits: 1,
    step: 0.2,
    best: 'low',
    of: ({ details }) => details.appearance.rimColour,
  },
  {
    key: 'detection',
    label: 'detector, AUC',
    unit: '',
    digits: 2,
    step: 0.02,
    best: 'low',
    of: ({ details }) => details.detection?.auc ?? null,
  },
]

/** How one version stands among those compared. */
export interface Standing {
  /** 1 = best. */
  readonly rank: number
  /** Mean of the rank in likeness and the mean rank in everything else: what `rank` sorts by. */
  readonly overall: number
  /** Rank by each measure that every version has, draws counting half. */
  readonly ranks: Readonly<Record<string, number>>
}

/** The rule, for whoever reads the table. */
export const RULE =
  'Overall: the mean of the rank in identity and of the mean rank in the other measures; ties go to the better identity, and versions found again as the source in under half of their frames come last. A difference within a measure’s step is a draw; a measure that one version lacks counts for none.'

/** A clip that is mostly not taken for the source is no swap, however well it follows the target: the untouched target follows best of all. */
function isSwap({ details }: Scores): boolean {
  return (details.identity.judge.rank1 ?? 1) >= 0.5
}

/** How bad a value is: smaller is better. */
function badness({ best }: Measure, value: number): number {
  if (best === 'one') return Math.abs(Math.log(Math.max(value, 1e-9)))
  return best === 'high' ? -value : value
}

/** One more than the versions that are better, and a half for each that is as good. */
function ranksBy(measure: Measure, all: readonly Scores[]): number[] | undefined {
  const values = all.map((scores) => measure.of(scores))
  if (measure.best === 'none' || values.some((value) => value === null)) return undefined
  const bad = values.map((value) => badness(measure, value!))
  // Scores are rounded to four decimals: what differs by a whole step must not miss it by the rounding of binary fractions.
  const step = measure.step + 1e-6
  return bad.map((own, i) => {
    const better = bad.filter((other) => own - other > step).length
    const equal = bad.filter((other, k) => k !== i && Math.abs(own - other) <= step).length
    return 1 + better + equal / 2
  })
}

/** Ranks versions of a swap of one target; the result is in the order of `all`. */
export function rankVersions(all: readonly Scores[]): Standing[] {
  const byMeasure = MEASURES.flatMap((measure) => {
    const ranks = ranksBy(measure, all)
    return ranks === undefined ? [] : [{ measure, ranks }]
  })
  const standings = all.map((_, i) => {
    const of = (likeness: boolean) => byMeasure.filter(({ measure }) => (measure === LIKENESS) === likeness).map(({ ranks }) => ranks[i]!)
    const halves = [mean(of(true)), mean(of(false))].filter((half) => half !== null)
    return { overall: mean(halves) ?? 1, ranks: Object.fromEntries(byMeasure.map(({ measure, ranks }) => [measure.key, ranks[i]!])) }
  })
  const order = all
    .map((_, i) => i)
    .sort(
      (a, b) =>
        Number(isSwap(all[b]!)) - Number(isSwap(all[a]!)) ||
        standings[a]!.overall - standings[b]!.overall ||
        (all[b]!.identity ?? 0) - (all[a]!.identity ?? 0),
    )
  return standings.map((standing, i) => ({ rank: 1 + order.indexOf(i), ...standing }))
}

/** A value as a comparison prints it. */
export function shownValue({ digits, unit, of }: Measure, scores: Scores): string {
  const value = of(scores)
  return value === null ? '–' : `${value.toFixed(digits)}${unit}`
}

/** Whether a version is the best, or shares that place, by a measure on which they differ. */
export function isBest(standings: readonly Standing[], i: number, { key }: Measure): boolean {
  const ranks = standings.flatMap(({ ranks }) => ranks[key] ?? [])
  return ranks.length > 0 && Math.min(...ranks) !== Math.max(...ranks) && ranks[i] === Math.min(...ranks)
}
