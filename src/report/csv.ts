import { createWriteStream } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { DfkError } from '../work/errors.ts'

/** A line of RFC 4180. Text that a spreadsheet would take for a formula gets an apostrophe before it: it may come from a file that is not to be trusted. */
export function csvLine(cells: readonly (string | number | boolean | null | undefined)[]): string {
  const text = cells.map((cell) => {
    if (typeof cell !== 'string') return cell === null || cell === undefined ? '' : String(cell)
    const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  })
  return `${text.join(',')}\r\n`
}

/** A record of a CSV text, and the line where it begins, from 1 on. */
export interface CsvRecord {
  readonly line: number
  readonly cells: readonly string[]
}

/** The records of a CSV text, RFC 4180; empty lines are passed over. Throws DfkError, naming the line and `name`, where quotes are not as they should be. */
export function parseCsv(text: string, name: string): CsvRecord[] {
  const records: CsvRecord[] = []
  let cells: string[] = []
  let [line, begun] = [1, 1]
  const field = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y
  let at = text.startsWith('\ufeff') ? 1 : 0
  while (at < text.length) {
    field.lastIndex = at
    const found = field.exec(text)
    if (found === null)
      throw new DfkError(`expected a field in quotes that close, then a comma or the line's end, in line ${line} of ${name}`, {
        hint: 'put quotes around the whole field, and double those in it',
      })
    at = field.lastIndex
    line += found[0].split('\n').length - 1
    cells.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '')
    if (found[3] === ',') continue
    if (cells.length > 1 || cells[0] !== '') records.push({ line: begun, cells })
    cells = []
    begun = line
  }
  if (cells.length > 0) records.push({ line: begun, cells: [...cells, ''] })
  return records
}

/** A file that grows line by line under another name until it is whole. */
export interface GrowingFile {
  /** Where the lines are until `finish`, and what a run that is stopped leaves. */
  readonly partial: string
  write(line: string): Promise<void>
  /** Waits until the disk has it and puts it in its place. */
  finish(): Promise<void>
  /** Closes it as it is. Harmless after `finish`. */
  abandon(): Promise<void>
}

/** Opens a file of lines for `path`; one line is held in memory, however many come. */
export async function openGrowing(path: string): Promise<GrowingFile> {
  const partial = `${path}.part`
  const file = await open(partial, 'w')
  const stream = createWriteStream(partial, { fd: file })
  stream.on('error', () => {}) // whoever writes next gets it
  const close = async () => {
    stream.end()
    await finished(stream)
  }
  return {
    partial,
    write: (line) => new Promise((resolve, reject) => stream.write(line, (error) => (error ? reject(error) : resolve()))),
    async finish() {
      await file.sync()
      await close()
      await rename(partial, path)
    },
    async abandon() {
      if (!stream.closed) await close()
    },
  }
}
