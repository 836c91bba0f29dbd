import type { Calibration } from '../detect/calibration.ts'
import type { Examined } from '../detect/examine.ts'
import type { Context } from './command.ts'
import { putReport, recordsOfReport, shownFile } from './report-records.ts'

/** Where the results of `dfk detect` go besides stdout. */
export interface DetectOutputs {
  add(examined: Examined): Promise<void>
  /** A file that could not be examined. */
  fail(file: string, reason: string): Promise<void>
  /** Puts everything in its place. */
  finish(failed: readonly { readonly file: string; readonly reason: string }[], calibration: Calibration): Promise<void>
  /** Ends what was not finished: the lines so far stay under another name. */
  abandon(): Promise<void>
}

/** Opens the table and the report that were asked for; of a file they keep a line, and all there is of a few. */
export async function openOutputs(
  options: { readonly report?: string | undefined; readonly csv?: string | undefined },
  context: Context,
): Promise<DetectOutputs> {
  const { report, csv } = options
  const [{ openGrowing }, { headLine, lineOf, lineOfFailure }, { Shortlist }] = await Promise.all([
    import('../report/csv.ts'),
    import('../detect/spreadsheet.ts'),
    import('../detect/shortlist.ts'),
  ])
  const table = csv === undefined ? undefined : await openGrowing(csv)
  const shortlist = report === undefined ? undefined : new Shortlist()
  let isFinished = false
  await table?.write(headLine())
  return {
    async add(examined) {
      await table?.write(lineOf(examined.detected))
      shortlist?.add(examined)
    },
    async fail(file, reason) {
      await table?.write(lineOfFailure(file, reason))
    },
    async finish(failed, calibration) {
      await table?.finish()
      if (csv !== undefined) context.note(`table: ${csv}`)
      isFinished = true
      if (report === undefined || shortlist === undefined || shortlist.lines.length === 0) return
      const { renderDetectReport } = await import('../detect/report.ts')
      const { detailed, lines } = shortlist
      const shown = detailed.map(({ detected: { file, sha256, provenance } }) =>
        shownFile(file, sha256, provenance, provenance.watermark?.id),
      )
      const records = await recordsOfReport(context, shown)
      const page = renderDetectReport({ lines, detailed, failed, calibration, records, when: new Date() })
      await putReport(context, report, page, records)
    },
    async abandon() {
      if (isFinished || table === undefined) return
      await table.abandon()
      context.note(`the lines so far: ${table.partial}`)
    },
  }
}
