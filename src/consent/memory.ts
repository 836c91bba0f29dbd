import { z } from 'zod'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const moment = z.iso.datetime()

/** What a list of revocations was when it was last seen. */
const seenList = z.strictObject({ issuedAt: moment, entries: z.int().min(0) })

/** What the audit log makes impossible to forget: whoever deletes or turns back one of these files is noticed. */
export const memorySchema = z.strictObject({
  /** SHA-256 of `trusted.json`; absent: nobody was ever trusted. */
  trusted: sha256.exactOptional(),
  /** When each record that was ever seen revoked was. */
  revoked: z.record(sha256, moment),
  /** The record that took the place of another, by signer and hash of that one; absent: none did. */
  superseded: z.record(z.string(), sha256).exactOptional(),
  /** By place and signer, as `listName` writes it. */
  lists: z.record(z.string(), seenList),
  /** When each list on the network was last fetched. */
  fetched: z.record(z.string(), moment),
  /** Outputs made under each record. */
  outputs: z.record(sha256, z.int().min(0)),
})
export type Memory = z.output<typeof memorySchema>

export const NO_MEMORY: Memory = { revoked: {}, lists: {}, fetched: {}, outputs: {} }

const change = z.strictObject({
  trusted: sha256.exactOptional(),
  revoked: z.record(sha256, moment).exactOptional(),
  superseded: z.record(z.string(), sha256).exactOptional(),
  lists: z.record(z.string(), seenList).exactOptional(),
  fetched: z.record(z.string(), moment).exactOptional(),
  /** Records under which one more output was made. */
  outputs: z.array(sha256).exactOptional(),
})
/** What an entry of the log adds to the memory. */
export const changeSchema = change
export type MemoryChange = z.output<typeof change>

/** The memory after an entry. */
export function remember(memory: Memory, { trusted, revoked, superseded, lists, fetched, outputs = [] }: MemoryChange): Memory {
  const made = { ...memory.outputs }
  for (const hash of outputs) made[hash] = (made[hash] ?? 0) + 1
  return {
    ...(trusted === undefined ? memory : { ...memory, trusted }),
    // The first day counts, whatever is written later.
    revoked: { ...revoked, ...memory.revoked },
    ...(superseded !== undefined && { superseded: { ...memory.superseded, ...superseded } }),
    lists: { ...memory.lists, ...lists },
    fetched: { ...memory.fetched, ...fetched },
    outputs: made,
  }
}
