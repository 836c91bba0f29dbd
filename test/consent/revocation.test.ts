import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { authorize, type SignedConsent } from '../../src/consent/index.ts'
import { defaultRevocationPath, readRevocations, revoke } from '../../src/consent/revocation.ts'
import { scratchFolder } from '../support/data.ts'
import { NOW, newKey, signedRecord, trustSigners } from './records.ts'

let home: string
beforeEach(() => {
  home = scratchFolder('revocation')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function save(path: string, file: object): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify(file))
}
async function ask(record: SignedConsent, now = NOW) {
  await trustSigners(home, record)
  return authorize({ action: 'collect', parties: [{ role: 'subject', record }], now, home })
}
const later = (days: number) => new Date(NOW.getTime() + days * 86_400_000)

describe('revocation', () => {
  it('refuses what its signer revoked, in the list that is always consulted', async () => {
    const key = newKey()
    const [record, other] = [signedRecord({}, key), signedRecord({ subject: 'bob' }, key)]
    expect((await ask(record)).action).toBe('collect')
    save(defaultRevocationPath(home), revoke(undefined, key, NOW, { record, reason: 'contract ended' }))
    await expect(ask(record)).rejects.toThrow(/revoked on 2026-06-15 \(contract ended\)/)
    expect((await ask(other)).action).toBe('collect')
  })

  it('keeps the lists of several signers apart and adds to them', async () => {
    const [alice, bob] = [newKey(), newKey()]
    const records = [signedRecord({}, alice), signedRecord({ subject: 'second' }, alice), signedRecord({ subject: 'bob' }, bob)] as const
    let file = revoke(undefined, alice, NOW, { record: records[0] })
    file = revoke(file, bob, NOW, { record: records[2] })
    file = revoke(file, alice, NOW, { record: records[1] })
    save(defaultRevocationPath(home), file)
    expect((await readRevocations(defaultRevocationPath(home)))?.lists).toHaveLength(2)
    for (const record of records) await expect(ask(record)).rejects.toThrow(/revoked/)
  })

  it('lets nobody else revoke', async () => {
    const record = signedRecord()
    expect(() => revoke(undefined, newKey(), NOW, { record })).toThrow(/expected the key that signed the record/)
  })

  it('refuses everything while a list was tampered with', async () => {
    const key = newKey()
    const record = signedRecord({}, key)
    const path = defaultRevocationPath(home)
    save(path, revoke(undefined, key, NOW, { record }))
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"revoked":\[.*?\]/, '"revoked":[]'))
    await expect(ask(record)).rejects.toThrow(/changed since/)
    await expect(ask(signedRecord())).rejects.toThrow(/changed since/)
    writeFileSync(path, 'nonsense')
    await expect(ask(record)).rejects.toThrow(/expected a revocation list/)
  })

  it('consults the list that the record names and misses it when it is gone', async () => {
    const key = newKey()
    const list = join(home, 'elsewhere', 'list.json')
    const record = signedRecord({ revocationList: list }, key)
    await expect(ask(record)).rejects.toThrow(/which the record names, but found no such file/)
    save(list, revoke(undefined, key, NOW))
    expect((await ask(record)).action).toBe('collect')
    save(list, revoke(undefined, key, NOW, { record }))
    await expect(ask(record)).rejects.toThrow(/revoked/)
  })

  it('refuses when the list is staler than the record allows, until it is confirmed', async () => {
    const key = newKey()
    const record = signedRecord({ maxStalenessDays: 7 }, key)
    await expect(ask(record)).rejects.toThrow(/of the last 7 days but found none/)
    save(defaultRevocationPath(home), revoke(undefined, newKey(), NOW))
    await expect(ask(record)).rejects.toThrow(/but found none/)
    save(defaultRevocationPath(home), revoke(undefined, key, NOW))
    expect((await ask(record, later(6))).action).toBe('collect')
    await expect(ask(record, later(8))).rejects.toThrow(/but found one of 2026-06-15/)
    save(defaultRevocationPath(home), revoke(undefined, key, later(8)))
    expect((await ask(record, later(8))).action).toBe('collect')
  })
})
