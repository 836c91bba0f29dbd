import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/consent/canonical.ts'
import { loadConsent, type SignedConsent } from '../../src/consent/index.ts'
import { publicKeyOf, signText } from '../../src/consent/keys.ts'
import { SAMPLE_FOOTAGE } from '../../src/consent/sample.ts'
import { signConsent } from '../../src/consent/signed.ts'
import { distrustKey, trustedPath, trustKey } from '../../src/consent/trust.ts'
import { clauseOf, descriptor, FOOTAGE, NOW, newKey, OTHER_FOOTAGE, signedRecord } from './records.ts'
import { openStudio, type Studio } from './studio.ts'

let studio: Studio
beforeEach(async () => {
  studio = await openStudio()
})
afterEach(() => studio.close())

const FULL = {
  countersigners: [],
  footage: [FOOTAGE],
  footageBinds: ['generate'],
  media: ['cinema'],
  territory: ['FR'],
  prohibited: ['advertising'],
  maxOutputs: 3,
  maxStalenessDays: 7,
  supersedes: 'a'.repeat(64),
} as const

describe('a record that was edited after it was signed is refused', () => {
  it.each<[string, (record: SignedConsent['record']) => void]>([
    ['kind', (record) => Object.assign(record, { kind: 'sample', signer: { ...record.signer, role: 'sample' } })],
    ['id', (record) => Object.assign(record, { id: 'another' })],
    ['issuedAt', (record) => Object.assign(record, { issuedAt: '2026-02-01T00:00:00Z' })],
    ['supersedes', (record) => delete record.supersedes],
    ['subject', (record) => Object.assign(record.subject, { id: 'mallory' })],
    ['signer', (record) => Object.assign(record.signer, { role: 'agent', evidenceSha256: 'f'.repeat(64) })],
    ['controller', (record) => Object.assign(record, { controller: 'Other Studio' })],
    ['grants', (record) => Object.assign(record.grants, { publish: true })],
    ['scope.description', (record) => Object.assign(record.scope, { description: 'An advertisement for a product that Alice never saw' })],
    ['scope.project', (record) => Object.assign(record.scope, { project: 'Another film' })],
    ['scope.footage', (record) => record.scope.footage.push(OTHER_FOOTAGE)],
    ['scope.footageBinds', (record) => Object.assign(record.scope, { footageBinds: [] })],
    ['scope.media', (record) => Object.assign(record.scope, { media: [] })],
    ['scope.territory', (record) => record.scope.territory.push('US')],
    ['scope.prohibited', (record) => Object.assign(record.scope, { prohibited: [] })],
    ['limits.notBefore', (record) => Object.assign(record.limits, { notBefore: '2025-01-01T00:00:00Z' })],
    ['limits.notAfter', (record) => Object.assign(record.limits, { notAfter: '2030-01-01T00:00:00Z' })],
    ['limits.maxOutputs', (record) => delete record.limits.maxOutputs],
    ['biometric.references', (record) => record.biometric.references.push(descriptor(0.3))],
    ['biometric.threshold', (record) => Object.assign(record.biometric, { threshold: 0.6 })],
    ['disclosure', (record) => Object.assign(record.disclosure, { visibleLabel: false })],
    ['revocation', (record) => Object.assign(record, { revocation: {} })],
  ])('%s', async (_, change) => {
    const record = structuredClone(studio.ofAlice({ ...FULL, countersigners: undefined }))
    change(record.record)
    expect(await clauseOf(() => studio.generate(record, { footage: [FOOTAGE] }))).toBe('signature')
  })
})

describe('a signature that is not what it seems is refused', () => {
  it('nobody has signed', async () => {
    const { signature: _, ...unsigned } = studio.ofAlice()
    expect(await clauseOf(() => studio.generate(unsigned))).toBe('signature')
  })

  it('another key signed for the one that is named', async () => {
    const record = studio.ofAlice()
    const value = signText(canonicalJson(record.record), newKey())
    expect(await clauseOf(() => studio.generate({ ...record, signature: { ...record.signature!, value } }))).toBe('signature')
  })

  it('another key signed, and says so', async () => {
    const record = studio.ofAlice()
    const stranger = newKey()
    const signature = {
      algorithm: 'Ed25519',
      publicKey: publicKeyOf(stranger),
      value: signText(canonicalJson(record.record), stranger),
    } as const
    expect(await clauseOf(() => studio.generate({ ...record, signature }))).toBe('signer.publicKey')
  })

  it('a self-made key, which means nothing here', async () => {
    expect(await clauseOf(() => studio.generate(signedRecord()))).toBe('trust')
  })

  it('a self-made key for the person in the target footage', async () => {
    expect(await clauseOf(() => studio.generate(studio.ofAlice(), {}, signedRecord({ subject: 'bob' })))).toBe('trust')
  })

  it('a trusted key that signs for somebody else', async () => {
    await trustKey(studio.home, NOW, { publicKey: publicKeyOf(studio.bob), name: 'Bob', subjects: ['bob'] })
    expect(await clauseOf(() => studio.generate(signedRecord({}, studio.bob)))).toBe('trust.subjects')
  })

  it('a trusted key that signs as what it is not trusted for', async () => {
    await trustKey(studio.home, NOW, { publicKey: publicKeyOf(studio.bob), name: 'Bob', roles: ['self'] })
    const minor = { status: 'minor', adultOn: '2029-01-01', evidenceSha256: 'f'.repeat(64) } as const
    expect(await clauseOf(() => studio.generate(signedRecord(minor, studio.bob)))).toBe('trust.roles')
  })

  it('a key that is trusted no longer', async () => {
    await distrustKey(studio.home, NOW, 'Alice')
    expect(await clauseOf(() => studio.generate(studio.ofAlice()))).toBe('trust')
  })

  it('a key that somebody wrote into the list of trusted ones', async () => {
    const stranger = newKey()
    const path = trustedPath(studio.home)
    const list = JSON.parse(readFileSync(path, 'utf8')) as { keys: object[] }
    list.keys.push({ publicKey: publicKeyOf(stranger), name: 'Me', addedAt: NOW.toISOString() })
    writeFileSync(path, JSON.stringify(list))
    expect(await clauseOf(() => studio.generate(signedRecord({}, stranger)))).toBe('trust')
  })

  it('an older list of trusted keys put back', async () => {
    const path = trustedPath(studio.home)
    copyFileSync(path, `${path}.old`)
    await distrustKey(studio.home, NOW, 'Alice')
    copyFileSync(`${path}.old`, path)
    expect(await clauseOf(() => studio.generate(studio.ofAlice()))).toBe('trust')
  })

  it('a point of small order, under which anybody can sign anything', async () => {
    const weak = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]).toString('base64url')
    const record = structuredClone(studio.ofAlice())
    record.record.signer.publicKey = weak
    const value = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]).toString('base64url')
    expect(await clauseOf(() => studio.generate({ ...record, signature: { algorithm: 'Ed25519', publicKey: weak, value } }))).toBe(
      'signature',
    )
  })

  it('the same signature with the group order added to it', async () => {
    const record = studio.ofAlice()
    const bytes = Buffer.from(record.signature!.value, 'base64url')
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    let scalar = order
    for (let i = 63; i >= 32; i -= 1) scalar += BigInt(bytes[i]!) << BigInt(8 * (i - 32))
    for (let i = 32; i < 64; i += 1) bytes[i] = Number((scalar >> BigInt(8 * (i - 32))) & 255n)
    const signature = { ...record.signature!, value: bytes.toString('base64url') }
    expect(await clauseOf(() => studio.generate({ ...record, signature }))).toBe('signature')
  })

  it('the same signature in another spelling', async () => {
    const record = studio.ofAlice()
    // The last of 86 letters carries four bits that say nothing.
    const { value } = record.signature!
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = letters[letters.indexOf(value.at(-1)!) ^ 1]!
    const signature = { ...record.signature!, value: value.slice(0, -1) + last }
    expect(await clauseOf(() => studio.generate({ ...record, signature }))).toBe('signature')
  })

  it('a signature over the text as it stands in the file, not over its canonical form', async () => {
    const record = studio.ofAlice()
    const value = signText(JSON.stringify(record.record, null, 2), studio.alice)
    expect(await clauseOf(() => studio.generate({ ...record, signature: { ...record.signature!, value } }))).toBe('signature')
  })

  it('an object that is no record, with a getter that tells two things', async () => {
    const record = structuredClone(studio.ofAlice({ grants: ['collect'] }))
    let asked = 0
    Object.defineProperty(record.record.grants, 'generate', { enumerable: true, get: () => asked++ !== 0 })
    expect(await clauseOf(() => studio.generate(record))).toBe('grants.generate')
  })
})

describe('a file that says two things, or none, is refused', () => {
  const file = (text: string) => studio.write('record.json', text)
  const text = () => JSON.stringify(studio.ofAlice())

  it('a key twice, of which readers take either', async () => {
    const path = file(text().replace('"publish":false', '"publish":false,"publish":true'))
    expect(await clauseOf(() => loadConsent(path))).toBe('record')
  })

  it('a key twice, once spelled with an escape', async () => {
    const path = file(text().replace('"publish":false', '"publish":false,"\\u0070ublish":true'))
    expect(await clauseOf(() => loadConsent(path))).toBe('record')
  })

  it.each(['__proto__', 'constructor', 'prototype'])('a field called %s', async (name) => {
    const path = file(text().replace('"grants":{', `"${name}":{"generate":true},"grants":{`))
    expect(await clauseOf(() => loadConsent(path))).toBe('record')
    expect(({} as { generate?: boolean }).generate).toBeUndefined()
  })

  it.each(['1e400', '1e300', '-1', '0', '1.5', '9007199254740993'])('a number of outputs of %s', async (number) => {
    const path = file(JSON.stringify(studio.ofAlice({ maxOutputs: 3 })).replace('"maxOutputs":3', `"maxOutputs":${number}`))
    expect(await clauseOf(() => loadConsent(path))).toBe('limits.maxOutputs')
  })

  it('characters that turn the text round', async () => {
    const path = file(text().replace('Museum guide', 'Museum \u202eediug'))
    expect(await clauseOf(() => loadConsent(path))).toBe('scope.project')
  })

  it('a name with a hidden character, which looks like one that is trusted', async () => {
    const path = file(text().replace('"alice"', '"ali\u200bce"'))
    expect(await clauseOf(() => loadConsent(path))).toBe('subject.id')
  })

  it('a name with letters of another alphabet, which looks like one that is trusted', async () => {
    expect(await clauseOf(() => studio.generate(studio.ofAlice({ subject: '\u0430lice' })))).toBe('subject.id')
  })

  it('brackets without end', async () => {
    expect(await clauseOf(() => loadConsent(file(`${'['.repeat(1e5)}${']'.repeat(1e5)}`)))).toBe('record')
  })

  it('a folder', async () => {
    mkdirSync(join(studio.home, 'folder.json'))
    expect(await clauseOf(() => loadConsent(join(studio.home, 'folder.json')))).toBe('record')
  })

  it.skipIf(process.platform === 'win32')('a pipe, which says another thing each time', async () => {
    const path = join(studio.home, 'pipe.json')
    execFileSync('mkfifo', [path])
    expect(await clauseOf(() => loadConsent(path))).toBe('record')
  })

  it('a file without end', async () => {
    expect(await clauseOf(() => loadConsent(file(`${text()}${' '.repeat(5 << 20)}`)))).toBe('record')
  })
})

describe('a record that never holds is refused', () => {
  const minor = { status: 'minor', evidenceSha256: 'f'.repeat(64), adultOn: '2029-03-01' } as const
  it.each<[string, string, () => SignedConsent]>([
    ['one of eleven years', 'limits.notAfter', () => studio.ofAlice({ until: '2036-06-01' })],
    ['one of six years for a minor', 'limits.notAfter', () => studio.ofAlice({ ...minor, adultOn: '2039-01-01', until: '2032-01-02' })],
    ['one for a minor beyond 18', 'limits.notAfter', () => studio.ofAlice({ ...minor, until: '2029-03-02' })],
    ['one that a minor signed', 'signer.role', () => studio.ofAlice({ ...minor, signerRole: 'self' })],
    ['a guardian without evidence', 'signer.evidenceSha256', () => studio.ofAlice({ ...minor, evidenceSha256: undefined })],
    ['an agent without evidence', 'signer.evidenceSha256', () => studio.ofAlice({ signerRole: 'agent' })],
    ['a guardian for an adult', 'signer.role', () => studio.ofAlice({ signerRole: 'guardian', evidenceSha256: 'f'.repeat(64) })],
    ['one whose end is before its beginning', 'limits.notAfter', () => studio.ofAlice({ until: '2025-06-01' })],
    ['one for any use at all', 'scope.description', () => studio.ofAlice({ description: 'Any use of the likeness in all media' })],
    ['one of two people', 'biometric.references', () => studio.ofAlice({ references: [descriptor(), descriptor(0.9)] })],
  ])('%s', async (_, clause, make) => {
    expect(await clauseOf(() => studio.generate(make()))).toBe(clause)
  })

  it('one of kind sample for other footage, made by hand', async () => {
    const { record } = studio.ofAlice({ footage: [OTHER_FOOTAGE] })
    const forged = signConsent({ record: { ...record, kind: 'sample', signer: { role: 'sample' } } }, studio.alice, NOW)
    expect(await clauseOf(() => studio.collect(forged, { footage: [OTHER_FOOTAGE] }))).toBe('scope.footage')
  })

  it('one of kind sample that grants publication, made by hand', async () => {
    const { record } = signedRecord({ kind: 'sample', footage: [SAMPLE_FOOTAGE[0]!] }, studio.alice)
    const forged = signConsent({ record: { ...record, grants: { ...record.grants, publish: true } } }, studio.alice, NOW)
    expect(await clauseOf(() => studio.generate(forged, { action: 'publish' }))).toBe('grants.publish')
  })

  it('one of a future version, which may mean anything', async () => {
    const path = studio.write('future.json', JSON.stringify(studio.ofAlice()).replace('"schema":1', '"schema":2'))
    expect(await clauseOf(() => loadConsent(path))).toBe('schema')
  })
})

it('says nothing of a face in what it logs', async () => {
  await clauseOf(() => studio.generate(signedRecord()))
  const log = readFileSync(join(studio.home, 'consent', 'audit.jsonl'), 'utf8')
  expect(log).toContain('"clause":"trust"')
  expect(log).not.toContain('0.05')
  expect(log).not.toContain(createHash('sha256').update(JSON.stringify(descriptor())).digest('hex'))
})
