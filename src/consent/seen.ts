import { type AuditEvent, appendAudit, readHead } from './audit.ts'
import type { MemoryChange } from './memory.ts'

/** What the log says of lists that were seen in judging these records, so that it cannot be undone; nothing where they said nothing new. */
export function seenEvents(records: readonly string[], news: readonly MemoryChange[]): AuditEvent[] {
  const seen = news.filter((each) =>
    [each.revoked, each.superseded, each.lists, each.fetched].some((part) => Object.keys(part ?? {}).length > 0),
  )
  return seen.map((each) => ({ what: 'seen', records: [...records], about: {}, remember: each }))
}

/** Remembers what was seen where nothing was decided. A home without a log keeps none: there nobody is trusted. Throws as `appendAudit` does. */
export async function rememberSeen(home: string, now: Date, record: string, news: MemoryChange): Promise<void> {
  const events = seenEvents([record], [news])
  if (events.length > 0 && (await readHead(home)) !== undefined) await appendAudit(home, now, () => events)
}
