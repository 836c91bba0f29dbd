import { createPrivateKey, type KeyObject } from 'node:crypto'
import { expect } from 'vitest'
import { type DraftOptions, draftConsent } from '../../src/consent/draft.ts'
import type { SignedConsent } from '../../src/consent/index.ts'
import { makeKeyPair } from '../../src/consent/keys.ts'
import { signConsent } from '../../src/consent/signed.ts'
import { trustKey } from '../../src/consent/trust.ts'
import { EXIT, RefusedError } from '../../src/work/errors.ts'

export const NOW = new Date('2026-06-15T12:00:00Z')

export const FOOTAGE = { name: 'take1.mp4', sha256: 'a'.repeat(64), videoSha256: 'b'.repeat(64) }
/** The same take with a sound track added. */
export const WITH_SOUND = { name: 'take1-sound.mp4', sha256: 'c'.repeat(64), videoSha256: 'b'.repeat(64) }
export const OTHER_FOOTAGE = { name: 'other.mp4', sha256: 'd'.repeat(64), videoSha256: 'e'.repeat(64) }

/** A descriptor at distance `offset` from the reference descriptor of the records. */
export function descriptor(offset = 0): number[] {
  return Array.from({ length: 128 }, (_, i) => (i === 0 ? offset : 0.05))
}

export function newKey(): KeyObject {
  return createPrivateKey(makeKeyPair().privatePem)
}

/** An unsigned record that holds on NOW; `changes` replace fields of the draft's options. */
export function draft(changes: Partial<DraftOptions> = {}): SignedConsent {
  return draftConsent({
    kind: 'subject',
    subject: 'alice',
    status: 'adult',
    controller: 'Studio Example',
    description: 'A 30-second museum film in which Alice explains the exhibit',
    project: 'Museum guide',
    grants: ['collect', 'train', 'generate'],
    footage: [],
    media: [],
    territory: [],
    prohibited: [],
    from: '2026-01-01',
    until: '2027-01-01',
    threshold: 0.5,
    references: [descriptor()],
    disclosure: { visibleLabel: true, c2pa: true, watermark: true },
    now: new Date('2026-01-01T00:00:00Z'),
    ...changes,
  })
}

export function signedRecord(changes: Partial<DraftOptions> = {}, key: KeyObject = newKey()): SignedConsent {
  return signConsent(draft(changes), key, NOW)
}

/** Trusts whoever signed these records, long before anything else happens in the home. */
export async function trustSigners(home: string, ...records: readonly SignedConsent[]): Promise<void> {
  for (const { record } of records) {
    const keys = [record.signer.publicKey, ...(record.countersigners ?? []).map(({ publicKey }) => publicKey)]
    for (const publicKey of keys)
      if (publicKey !== undefined) await trustKey(home, new Date('2020-01-01T00:00:00Z'), { publicKey, name: record.subject.id })
  }
}

/** The refusal that something ends in. */
export async function refusalOf(body: () => unknown): Promise<RefusedError> {
  try {
    await body()
  } catch (error) {
    if (error instanceof RefusedError) return error
    throw error
  }
  throw new Error('expected a refusal but found none')
}

/** Its clause, once it is certain that it says what was expected and found, and what to do. */
export async function clauseOf(body: () => unknown): Promise<string> {
  const error = await refusalOf(body)
  expect(error.exitCode).toBe(EXIT.refused)
  expect(error.message).toMatch(/expected .* but /)
  expect(error.hint).toBeTruthy()
  return error.clause
}
