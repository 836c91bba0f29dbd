import type { MediaInfo } from '../media/index.ts'
import { readProvenance } from '../provenance/index.ts'
import { hashFile } from '../work/hashFile.ts'

/** The part of the target clip that a swap shows, seconds from the start of the target's file, and who says so. */
export interface Part {
  readonly fromS: number
  readonly toS: number
  /** `range`: whoever asked; `manifest`: the swap itself. */
  readonly by: 'range' | 'manifest'
  /** By the manifest: whether the target is the very file that it names. Another, such as the footage in another container, may begin elsewhere. */
  readonly isFootage?: boolean
}

/** Frames of one clip never come nearer to each other. */
const LEAST_STEP_S = 1e-5
/** How far the times of a copy in another container may be off: many round to milliseconds. */
const ROUNDING_S = 1e-3

/** The earliest time that belongs to a part. */
export function beginOf({ fromS, by }: Part): number {
  return fromS - (by === 'manifest' ? ROUNDING_S : LEAST_STEP_S)
}

/** The earliest time that no longer does. A manifest tells where its swap begins; that it ends is seen. */
export function endOf({ toS, by }: Part): number {
  return by === 'manifest' ? Number.POSITIVE_INFINITY : toS - LEAST_STEP_S
}

/**
 * The part of the target that a swap says it shows, by its manifest (C2PA) if that is whole; undefined where it says none, or where the target is not the footage that was swapped
 * and as long as the swap, or too short for the part: then it is a cut of its own. Throws InterruptedError when `signal` aborts.
 */
export async function partInManifest(swap: MediaInfo, target: MediaInfo, signal?: AbortSignal): Promise<Part | undefined> {
  if (swap.kind === 'image') return undefined
  const { c2pa } = await readProvenance(swap.path)
  const { footage } = c2pa ?? {}
  if (footage?.range === undefined || c2pa?.state === 'invalid') return undefined
  const { fromS, toS } = footage.range
  const isFootage = footage.sha256 === (await hashFile(target.path, signal))
  const frameS = target.fps.den / target.fps.num
  const holds = target.frames > swap.frames && target.startS + target.durationS > toS - frameS
  return isFootage || holds ? { fromS, toS, by: 'manifest', isFootage } : undefined
}

/** `10.00–20.00 s`. */
function partText({ fromS, toS }: Part): string {
  if (!Number.isFinite(toS)) return `${Math.max(0, fromS).toFixed(2)} s to the end`
  return `${Math.max(0, fromS).toFixed(2)}–${toS.toFixed(2)} s`
}

/** What was compared, in words: after `compared with`. */
export function partWords(part: Part): string {
  const whose = { range: '--range', manifest: 'the swap’s manifest' }[part.by]
  return `${partText(part)} of the target, as ${whose} says`
}

/** What is to be said of versions that do not show the same part of the target; undefined where they do. */
export function partsWarning(parts: readonly (Part | undefined)[]): string | undefined {
  const [first, ...rest] = parts.map((part) => part && beginOf(part))
  return rest.every((other) => other === first)
    ? undefined
    : 'the versions show different parts of the target: they are ranked by frames that are not the same'
}
