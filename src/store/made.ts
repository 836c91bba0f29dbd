import { realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { homeAbove } from '../consent/installation.ts'
import type { WorkOptions } from '../work/progress.ts'
import type { Marked } from './marks.ts'
import { Search } from './search.ts'

/** A file or folder that was made under one of the records in question. */
export interface Made {
  readonly kind: Marked['kind'] | 'layers' | 'output or export' | 'report'
  /** Absolute, as it was found; a link is named by its own path. */
  readonly path: string
  /** Hashes of the records that it says it was made under, where those are others: it holds pictures of a dataset that was made under these. */
  readonly saysOf?: readonly string[]
}

/** A file or folder that a log names. */
export interface Place {
  readonly path: string
  /** The log says that something was made there under the records in question: what is there now and does not say what it is may be that. */
  readonly isMade?: boolean
  /** Of the file that was made. */
  readonly sha256?: string | undefined
}

/** Where to look: everything below `home`, wherever links lead, and these places that a log names. */
export interface MadeSearch {
  readonly home: string
  readonly places: readonly Place[]
}

/** What a search came to. */
export interface Findings {
  readonly made: readonly Made[]
  /** Paths of what may have been made under the records but does not say so, and of what cannot be read. */
  readonly unverified: readonly string[]
  /** Of those, what lies in another DFK_HOME, outside of this or within it, by path, with that: a log that was copied with its home names what the original made. */
  readonly ofOthers: ReadonlyMap<string, OfOther>
}

/** Something that lies in another DFK_HOME, which purges its own. */
export interface OfOther {
  readonly home: string
  /** The records that it says it was made under, where those are others: it holds the same pictures. */
  readonly saysOf?: readonly string[] | undefined
}

/**
 * Finds what was made under records (by their hashes), or of a subject: datasets and runs by what they say, whatever their names, datasets that hold pictures of those,
 * unfinished renders, files that carry the hash of a record, reports that show what does, and those that the log knows by their own.
 */
export async function findMade(
  where: MadeSearch,
  records: readonly string[],
  subject: string | undefined,
  work: WorkOptions,
): Promise<Findings> {
  const search = await searchAll(where, records, subject, work)
  await search.copies()
  const unsure = await search.unverified()
  const ofOthers = new Map<string, OfOther>()
  for (const path of [...unsure, ...search.found.keys()]) {
    const other = await otherHome(path, where.home)
    if (other !== undefined) ofOthers.set(path, { home: other, saysOf: search.found.get(path)?.saysOf })
  }
  const made = [...search.found.values()].filter(({ path }) => !ofOthers.has(path))
  return { made, unverified: [...new Set([...unsure, ...ofOthers.keys()])], ofOthers }
}

/** Where links lead; a path of which nothing is there as it is. */
async function real(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path))
}

/** Whether something lies below a home, wherever links lead. */
export async function liesIn(home: string, path: string): Promise<boolean> {
  return (await real(path)).startsWith((await real(home)) + sep)
}

/** The other home that something lies in: the nearest above it, which may lie in this one. */
async function otherHome(path: string, home: string): Promise<string | undefined> {
  const nearest = await homeAbove(await real(path))
  // What is nearest to something in this home is this one, also without a key of its own yet, or one within it.
  const isOurs = (await liesIn(home, path)) && (nearest === undefined || !(await liesIn(home, nearest)))
  return isOurs ? undefined : nearest
}

/** The hashes of records of a subject, as datasets and runs name them. */
export async function recordsOf(where: MadeSearch, subject: string, work: WorkOptions): Promise<string[]> {
  return [...(await searchAll(where, [], subject, work)).known]
}

async function searchAll({ home, places }: MadeSearch, records: readonly string[], subject: string | undefined, work: WorkOptions) {
  const search = new Search(records, subject, work)
  await search.folder(home)
  for (const place of places) await search.place({ ...place, path: resolve(place.path) })
  return search
}
