import type { Tone } from '../report/page.ts'
import { type Reading, readings, shownReading } from './ranges.ts'
import type { Scores } from './scores.ts'

/** The scores in plain words. */
export interface Judgement {
  readonly headline: string
  readonly tone: Tone
  readonly explanation: string
  /** Keys of the measures in their bad and in their middling range, worst first, likeness before all else: it is what a swap is for. */
  readonly bad: readonly string[]
  readonly middling: readonly string[]
}

const NAMED = 3

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

function named(all: readonly Reading[], most: number): string {
  // "and 1 more" would say less than the name of the one.
  const parts = all.slice(0, all.length === most + 1 ? most + 1 : most).map((one) => `${one.range.label} (${shownReading(one)})`)
  const rest = all.length - parts.length
  return listed(rest > 0 ? [...parts, `${rest} more`] : parts)
}

/** Nothing where it is bad: it is then the first of the faults. */
function likeness(tone: Tone | undefined): string[] {
  switch (tone) {
    case 'good':
      return ['The face reads as the source.']
    case 'warn':
      return ['The face is more like the source than a pasted still, but not fully the source.']
    case 'bad':
      return []
    default:
      return ['How like the source it is cannot be told.']
  }
}

/** Names what is worst, by the ranges of docs/score.md. */
export function judgement(scores: Scores): Judgement {
  const all = readings(scores)
  const isIdentity = ({ range }: Reading) => range.key === 'identity'
  const of = (tone: Tone) =>
    all.filter((one) => one.tone === tone).sort((a, b) => Number(isIdentity(b)) - Number(isIdentity(a)) || b.severity - a.severity)
  const [bad, middling] = [of('bad'), of('warn')]
  const faults = bad.map(({ range }) => range.fault)
  const sentences = [
    ...likeness(all.find(isIdentity)?.tone),
    ...(faults.length === 0 ? [] : [`${faults[0]![0]!.toUpperCase()}${faults.join('; ').slice(1)}.`]),
    ...(middling.length === 0 || bad.length === 0 ? [] : [`Middling: ${named(middling, middling.length)}.`]),
  ]
  const keys = (some: readonly Reading[]) => some.map(({ range }) => range.key)
  const headline =
    bad.length > 0
      ? `Bad in ${named(bad, NAMED)}`
      : middling.length > 0
        ? `Nothing is bad; middling in ${named(middling, NAMED)}`
        : all.some(isIdentity)
          ? 'Good in every measure'
          : 'Good in every measure that can be told; likeness cannot'
  const tone = bad.length > 0 ? 'bad' : middling.length > 0 ? 'warn' : all.some(isIdentity) ? 'good' : 'plain'
  return { headline, tone, explanation: sentences.join(' '), bad: keys(bad), middling: keys(middling) }
}

/** The judgement as scripts get it. */
export function verdictOf(scores: Scores): Pick<Judgement, 'headline' | 'bad' | 'middling'> {
  const { headline, bad, middling } = judgement(scores)
  return { headline, bad, middling }
}
