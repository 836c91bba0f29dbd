import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** One finished output, as a line of the log. */
export interface OutputEntry {
  /** 64-bit id of the output, 16 hexadecimal digits: the one in its watermark. */
  readonly outputId: string
  /** Base name only. */
  readonly file: string
  /** Hashes of the records under which it was made. */
  readonly records: readonly string[]
  readonly at: string
}

function logPath(home: string): string {
  return join(home, 'consent', 'outputs.jsonl')
}

/** How many outputs the log names for a record's hash, but for those in `except`. One that was logged twice, because it was finished anew after a kill in its last moment, is one. */
export function countOutputs(home: string, hash: string, except: readonly string[] = []): number {
  let text: string
  try {
    text = readFileSync(logPath(home), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
  const named = text.split('\n').filter((line) => line.includes(hash))
  const ids = new Set(named.map((line) => /"outputId":"([0-9a-f]{16})"/.exec(line)?.[1] ?? line))
  for (const id of except) ids.delete(id)
  return ids.size
}

/** Appends one finished output to `<home>/consent/outputs.jsonl`; `limits.maxOutputs` is counted there. Call it once an output is in place. */
export function recordOutput(home: string, entry: OutputEntry): void {
  const path = logPath(home)
  mkdirSync(dirname(path), { recursive: true })
  appendFileSync(path, `${JSON.stringify(entry)}\n`)
}
