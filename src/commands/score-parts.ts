import type { MediaInfo } from '../media/index.ts'
import type { Part } from '../score/part.ts'
import { UsageError } from '../work/errors.ts'

/** A swap, and the part of the target that it shows; undefined: all of it, as far as anybody says. */
export interface Version {
  readonly swap: MediaInfo
  readonly part: Part | undefined
}

/** A part as scripts get it; null: all of the target. An end that nobody gave is left out. */
export function rangeOf(part: Part | undefined) {
  if (part === undefined) return null
  const { fromS, toS, by } = part
  return { fromS: Math.max(0, fromS), ...(Number.isFinite(toS) && { toS }), by }
}

/** Which part of the target each swap shows. Throws UsageError where there are no frames in what was asked for. */
export async function versionsOf(
  swaps: readonly MediaInfo[],
  target: MediaInfo,
  range: string | undefined,
  signal: AbortSignal,
): Promise<Version[]> {
  const { partInManifest } = await import('../score/part.ts')
  if (range === undefined) return Promise.all(swaps.map(async (swap) => ({ swap, part: await partInManifest(swap, target, signal) })))
  const { parseRange } = await import('../swap/range.ts')
  const part = { ...parseRange(range), by: 'range' } as const
  const endS = target.startS + target.durationS
  if (target.kind === 'image')
    throw new UsageError(`--range: expected a clip but ${target.path} is an image`, { hint: 'leave --range away' })
  if (part.fromS >= endS)
    throw new UsageError(`--range: expected frames from ${part.fromS} s in ${target.path} but it ends at ${endS.toFixed(2)} s`, {
      hint: 'give the part of the target that was swapped',
    })
  return swaps.map((swap) => ({ swap, part }))
}
