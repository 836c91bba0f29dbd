import { resolve } from 'node:path'
import { expandInputs, type FootageHash, hashFootage, type MediaInfo, probeMedia } from '../media/index.ts'
import { DfkError, InterruptedError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'

/** One video or image to look through. */
export interface Footage {
  readonly info: MediaInfo
  readonly hash: FootageHash
  /** Whether it was given by its own name rather than found in a folder. */
  readonly isNamed: boolean
}

/**
 * Reads and hashes every input before anything is written: folders are searched, a damaged file named outright throws,
 * a damaged one in a folder is left out and named in `unreadable`. A file given twice is taken once.
 */
export async function openFootage(
  inputs: readonly string[],
  { signal, onProgress }: WorkOptions,
): Promise<{ footage: Footage[]; unreadable: DfkError[] }> {
  const listed = await expandInputs(inputs, signal)
  const named = new Set(inputs.map((path) => resolve(path)))
  const footage = new Map<string, Footage>()
  const unreadable: DfkError[] = []
  for (const [done, { path }] of listed.entries()) {
    onProgress?.({ done, total: listed.length })
    try {
      const hash = await hashFootage(path, signal)
      if (!footage.has(hash.sha256))
        footage.set(hash.sha256, { info: await probeMedia(path, signal), hash, isNamed: named.has(resolve(path)) })
    } catch (error) {
      if (named.has(resolve(path)) || !(error instanceof DfkError) || error instanceof InterruptedError) throw error
      unreadable.push(error)
    }
  }
  onProgress?.({ done: listed.length, total: listed.length })
  if (footage.size === 0 && unreadable[0] !== undefined) throw unreadable[0]
  return { footage: [...footage.values()], unreadable }
}

/** How many frames of it will be looked at. */
export function framesToSee({ info }: Footage, every: number): number {
  return info.kind === 'image' ? 1 : Math.ceil(info.frames / every)
}
