import { logReport, recordsShown, type ShownFile } from '../consent/reports.ts'
import type { ProvenanceFound } from '../provenance/index.ts'
import { DfkError, InterruptedError } from '../work/errors.ts'
import type { Context } from './command.ts'

/** What a file's manifest and watermark say of where it comes from. */
export function shownFile(
  path: string,
  sha256: string,
  { c2pa }: Pick<ProvenanceFound, 'c2pa'>,
  watermarkId: string | null | undefined,
): ShownFile {
  const outputIds = [c2pa?.outputId, watermarkId].filter((id) => typeof id === 'string')
  return { path, sha256, outputIds, records: (c2pa?.consent ?? []).map(({ hash }) => hash) }
}

/** Does what needs the log; a log that is not whole, cannot be written, or is in use, keeps no file from being judged: a warning says what that means. */
async function withLog<T>({ home, warn }: Context, body: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (!(error instanceof DfkError) || error instanceof InterruptedError) throw error
    warn(`dfk consent purge will find the report only where it lies below ${home} and says itself what it shows: ${error.message}`)
    return otherwise
  }
}

/** The records under which what a report shows was made; `own`: those that are known without looking. */
export async function recordsOfReport(context: Context, files: readonly ShownFile[], own: readonly string[] = []): Promise<string[]> {
  const said = files.flatMap(({ records }) => records)
  const shown = await withLog(context, () => recordsShown(context.home, files), said)
  return [...new Set([...own, ...shown])]
}

/** Puts a report in its place, and into the log just before where it shows what was made under records. */
export async function putReport(context: Context, path: string, page: string, records: readonly string[]): Promise<void> {
  const { writePage } = await import('../report/file.ts')
  await withLog(context, () => logReport(context.home, path, page, records, new Date()), undefined)
  await writePage(path, page)
  context.note(`report: ${path}`)
}
