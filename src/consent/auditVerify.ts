import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { auditPath, broken, EMPTY_HEAD, headAfter, readHead } from './audit.ts'
import { type AuditEntry, type Head, lineHash, readLine } from './auditEntry.ts'
import { readIfThere } from './files.ts'
import { findInstallation } from './installation.ts'

/** What a look through the whole log found. */
export interface AuditReport {
  readonly entries: number
  /** What is wrong, the line named; empty where nothing is. */
  readonly problems: readonly string[]
  /** SHA-256 of the last line: whoever keeps it elsewhere can tell later whether the log was written anew. */
  readonly last: string
}

/** Whole lines of the log; half a one at its end is what a kill leaves, and counts for nothing. */
async function linesOf(home: string): Promise<string[]> {
  return ((await readIfThere(auditPath(home))) ?? '').split('\n').slice(0, -1)
}

/** Reads the log, oldest first. Throws RefusedError where it is not whole. */
export async function readAudit(home: string): Promise<AuditEntry[]> {
  const known = await readHead(home)
  let before: Pick<Head, 'count' | 'last'> = EMPTY_HEAD
  const entries: AuditEntry[] = []
  for (const line of await linesOf(home)) {
    try {
      const entry = readLine(line, before, known!.installation.publicKey)
      before = { count: entry.seq, last: lineHash(line) }
      entries.push(entry)
    } catch (cause) {
      throw broken(`line ${before.count + 1} changed: ${(cause as Error).message}`, cause)
    }
  }
  return entries
}

/** Why the proof of a purge is not the one that was logged, or undefined. */
async function proofProblem({ seq, what, about }: AuditEntry): Promise<string | undefined> {
  const { proof, sha256 } = about
  if (what !== 'purge' || typeof proof !== 'string') return undefined
  const text = await readIfThere(proof)
  if (text === undefined) return `line ${seq}: its proof ${proof} is missing`
  return createHash('sha256').update(text).digest('hex') === sha256 ? undefined : `line ${seq}: its proof ${proof} was changed`
}

/**
 * Checks every line of the log, its chain, its end and the proofs that it names. Names the first line that is not as it was written: after it nothing can be told.
 */
export async function verifyAudit(home: string): Promise<AuditReport> {
  const installation = await findInstallation(home)
  const stated = await readHead(home).catch((error: Error) => error)
  const problems: string[] = []
  const proofs: string[] = []
  let head = EMPTY_HEAD
  if (installation !== undefined) {
    for (const line of await linesOf(home)) {
      try {
        head = headAfter(head, line, installation.publicKey)
        const proof = await proofProblem(JSON.parse(line) as AuditEntry)
        if (proof !== undefined) proofs.push(proof)
      } catch (error) {
        problems.push(`line ${head.count + 1}: ${(error as Error).message}`)
        break
      }
    }
  }
  if (stated instanceof Error) problems.push(stated.message)
  else if (stated !== undefined && problems.length === 0) problems.push(...endProblems(head, stated.head))
  return { entries: head.count, problems: [...problems, ...proofs], last: head.last }
}

function endProblems(found: Head, stated: Head): string[] {
  if (found.count < stated.count)
    return [`line ${found.count + 1}: it is missing: the log was cut off after entry ${found.count} of ${stated.count}`]
  // A kill may leave a line that the head does not know yet; the next entry takes it in.
  if (found.count > stated.count) return []
  return isDeepStrictEqual(found, stated) ? [] : ['audit.head.json remembers other things than the log says']
}
