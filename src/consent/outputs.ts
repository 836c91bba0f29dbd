import { appendFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '../work/folder.ts'
import { appendAudit, type Head, readHead } from './audit.ts'
import { outputsProblem } from './clauses.ts'
import { readIfThere } from './files.ts'
import type { SignedConsent } from './record.ts'
import { consentHash } from './signed.ts'

/** One finished output, as a line of the log. */
interface OutputEntry {
  /** 64-bit id of the output, 16 hexadecimal digits: the one in its watermark. */
  readonly outputId: string
  /** Base name only. */
  readonly file: string
  /** SHA-256 of the clip or picture that it was made of. */
  readonly footage?: string | undefined
  /** Hashes of the records under which it was made. */
  readonly records: readonly string[]
  readonly at: string
}

function logPath(home: string): string {
  return join(home, 'consent', 'outputs.jsonl')
}

/** By what two lines are of one output: an id alone is not enough, since it lies unsigned beside a render that is not finished. */
function identityOf({ outputId, file, footage }: OutputEntry): string {
  return JSON.stringify([outputId, file, footage ?? null])
}

/** The outputs that were made under a record: id and identity of each. A line that cannot be read counts for itself. */
async function madeUnder(home: string, hash: string): Promise<ReadonlyMap<string, string | undefined>> {
  const lines = ((await readIfThere(logPath(home))) ?? '').split('\n').filter((line) => line.includes(hash))
  const entries = lines.map((line): [string, string | undefined] => {
    try {
      const entry = JSON.parse(line) as OutputEntry
      return [identityOf(entry), entry.outputId]
    } catch {
      return [line, undefined]
    }
  })
  return new Map(entries)
}

/** How many outputs were made under a record, but for those in `except`; the audit log remembers those whose lines somebody removed. */
export async function countOutputs(home: string, hash: string, except: readonly string[] = []): Promise<number> {
  const remembered = (await readHead(home))?.head.memory.outputs[hash] ?? 0
  const made = await madeUnder(home, hash)
  const ids = new Set(made.values())
  return Math.max(remembered, made.size) - except.filter((id) => ids.has(id)).length
}

/** An output that is about to be in its place. */
export interface NewOutput {
  readonly outputId: string
  /** Absolute path. */
  readonly path: string
  readonly records: readonly SignedConsent[]
  /** SHA-256 of the clip or picture that it was made of. */
  readonly footage?: string | undefined
  readonly now?: Date | undefined
  /** What else is to stand in the audit log. */
  readonly about?: Readonly<Record<string, string | readonly string[] | boolean>>
}

/**
 * Logs a finished output, in `<home>/consent/outputs.jsonl` and in the audit log; `limits.maxOutputs` is counted there. Call it just before the output is in its place.
 * One that was logged already, because it is finished anew after a kill in its last moment, counts once. Throws RefusedError where others that were made at the same time
 * have used up what a record allows.
 */
export async function recordOutput(
  home: string,
  { outputId, path, records, footage, now = new Date(), about = {} }: NewOutput,
): Promise<void> {
  const hashes = [...new Set(records.map(consentHash))]
  const file = path.replace(/^.*[/\\]/, '')
  const entry: OutputEntry = { outputId, file, ...(footage !== undefined && { footage }), records: hashes, at: now.toISOString() }
  await appendAudit(home, now, async ({ memory }: Head) => {
    const counted: string[] = []
    for (const signed of records) {
      const hash = consentHash(signed)
      const made = await madeUnder(home, hash)
      if (made.has(identityOf(entry)) || counted.includes(hash)) continue
      const problem = outputsProblem(signed, Math.max(memory.outputs[hash] ?? 0, made.size), 1)
      if (problem !== undefined) throw problem
      counted.push(hash)
    }
    await makeFolder(dirname(logPath(home)))
    await appendFile(logPath(home), `${JSON.stringify(entry)}\n`)
    return [{ what: 'output', records: hashes, about: { outputId, path, ...about }, remember: { outputs: counted } }]
  })
}
