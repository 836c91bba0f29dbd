import { UsageError } from '../work/errors.ts'

/** A part of a clip, seconds from the start of its file; the end does not belong to it. */
export interface TimeRange {
  readonly fromS: number
  readonly toS: number
}

/** All of a clip. */
export const WHOLE_CLIP: TimeRange = { fromS: Number.NEGATIVE_INFINITY, toS: Number.POSITIVE_INFINITY }

/** Reads `90`, `1:30` or `0:01:30.5` as seconds. */
function secondsOf(text: string): number | undefined {
  if (!/^(?:\d+:){0,2}\d+(?:\.\d+)?$/.test(text)) return undefined
  return text.split(':').reduce((sum, each) => sum * 60 + Number(each), 0)
}

/** Reads `12.5-20`, `0:30-1:15`, `-10` (to) or `90-` (from); undefined for anything else, or where the end is not after the beginning. */
export function rangeIn(text: string): TimeRange | undefined {
  const match = /^([^-]*)-([^-]*)$/.exec(text.trim())
  const [from, to] = [match?.[1] ?? '', match?.[2] ?? ''].map((part) => (part === '' ? undefined : (secondsOf(part) ?? Number.NaN)))
  const range = { fromS: from ?? WHOLE_CLIP.fromS, toS: to ?? WHOLE_CLIP.toS }
  return match === null || (from === undefined && to === undefined) || !(range.fromS < range.toS) ? undefined : range
}

/** Reads what `--range` says, see `rangeIn`. Throws UsageError where it cannot. */
export function parseRange(text: string): TimeRange {
  const range = rangeIn(text)
  if (range !== undefined) return range
  throw new UsageError(`--range: expected two times, the second one later, but found ${text}`, {
    hint: 'write it like 0:30-1:15, 90- or -10',
  })
}
