import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RefusedError } from '../work/errors.ts'
import { makeFolder } from '../work/folder.ts'
import { lockFolder } from '../work/lock.ts'
import { type AuditEvent, type Head, lineHash, NO_LINE, readLine, signedHeadSchema, writeLine } from './auditEntry.ts'
import { canonicalJson } from './canonical.ts'
import { putWhole, readIfThere } from './files.ts'
import { findInstallation, type Installation, makeInstallation } from './installation.ts'
import { signText, verifyText } from './keys.ts'
import { NO_MEMORY, remember } from './memory.ts'
import { parseStrictJson } from './strictJson.ts'

const LOCK_MS = 30_000
/** The head of a log without entries. */
export const EMPTY_HEAD: Head = {
  schema: 1,
  count: 0,
  bytes: 0,
  lastLine: 0,
  last: NO_LINE,
  newest: '1970-01-01T00:00:00Z',
  memory: NO_MEMORY,
}

export type { AuditEvent, Head } from './auditEntry.ts'

export function auditPath(home: string): string {
  return join(home, 'consent', 'audit.jsonl')
}

function headPath(home: string): string {
  return join(home, 'consent', 'audit.head.json')
}

/** The refusal where the log is not as it was left. */
export function broken(found: string, cause?: unknown): RefusedError {
  return new RefusedError('audit', `expected the audit log as it was written but found ${found} [audit]`, {
    hint: 'look at it with: dfk consent log --verify; restore consent/ and .dfk/ of DFK_HOME from a copy, or move both away to begin anew, with nobody trusted',
    cause,
  })
}

/** Reads the signed head. Throws RefusedError where it is not the installation's own. */
function parseHead(text: string, publicKey: string): Head {
  let parsed: ReturnType<typeof signedHeadSchema.safeParse>
  try {
    parsed = signedHeadSchema.safeParse(parseStrictJson(text))
  } catch (cause) {
    throw broken('audit.head.json damaged', cause)
  }
  if (!parsed.success) throw broken('audit.head.json changed', parsed.error)
  const { head, signature } = parsed.data
  if (parsed.data.publicKey !== publicKey || !verifyText(canonicalJson(head), signature, publicKey))
    throw broken('audit.head.json signed by somebody else')
  return head
}

/** Bytes of the log from one place to another, or to its end. */
async function readLog(home: string, from: number, to?: number): Promise<Buffer> {
  const file = await open(auditPath(home), 'r')
  try {
    const length = Math.max(0, (to ?? (await file.stat()).size) - from)
    const bytes = Buffer.alloc(length)
    const { bytesRead } = await file.read(bytes, 0, length, from)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Makes sure that the log still ends, or once ended, where its head says. */
async function checkEnd(home: string, head: Head): Promise<void> {
  if (head.count === 0) return
  const found = (await stat(auditPath(home)).catch(() => undefined))?.size ?? 0
  if (found < head.bytes) throw broken(`${head.bytes - found} bytes cut off its end`)
  const last = await readLog(home, head.lastLine, head.bytes)
  if (lineHash(last.subarray(0, -1)) !== head.last) throw broken(`its entry ${head.count} exchanged`)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** What the log says of itself, with its signing key; undefined before its first use. Throws RefusedError where a part of it is missing or changed. */
export async function readHead(home: string): Promise<{ readonly head: Head; readonly installation: Installation } | undefined> {
  const installation = await findInstallation(home)
  const text = await readIfThere(headPath(home))
  if (installation === undefined) {
    if (text === undefined && !(await exists(auditPath(home)))) return undefined
    throw broken('its key .dfk/audit.key gone')
  }
  if (text === undefined) throw broken('audit.head.json gone')
  const head = parseHead(text, installation.publicKey)
  await checkEnd(home, head)
  return { head, installation }
}

/** Takes in whole lines that a kill left behind the head, and cuts off half a one. */
async function catchUp(home: string, before: Head, publicKey: string): Promise<Head> {
  const size = (await stat(auditPath(home)).catch(() => undefined))?.size ?? 0
  if (size <= before.bytes) return before
  const rest = await readLog(home, before.bytes)
  let head = before
  let from = 0
  for (let to = rest.indexOf(0x0a); to >= 0; to = rest.indexOf(0x0a, from)) {
    try {
      head = headAfter(head, rest.toString('utf8', from, to), publicKey)
    } catch (cause) {
      throw broken(`a line ${head.count + 1} that it did not write: ${(cause as Error).message}`, cause)
    }
    from = to + 1
  }
  if (from < rest.length) {
    const file = await open(auditPath(home), 'r+')
    try {
      await file.truncate(head.bytes)
    } finally {
      await file.close()
    }
  }
  return head
}

/** The head after a line. Throws an Error where the line does not follow. */
export function headAfter(head: Head, line: string, publicKey: string): Head {
  const entry = readLine(line, head, publicKey)
  return {
    schema: 1,
    count: entry.seq,
    bytes: head.bytes + Buffer.byteLength(line) + 1,
    lastLine: head.bytes,
    last: lineHash(line),
    newest: [entry.at, head.newest].sort().at(-1)!,
    memory: entry.remember === undefined ? head.memory : remember(head.memory, entry.remember),
  }
}

async function saveHead(home: string, head: Head, { key, publicKey }: Installation): Promise<void> {
  await putWhole(headPath(home), `${JSON.stringify({ head, publicKey, signature: signText(canonicalJson(head), key) })}\n`)
}

async function begin(home: string): Promise<{ head: Head; installation: Installation }> {
  const installation = await makeInstallation(home)
  await saveHead(home, EMPTY_HEAD, installation)
  return { head: EMPTY_HEAD, installation }
}

/**
 * Writes events into `<home>/consent/audit.jsonl`, each line signed and chained to the one before. `decide` is called while nobody else can write, with what is
 * remembered then; what it throws keeps everything as it was. Throws RefusedError where the log is not as it was left, or cannot be written.
 */
export async function appendAudit(
  home: string,
  now: Date,
  decide: (head: Head) => readonly AuditEvent[] | Promise<readonly AuditEvent[]>,
): Promise<void> {
  try {
    const folder = join(home, 'consent')
    await makeFolder(folder)
    const lock = await lockFolder(folder, 'the audit log', LOCK_MS)
    try {
      const { head: known, installation } = (await readHead(home)) ?? (await begin(home))
      let head = await catchUp(home, known, installation.publicKey)
      const lines: string[] = []
      for (const event of await decide(head)) {
        const line = writeLine(event, head, now, installation)
        head = headAfter(head, line, installation.publicKey)
        lines.push(`${line}\n`)
      }
      if (lines.length === 0 && head === known) return
      await appendLines(home, lines.join(''), head.bytes)
      await saveHead(home, head, installation)
    } finally {
      await lock.release()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new RefusedError('audit', `expected to write the audit log of ${home} but that failed (${(error as Error).message}) [audit]`, {
      hint: 'nothing is done with a face that is not logged: free some space, or set DFK_HOME to a folder that can be written to',
      cause: error,
    })
  }
}

async function appendLines(home: string, text: string, wanted: number): Promise<void> {
  const file = await open(auditPath(home), 'a', 0o644)
  try {
    await file.appendFile(text)
    await file.sync()
    const { size } = await file.stat()
    if (size !== wanted) throw broken(`${size} bytes of it where ${wanted} belong`)
  } finally {
    await file.close()
  }
}
