import type { KeyObject } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DraftOptions } from '../../src/consent/draft.ts'
import { type AuthorizationRequest, authorize, type Party, type SignedConsent } from '../../src/consent/index.ts'
import { publicKeyOf } from '../../src/consent/keys.ts'
import { defaultRevocationPath, revoke } from '../../src/consent/revocation.ts'
import { trustKey } from '../../src/consent/trust.ts'
import { scratchFolder } from '../support/data.ts'
import { NOW, newKey, signedRecord } from './records.ts'

const DAY_MS = 86_400_000
export const daysLater = (days: number) => new Date(NOW.getTime() + days * DAY_MS)

/** A studio where Alice and Bob are trusted, and what one may ask of it. */
export interface Studio {
  readonly home: string
  readonly alice: KeyObject
  readonly bob: KeyObject
  /** Records of the two, changed as said, signed with their own keys. */
  ofAlice(changes?: Partial<DraftOptions>): SignedConsent
  ofBob(changes?: Partial<DraftOptions>): SignedConsent
  /** Asks whether Alice may be rendered into Bob's footage; `more` replaces parts of the question. */
  generate(source: SignedConsent, more?: Partial<AuthorizationRequest>, target?: SignedConsent): Promise<unknown>
  /** Asks whether faces of one person may be collected. */
  collect(record: SignedConsent, more?: Partial<AuthorizationRequest> & Partial<Pick<Party, 'heldAt'>>): Promise<unknown>
  /** Writes a list in which a key revoked these records. */
  revoke(key: KeyObject, records: readonly SignedConsent[], at?: Date, path?: string): string
  write(name: string, text: string): string
  close(): void
}

export async function openStudio(): Promise<Studio> {
  const home = scratchFolder('studio')
  const [alice, bob] = [newKey(), newKey()]
  const early = new Date('2026-01-02T00:00:00Z')
  await trustKey(home, early, { publicKey: publicKeyOf(alice), name: 'Alice' })
  await trustKey(home, early, { publicKey: publicKeyOf(bob), name: 'Bob' })
  const write = (path: string, text: string) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }
  const ofBob = (changes: Partial<DraftOptions> = {}) => signedRecord({ subject: 'bob', ...changes }, bob)
  return {
    ...{ home, alice, bob, ofBob },
    ofAlice: (changes = {}) => signedRecord(changes, alice),
    generate(source, more = {}, target = ofBob()) {
      const parties: Party[] = [
        { role: 'source', record: source },
        { role: 'target', record: target },
      ]
      return authorize({ action: 'generate', parties, now: NOW, home, ...more })
    },
    collect: (record, { heldAt, ...more } = {}) =>
      authorize({ action: 'collect', parties: [{ role: 'subject', record, heldAt }], now: NOW, home, ...more }),
    revoke(key, records, at = NOW, path = defaultRevocationPath(home)) {
      let file: Parameters<typeof revoke>[0]
      for (const record of records) file = revoke(file, key, at, { record })
      return write(path, JSON.stringify(file ?? revoke(undefined, key, at)))
    },
    write: (name, text) => write(join(home, name), text),
    close: () => rmSync(home, { recursive: true, force: true }),
  }
}
