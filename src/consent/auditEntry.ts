import { createHash } from 'node:crypto'
import { userInfo } from 'node:os'
import { z } from 'zod'
import { canonicalJson } from './canonical.ts'
import type { Installation } from './installation.ts'
import { signText, verifyText } from './keys.ts'
import { changeSchema, memorySchema } from './memory.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** What can stand in the log. */
const WHAT = ['authorize', 'sign', 'countersign', 'revoke', 'trust', 'distrust', 'output', 'export', 'report', 'purge', 'seen'] as const

const entrySchema = z.strictObject({
  /** Number of the entry, from 1. */
  seq: z.int().positive(),
  at: z.iso.datetime(),
  what: z.enum(WHAT),
  /** Account of the operating system, and the key that was used, where one was. */
  user: z.string(),
  key: z.string().exactOptional(),
  /** Hashes of the records that it is about. */
  records: z.array(sha256),
  /** What was asked, decided, written. */
  about: z.record(z.string(), z.json()),
  /** What later entries and checks have to know. */
  remember: changeSchema.exactOptional(),
  /** SHA-256 of the line before; zeros for the first. */
  prev: sha256,
})
const signedEntrySchema = z.strictObject({ ...entrySchema.shape, signature: z.string() })
export type AuditEntry = z.output<typeof signedEntrySchema>
/** What a caller says of an event; the log adds number, time, account and chain. */
export type AuditEvent = Pick<z.output<typeof entrySchema>, 'what' | 'key' | 'records' | 'about' | 'remember'>

/** `prev` of the first entry. */
export const NO_LINE = '0'.repeat(64)

const headSchema = z.strictObject({
  schema: z.literal(1),
  /** Entries and bytes of the log, and where its last line begins. */
  count: z.int().min(0),
  bytes: z.int().min(0),
  lastLine: z.int().min(0),
  /** SHA-256 of the last line. */
  last: sha256,
  /** The newest time that was ever logged. */
  newest: z.iso.datetime(),
  memory: memorySchema,
})
export type Head = z.output<typeof headSchema>
/** `audit.head.json`: how long the log is, signed, so that its end cannot be cut off. */
export const signedHeadSchema = z.strictObject({ head: headSchema, publicKey: z.string(), signature: z.string() })

/** SHA-256 of a line, without its line feed. */
export function lineHash(line: string | Uint8Array): string {
  return createHash('sha256').update(line).digest('hex')
}

/** The account that runs this process. */
function account(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run under a number that has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

/** The next line of the log. */
export function writeLine(event: AuditEvent, head: Head, at: Date, { key }: Installation): string {
  const entry = { seq: head.count + 1, at: at.toISOString(), user: account(), ...event, prev: head.last }
  return JSON.stringify({ ...entry, signature: signText(canonicalJson(entry), key) })
}

/** Reads a line of the log. Throws an Error that says what is wrong with it: not as it was written, or not the one that follows `before`. */
export function readLine(line: string, before: Pick<Head, 'count' | 'last'>, publicKey: string): AuditEntry {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new Error('it is not JSON')
  }
  const parsed = signedEntrySchema.safeParse(value)
  if (!parsed.success) throw new Error(`${parsed.error.issues[0]?.path.join('.') || 'it'} is not as the log writes it`)
  const { signature, ...entry } = parsed.data
  if (!verifyText(canonicalJson(entry), signature, publicKey)) throw new Error('it was changed since it was signed')
  if (entry.seq !== before.count + 1)
    throw new Error(`it is entry ${entry.seq}, where ${before.count + 1} belongs: lines are missing or moved`)
  if (entry.prev !== before.last) throw new Error('it does not follow the line before: that one was exchanged')
  return parsed.data
}
