import { mean } from '../work/statistics.ts'
import type { Scores } from './scores.ts'

/** One row of a comparison. */
export interface Measure {
  readonly key: string
  readonly label: string
  readonly unit: string
  /** Digits after the point at which versions are compared: what differs by less is the same. */
  readonly digits: number
  /** `one`: the nearer to 1 the better; `none`: shown, and not ranked. */
  readonly best: 'high' | 'low' | 'one' | 'none'
  of(scores: Scores): number | null
}

/** How like the source: half of the overall rank. */
const LIKENESS: Measure = { key: 'identity', label: 'identity', unit: '', digits: 2, best: 'high', of: ({ identity }) => identity }

/** Everything that a comparison shows, in its order. */
export const MEASURES: readonly Measure[] = [
  LIKENESS,
  { key: 'rank1', label: 'retrieval, rank 1', unit: '', digits: 2, best: 'none', of: ({ details }) => details.identity.judge.rank1 },
  { key: 'pose', label: 'pose', unit: '°', digits: 1, best: 'low', of: ({ pose }) => pose },
  { key: 'motion', label: 'movement error', unit: '', digits: 2, best: 'low', of: ({ details }) => details.expression.motion },
  { key: 'lips', label: 'lip error', unit: '', digits: 3, best: 'low', of: ({ details }) => details.lips.error },
  { key: 'eyes', label: 'lid error', unit: '', digits: 3, best: 'low', of: ({ details }) => details.eyes.error },
  { key: 'gaze', label: 'gaze', unit: '°', digits: 1, best: 'low', of: ({ details }) => details.gaze.error },
  { key: 'temporal', label: 'jitter', unit: '×', digits: 2, best: 'one', of: ({ temporal }) => temporal },
  { key: 'warping', label: 'warping', unit: '×', digits: 2, best: 'one', of: ({ details }) => details.temporal.warping },
  { key: 'background', label: 'background', unit: ' dB', digits: 1, best: 'high', of: ({ background }) => background },
  { key: 'sharpness', label: 'sharpness', unit: '×', digits: 2, best: 'one', of: ({ details }) => details.appearance.sharpness },
  { key: 'rimColour', label: 'rim colour', unit: ' ΔE', digits: 1, best: 'low', of: ({ details }) => details.appearance.rimColour },
  { key: 'detection', label: 'detector, AUC', unit: '', digits: 2, best: 'low', of: ({ details }) => details.detection?.auc ?? null },
]

/** How one version stands among those compared. */
export interface Standing {
  /** 1 = best. */
  readonly rank: number
  /** Mean of the rank in likeness and the mean rank in everything else: what `rank` sorts by. */
  readonly overall: number
  /** Rank by each measure that every version has, ties sharing their mean rank. */
  readonly ranks: Readonly<Record<string, number>>
}

/** The rule, for whoever reads the table. */
export const RULE =
  'Overall: the mean of the rank in identity and of the mean rank in the other measures, ties going to the better identity. Values are compared as printed; a measure that one version lacks counts for none.'

/** How bad a value is, at the precision that is shown. */
function badness({ best, digits }: Measure, value: number): number {
  const shown = Number(value.toFixed(digits))
  if (best === 'low') return shown
  return best === 'high' ? -shown : Math.abs(Math.log(Math.max(shown, 1e-9)))
}

function ranksBy(measure: Measure, all: readonly Scores[]): number[] | undefined {
  const values = all.map((scores) => measure.of(scores))
  if (measure.best === 'none' || values.some((value) => value === null)) return undefined
  const bad = values.map((value) => badness(measure, value!))
  return bad.map((own) => {
    const better = bad.filter((other) => other < own).length
    const same = bad.filter((other) => other === own).length
    return better + (same + 1) / 2
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
    .sort((a, b) => standings[a]!.overall - standings[b]!.overall || (all[b]!.identity ?? 0) - (all[a]!.identity ?? 0))
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
