import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DfkError } from '../work/errors.ts'
import { putWhole, readIfThere } from './files.ts'

const TIMEOUT_MS = 10_000
const MOST_BYTES = 4 << 20
const MOST_REDIRECTS = 3
/** A copy that is younger is not fetched again: a training asks every minute. */
const FRESH_MS = 5 * 60_000

/** What to do about a list that cannot be had. */
const NO_LIST_HINT = 'check the network, or ask whoever runs the list'

/** Whether a list is named by an address on the network rather than by a path. */
export function isAddress(list: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(list)
}

function cachePath(home: string, url: string): string {
  return join(home, 'consent', 'fetched', `${createHash('sha256').update(url).digest('hex')}.json`)
}

/** The text at an HTTPS address, redirects to other HTTPS addresses followed. Throws DfkError for anything but a small file. */
async function download(url: string, redirects = MOST_REDIRECTS): Promise<string> {
  if (!url.startsWith('https://'))
    throw new DfkError(`expected an https:// address but found ${url}`, {
      hint: 'the record names it: ask whoever wrote the record for one that is served so',
    })
  if (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
    throw new DfkError('expected certificates to be checked but NODE_TLS_REJECT_UNAUTHORIZED says not to', { hint: 'unset it' })
  const response = await fetch(url, {
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { 'cache-control': 'no-cache' },
  })
  const location = response.headers.get('location')
  if (response.status >= 300 && response.status < 400 && location !== null) {
    if (redirects === 0)
      throw new DfkError(`expected a file at ${url} but found more than ${MOST_REDIRECTS} redirects`, { hint: NO_LIST_HINT })
    return download(new URL(location, url).href, redirects - 1)
  }
  if (!response.ok) throw new DfkError(`expected a file at ${url} but found status ${response.status}`, { hint: NO_LIST_HINT })
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MOST_BYTES)
      throw new DfkError(`expected a list of at most ${MOST_BYTES >> 20} MB at ${url} but found more`, { hint: NO_LIST_HINT })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** A list from the network: its text, and when it was fetched. */
interface FetchedList {
  readonly text: string
  readonly fetchedAt: Date
  /** Whether that was just now. */
  readonly isNew: boolean
}

/**
 * The list at an HTTPS address, or the copy of it that was fetched last, at `before`, where that is fresh or the network does not answer. Throws DfkError where there is
 * neither. How old a copy may be is for the caller to say.
 */
export async function fetchList(home: string, url: string, before: Date | undefined, now: Date): Promise<FetchedList> {
  const path = cachePath(home, url)
  const copy = before === undefined ? undefined : await readIfThere(path, 'revocation.list')
  const kept = copy === undefined ? undefined : { text: copy, fetchedAt: before!, isNew: false }
  if (kept !== undefined && Math.abs(now.getTime() - before!.getTime()) < FRESH_MS) return kept
  let text: string
  try {
    text = await download(url)
  } catch (cause) {
    if (kept !== undefined) return kept
    const why = cause instanceof Error ? `${cause.message}${cause.cause instanceof Error ? `: ${cause.cause.message}` : ''}` : String(cause)
    throw new DfkError(`expected the revocation list at ${url} but it cannot be fetched (${why})`, { cause, hint: NO_LIST_HINT })
  }
  await putWhole(path, text)
  return { text, fetchedAt: now, isNew: true }
}
