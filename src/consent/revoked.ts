import { isAbsolute, resolve } from 'node:path'
import { DfkError, RefusedError } from '../work/errors.ts'
import { readHead } from './audit.ts'
import type { Witness } from './clock.ts'
import { fetchList, isAddress } from './fetchList.ts'
import type { Memory, MemoryChange } from './memory.ts'
import type { SignedConsent } from './record.ts'
import {
  defaultRevocationPath,
  parseRevocations,
  type RevocationFile,
  type RevocationList,
  readRevocations,
  revokersOf,
} from './revocation.ts'
import { consentHash } from './signed.ts'

/** A list on the network that the record sets no limit for may be so old. */
const DEFAULT_STALENESS_DAYS = 7
/** Days after which a record's list has to be heard of again; undefined: never. */
export function mostStaleDays({ list, maxStalenessDays }: SignedConsent['record']['revocation']): number | undefined {
  return maxStalenessDays ?? (list !== undefined && isAddress(list) ? DEFAULT_STALENESS_DAYS : undefined)
}

/** How the installation's own list is called. */
export const OWN_LIST = 'revocations.json'
const DAY_MS = 86_400_000
const REFRESH = 'have its signer confirm it with: dfk consent revoke --refresh --key <key>'
/** The same for a list that the record names. */
const begin = (path: string) => `have its signer begin it with: dfk consent revoke --refresh --list ${path} --key <key>`

/** Where revocations are looked for. */
export interface RevocationPlaces {
  readonly home: string
  /** Other installations that the data in question belongs to: what was revoked there is revoked here. */
  readonly otherHomes: readonly string[]
  readonly memory: Memory
  readonly now: Date
}

/** What the lists say of a record. */
interface RevocationFinding {
  readonly problem?: RefusedError | undefined
  /** What was seen that must not be forgotten. */
  readonly news: MemoryChange
  readonly witnesses: readonly Witness[]
}

interface FoundFile {
  /** How the memory calls it: the path or the address. */
  readonly place: string
  readonly file: RevocationFile | undefined
  /** When it was fetched, for one on the network. */
  readonly fetchedAt?: Date | undefined
  readonly isNew?: boolean
  /** Whether it is the one that the record names, in which its signer must have said something. */
  readonly isNamed?: boolean
}

/** How the memory calls the list of a key: by its owner, and where it is, the installation's own list being `revocations.json`. */
export function listName(place: string, publicKey: string): string {
  return `${publicKey} ${place}`
}

function refusal(clause: string, message: string, hint: string, cause?: unknown): RefusedError {
  return new RefusedError(clause, message, cause === undefined ? { hint } : { hint, cause })
}

async function namedFile(list: string, { home, memory, now }: RevocationPlaces): Promise<FoundFile> {
  if (!isAddress(list)) {
    const path = isAbsolute(list) ? list : resolve(home, list)
    const file = await readRevocations(path)
    if (file === undefined)
      throw refusal('revocation.list', `expected the revocation list ${path}, which the record names, but found no such file`, begin(path))
    return { place: path, file, isNamed: true }
  }
  if (!list.toLowerCase().startsWith('https://'))
    throw refusal(
      'revocation.list',
      `expected the revocation list at an https:// address but found ${list}`,
      'have a new record signed: anybody can alter what comes over another protocol',
    )
  const before = memory.fetched[list]
  try {
    const { text, fetchedAt, isNew } = await fetchList(home, list, before === undefined ? undefined : new Date(before), now)
    return { place: list, file: parseRevocations(text, list), fetchedAt, isNew, isNamed: true }
  } catch (error) {
    if (error instanceof RefusedError || !(error instanceof DfkError)) throw error
    throw refusal('revocation.list', error.message, 'connect to the network, or make sure that the address is right', error)
  }
}

/** What was revoked in another installation, whose data is about to be used here. */
async function otherHome(home: string, hash: string): Promise<string | undefined> {
  return (await readHead(home))?.head.memory.revoked[hash]
}

function turnedBack(place: string, list: RevocationList | undefined, seen: Memory['lists'][string] | undefined): RefusedError | undefined {
  if (seen === undefined) return undefined
  if (list !== undefined && list.issuedAt >= seen.issuedAt && list.revoked.length >= seen.entries) return undefined
  const found = list === undefined ? 'none' : `one of ${list.issuedAt} with ${list.revoked.length} entries`
  return refusal(
    'revocation.list',
    `expected the signer's list in ${place} of ${seen.issuedAt} with ${seen.entries} entries, or a newer one, but found ${found}`,
    `restore the list; ${REFRESH}`,
  )
}

function revokedProblem(day: string, reason?: string): RefusedError {
  return refusal(
    'revocation',
    `expected consent that still holds but found it revoked on ${day.slice(0, 10)}${reason === undefined ? '' : ` (${reason})`}`,
    'stop using it and delete what was made under it (dfk consent purge); a new use needs a new record',
  )
}

interface News {
  readonly revoked: Record<string, string>
  readonly lists: Memory['lists']
  readonly fetched: Record<string, string>
}

/** What was read of the lists of one record. */
interface Reading {
  readonly signed: SignedConsent
  readonly hash: string
  readonly memory: Memory
  readonly news: News
  readonly witnesses: Witness[]
}

/** All files that count for a record. Throws RefusedError where one cannot be read, or where an installation remembers that the record was revoked. */
async function filesFor({ signed, hash, memory, news }: Reading, places: RevocationPlaces): Promise<FoundFile[]> {
  const { home, otherHomes } = places
  const files: FoundFile[] = []
  for (const each of [home, ...otherHomes]) {
    const path = defaultRevocationPath(each)
    files.push({ place: each === home ? OWN_LIST : path, file: await readRevocations(path) })
    const remembered = each === home ? memory.revoked[hash] : await otherHome(each, hash)
    if (remembered !== undefined) throw revokedProblem(remembered)
  }
  const { list } = signed.record.revocation
  if (list === undefined) return files
  const found = await namedFile(list, places)
  if (found.isNew) news.fetched[list] = found.fetchedAt!.toISOString()
  return [...files, found]
}

/** Reads what one signer says in a file; returns when the list was signed. Throws RefusedError where it revokes the record, or was turned back. */
function readOwn({ hash, memory, news, witnesses }: Reading, { place, file }: FoundFile, key: string): number | undefined {
  const own = file?.lists.find(({ list }) => list.publicKey === key)?.list
  const before = memory.lists[listName(place, key)]
  const back = turnedBack(place, own, before)
  if (back !== undefined) throw back
  if (own === undefined) return undefined
  witnesses.push({ what: `the revocation list in ${place}`, at: new Date(own.issuedAt) })
  const seen = { issuedAt: own.issuedAt, entries: own.revoked.length }
  if (before?.issuedAt !== seen.issuedAt || before.entries !== seen.entries) news.lists[listName(place, key)] = seen
  const hit = own.revoked.find(({ record }) => record === hash)
  if (hit === undefined) return Date.parse(own.issuedAt)
  news.revoked[hash] = hit.revokedAt
  throw revokedProblem(hit.revokedAt, hit.reason)
}

/** Whether a record was taken back, by the lists that count for it and by what was seen before. A list that cannot be trusted refuses too. */
export async function findRevocation(signed: SignedConsent, places: RevocationPlaces): Promise<RevocationFinding> {
  const { memory, now } = places
  const news: News = { revoked: {}, lists: {}, fetched: {} }
  const reading: Reading = { signed, hash: consentHash(signed), memory, news, witnesses: [] }
  const finding = (problem?: RefusedError) => ({ problem, news, witnesses: reading.witnesses })
  try {
    let newest = Number.NEGATIVE_INFINITY
    let unsaid: RefusedError | undefined
    for (const found of await filesFor(reading, places)) {
      for (const key of revokersOf(signed)) {
        const issued = readOwn(reading, found, key)
        if (key !== signed.record.signer.publicKey) continue
        if (issued !== undefined) newest = Math.max(newest, Math.min(issued, now.getTime()))
        else if (found.isNamed) unsaid = unsaidProblem(found.place)
      }
      // A server that its owner runs answers for the list of this moment, however long ago it was signed.
      newest = Math.max(newest, found.fetchedAt?.getTime() ?? newest)
    }
    if (unsaid !== undefined) return finding(unsaid)
    const mostDays = mostStaleDays(signed.record.revocation)
    return finding(mostDays === undefined ? undefined : staleProblem(mostDays, newest, now))
  } catch (error) {
    if (error instanceof RefusedError) return finding(error)
    throw error
  }
}

/** A list that says nothing in the signer's name might be any file: whoever empties it would undo what it said. */
function unsaidProblem(place: string): RefusedError {
  return refusal(
    'revocation.list',
    `expected in ${place}, which the record names, a list by the signer of the record but found none`,
    isAddress(place) ? `${begin('<file>')}, and put that file there` : begin(place),
  )
}

function staleProblem(mostDays: number, newest: number, now: Date): RefusedError | undefined {
  if (now.getTime() - newest <= mostDays * DAY_MS) return undefined
  const found = Number.isFinite(newest) ? `one of ${new Date(newest).toISOString().slice(0, 10)}` : 'none'
  return refusal(
    'revocation.maxStalenessDays',
    `expected a revocation list by the signer of the last ${mostDays} days but found ${found}`,
    REFRESH,
  )
}
