import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { appendAudit, readHead } from './audit.ts'
import { readAudit } from './auditVerify.ts'

/** A file that a report shows, as far as it says of itself what it is. */
export interface ShownFile {
  readonly path: string
  /** SHA-256 of the file. */
  readonly sha256: string
  /** Ids of outputs that its manifest or its watermark names. */
  readonly outputIds: readonly string[]
  /** Hashes of the records that its manifest names. */
  readonly records: readonly string[]
}

/**
 * Hashes of the records under which files were made: those that they name, and those that the log names for their output's id, for the very same file, or else for
 * what was last written where they lie. Throws RefusedError where the log is not whole.
 */
export async function recordsShown(home: string, files: readonly ShownFile[]): Promise<string[]> {
  const made = (await readAudit(home)).filter(({ what }) => what === 'output' || what === 'export')
  const logged = files.flatMap(({ path, sha256, outputIds }) => {
    const same = made.filter(({ about }) => about['sha256'] === sha256 || outputIds.includes(String(about['outputId'])))
    return same.length > 0 ? same : made.filter(({ about }) => about['path'] === resolve(path)).slice(-1)
  })
  return [...new Set([...files.flatMap(({ records }) => records), ...logged.flatMap(({ records }) => records)])]
}

/** Logs where a report that shows what was made under records is about to be written; a home without a log keeps none. Throws as `appendAudit` does. */
export async function logReport(home: string, path: string, page: string, records: readonly string[], now: Date): Promise<void> {
  if (records.length === 0 || (await readHead(home)) === undefined) return
  const sha256 = createHash('sha256').update(page).digest('hex')
  await appendAudit(home, now, () => [{ what: 'report', records: [...records], about: { path: resolve(path), sha256 } }])
}
