import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { countersignConsent } from '../../src/consent/countersign.ts'
import { type ConsentAction, consentHash, recordOutput, requireSubject, type SignedConsent } from '../../src/consent/index.ts'
import { publicKeyOf } from '../../src/consent/keys.ts'
import { SAMPLE_FOOTAGE } from '../../src/consent/sample.ts'
import { trustKey } from '../../src/consent/trust.ts'
import { requireHome } from '../../src/swap/farm/root.ts'
import { scratchFolder } from '../support/data.ts'
import { clauseOf, descriptor, FOOTAGE, NOW, newKey, OTHER_FOOTAGE, refusalOf, signedRecord } from './records.ts'
import { daysLater, openStudio, type Studio } from './studio.ts'

let studio: Studio
beforeEach(async () => {
  studio = await openStudio()
})
afterEach(() => studio.close())

const ALL: readonly ConsentAction[] = ['collect', 'train', 'generate', 'publish', 'sublicense']

it('what the records allow is allowed: the attempts below fail for their own reasons', async () => {
  await studio.generate(studio.ofAlice())
  await studio.generate(studio.ofAlice({ grants: ALL }), { action: 'publish' }, studio.ofBob({ grants: ALL }))
  await studio.collect(studio.ofAlice())
})

describe('a use that nobody agreed to is refused', () => {
  it.each(ALL)('one grant short: %s', async (action) => {
    const grants = ALL.filter((each) => each !== action)
    expect(await clauseOf(() => studio.generate(studio.ofAlice({ grants }), { action }, studio.ofBob({ grants: ALL })))).toBe(
      `grants.${action}`,
    )
  })

  it.each(['train', 'generate', 'publish', 'sublicense'] as const)('the target grants all but to %s', async (action) => {
    const target = studio.ofBob({ grants: ALL.filter((each) => each !== action) })
    expect(await clauseOf(() => studio.generate(studio.ofAlice({ grants: ALL }), { action }, target))).toBe(`grants.${action}`)
  })

  it('to publish what may not even be generated', async () => {
    const grants = ['collect', 'train', 'publish'] as const
    expect(await clauseOf(() => studio.generate(studio.ofAlice({ grants }), { action: 'publish' }))).toBe('grants.generate')
  })

  it.each(['source', 'target'] as const)('without a record of the %s', async (missing) => {
    const parties = (['source', 'target'] as const).filter((role) => role !== missing).map((role) => ({ role, record: studio.ofAlice() }))
    for (const action of ['train', 'generate', 'publish', 'sublicense'] as const)
      expect(await clauseOf(() => studio.generate(studio.ofAlice(), { action, parties }))).toBe('parties')
  })

  it('without any record', async () => {
    expect(await clauseOf(() => studio.collect(studio.ofAlice(), { parties: [] }))).toBe('parties')
  })

  it('another project', async () => {
    expect(await clauseOf(() => studio.generate(studio.ofAlice(), { use: { project: 'Another film' } }))).toBe('scope.project')
    await studio.generate(studio.ofAlice(), { use: { project: ' museum  GUIDE' } })
  })

  it('other media', async () => {
    const record = studio.ofAlice({ media: ['cinema', 'museum'] })
    expect(await clauseOf(() => studio.generate(record, { use: { media: ['cinema', 'television'] } }))).toBe('scope.media')
  })

  it('another country', async () => {
    expect(await clauseOf(() => studio.generate(studio.ofAlice({ territory: ['FR'] }), { use: { territory: ['US'] } }))).toBe(
      'scope.territory',
    )
  })

  it.each(['media', 'territory'] as const)('to publish without saying in which %s, where the record limits it', async (what) => {
    const target = studio.ofBob({ grants: ALL })
    const source = studio.ofAlice({ grants: ALL, [what]: ['here'] })
    expect(await clauseOf(() => studio.generate(source, { action: 'publish' }, target))).toBe(`scope.${what}`)
    await studio.generate(source, { action: 'publish', use: { [what]: ['Here'] } }, target)
  })

  it('a prohibited category, in other letters', async () => {
    const record = studio.ofAlice({ prohibited: ['Political advertising'] })
    expect(await clauseOf(() => studio.generate(record, { use: { categories: ['political  ADVERTISING'] } }))).toBe('scope.prohibited')
  })

  it('footage that the record does not list', async () => {
    const record = studio.ofAlice({ footage: [FOOTAGE] })
    expect(await clauseOf(() => studio.collect(record, { footage: [OTHER_FOOTAGE] }))).toBe('scope.footage')
  })

  it('other footage under the name of the listed one', async () => {
    const record = studio.ofAlice({ footage: [FOOTAGE] })
    expect(await clauseOf(() => studio.collect(record, { footage: [{ ...OTHER_FOOTAGE, name: FOOTAGE.name }] }))).toBe('scope.footage')
  })

  it('one strange file among those listed', async () => {
    const record = studio.ofAlice({ footage: [FOOTAGE] })
    expect(await clauseOf(() => studio.collect(record, { footage: [FOOTAGE, OTHER_FOOTAGE] }))).toBe('scope.footage')
  })

  it('a clip that the target did not agree to receive a face in', async () => {
    const target = studio.ofBob({ footage: [FOOTAGE], footageBinds: ['generate'] })
    expect(await clauseOf(() => studio.generate(studio.ofAlice(), { footage: [OTHER_FOOTAGE] }, target))).toBe('scope.footage')
  })

  it('no footage named where it is bound', async () => {
    expect(await clauseOf(() => studio.collect(studio.ofAlice({ footage: [FOOTAGE] })))).toBe('scope.footage')
  })

  it('a sample record, which needs no trusted key, with the descriptor of somebody in other footage', async () => {
    const [clip] = SAMPLE_FOOTAGE
    const target = signedRecord({ kind: 'sample', subject: 'bob', footage: [clip!] })
    expect(await clauseOf(() => studio.generate(studio.ofAlice(), { footage: [OTHER_FOOTAGE] }, target))).toBe('scope.footage')
    await studio.generate(studio.ofAlice(), { footage: [clip!] }, target)
  })

  it('another person than the one described', async () => {
    const refusal = await refusalOf(() => requireSubject(studio.ofAlice(), descriptor(0.9), 'the dataset'))
    expect([refusal.clause, refusal.exitCode]).toEqual(['biometric', 3])
  })
})

describe('more than was agreed to is refused', () => {
  const output = (id: number, records: readonly SignedConsent[]) =>
    recordOutput(studio.home, { outputId: String(id).padStart(16, '0'), path: `/out/${id}.mp4`, records, now: NOW })

  it('one output too many', async () => {
    const record = studio.ofAlice({ maxOutputs: 1 })
    await output(1, [record])
    expect(await clauseOf(() => studio.generate(record))).toBe('limits.maxOutputs')
  })

  it('a folder of clips that is one too many', async () => {
    expect(await clauseOf(() => studio.generate(studio.ofAlice({ maxOutputs: 2 }), { outputs: 3 }))).toBe('limits.maxOutputs')
  })

  it('several renders at the same time, each of which was allowed when it began', async () => {
    const record = studio.ofAlice({ maxOutputs: 2 })
    for (let i = 0; i < 4; i += 1) await studio.generate(record)
    const ends = await Promise.allSettled([1, 2, 3, 4].map((id) => output(id, [record])))
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toMatchObject({ clause: 'limits.maxOutputs', exitCode: 3 })
  })

  it('the log of outputs deleted in between', async () => {
    const record = studio.ofAlice({ maxOutputs: 1 })
    await output(1, [record])
    rmSync(join(studio.home, 'consent', 'outputs.jsonl'))
    expect(await clauseOf(() => studio.generate(record))).toBe('limits.maxOutputs')
    expect(await clauseOf(() => output(2, [record]))).toBe('limits.maxOutputs')
  })
})

describe('a countersignature that is not there is missed', () => {
  const asked = (role: 'target' | 'guardian' | 'agent', key = studio.bob, evidence = 'e'.repeat(64)) => ({
    countersigners: [{ role, publicKey: publicKeyOf(key), ...(role !== 'target' && evidence !== '' && { evidenceSha256: evidence }) }],
  })

  it('of the person in the target footage, to generate but not to collect', async () => {
    const record = studio.ofAlice(asked('target'))
    expect(await clauseOf(() => studio.generate(record))).toBe('countersignatures.target')
    await studio.collect(record)
    await studio.generate(countersignConsent(record, studio.bob, NOW))
  })

  it('of an agent, even to collect', async () => {
    expect(await clauseOf(() => studio.collect(studio.ofAlice(asked('agent'))))).toBe('countersignatures.agent')
  })

  it('by another key', async () => {
    const record = studio.ofAlice(asked('target'))
    const [forged] = countersignConsent(studio.ofAlice(asked('target', studio.bob)), studio.bob, NOW).countersignatures!
    const other = { ...forged!, value: record.signature!.value }
    expect(await clauseOf(() => studio.generate({ ...record, countersignatures: [other] }))).toBe('countersignatures.target')
  })

  it('over another record', async () => {
    const [record, other] = [studio.ofAlice(asked('target')), studio.ofAlice({ ...asked('target'), project: 'Another film' })]
    const { countersignatures } = countersignConsent(other, studio.bob, NOW)
    expect(await clauseOf(() => studio.generate({ ...record, countersignatures: countersignatures! }))).toBe('countersignatures.target')
  })

  it('by a key that is not trusted', async () => {
    const stranger = newKey()
    const record = countersignConsent(studio.ofAlice(asked('guardian', stranger)), stranger, NOW)
    expect(await clauseOf(() => studio.generate(record))).toBe('trust')
  })

  it('by a key that is not trusted to sign as that', async () => {
    await trustKey(studio.home, NOW, { publicKey: publicKeyOf(studio.bob), name: 'Bob', roles: ['self'] })
    const record = countersignConsent(studio.ofAlice(asked('target')), studio.bob, NOW)
    expect(await clauseOf(() => studio.generate(record))).toBe('trust.roles')
  })

  it('of a guardian without evidence', async () => {
    expect(await clauseOf(() => studio.generate(studio.ofAlice(asked('guardian', studio.bob, ''))))).toBe('countersigners.evidenceSha256')
  })

  it('where one person signs and countersigns', async () => {
    expect(await clauseOf(() => studio.generate(studio.ofAlice(asked('target', studio.alice))))).toBe('countersigners')
  })

  it('of the target, but somebody else stands in the footage', async () => {
    const carol = newKey()
    await trustKey(studio.home, NOW, { publicKey: publicKeyOf(carol), name: 'Carol' })
    const record = countersignConsent(studio.ofAlice(asked('target')), studio.bob, NOW)
    expect(await clauseOf(() => studio.generate(record, {}, signedRecord({ subject: 'carol' }, carol)))).toBe('countersigners.target')
  })
})

describe('a clock that is wrong is noticed', () => {
  it('before the record', async () => {
    expect(await clauseOf(() => studio.collect(studio.ofAlice(), { now: new Date('2025-12-31T00:00:00Z') }))).toBe('limits.notBefore')
  })

  it('after it', async () => {
    expect(await clauseOf(() => studio.collect(studio.ofAlice(), { now: new Date('2027-02-01T00:00:00Z') }))).toBe('limits.notAfter')
  })

  it('set back to before the last thing that was done', async () => {
    const old = studio.ofAlice({ until: '2026-06-10' })
    expect(await clauseOf(() => studio.collect(old))).toBe('limits.notAfter')
    expect(await clauseOf(() => studio.collect(old, { now: daysLater(-10) }))).toBe('clock')
  })

  it('set back to before the newest revocation list', async () => {
    studio.revoke(studio.alice, [], NOW)
    expect(await clauseOf(() => studio.collect(studio.ofAlice(), { now: daysLater(-10) }))).toBe('clock')
  })

  it('set back to before the files of the dataset', async () => {
    const heldAt = join(studio.home, 'datasets', 'alice')
    utimesSync(studio.write('datasets/alice/manifest.json', '{}'), NOW, NOW)
    await studio.collect(studio.ofAlice(), { heldAt, now: new Date(NOW.getTime() + 1000) })
    rmSync(join(studio.home, 'consent'), { recursive: true })
    rmSync(join(studio.home, '.dfk'), { recursive: true })
    await trustKey(studio.home, daysLater(-20), { publicKey: publicKeyOf(studio.alice), name: 'Alice' })
    expect(await clauseOf(() => studio.collect(studio.ofAlice(), { heldAt, now: daysLater(-10) }))).toBe('clock')
  })
})

describe('what cannot be logged is refused', () => {
  const consent = (name: string) => join(studio.home, 'consent', name)

  it.skipIf(process.platform !== 'linux')('a full disk', async () => {
    await studio.collect(studio.ofAlice())
    const text = readFileSync(consent('audit.jsonl'))
    rmSync(consent('audit.jsonl'))
    writeFileSync(consent('kept'), text)
    rmSync(consent('audit.head.json'))
    rmSync(consent('trusted.json'))
    rmSync(join(studio.home, '.dfk'), { recursive: true })
    rmSync(consent('kept'))
    symlinkSync('/dev/full', consent('audit.jsonl'))
    expect(await clauseOf(() => studio.collect(studio.ofAlice()))).toBe('audit')
  })

  it.each(['audit.jsonl', 'audit.head.json'])('%s deleted', async (name) => {
    rmSync(consent(name))
    expect(await clauseOf(() => studio.collect(studio.ofAlice()))).toBe('audit')
  })

  it('the key of the log deleted', async () => {
    rmSync(join(studio.home, '.dfk', 'audit.key'))
    expect(await clauseOf(() => studio.collect(studio.ofAlice()))).toBe('audit')
  })

  it('the end of the log cut off', async () => {
    const lines = readFileSync(consent('audit.jsonl'), 'utf8').split('\n')
    truncateSync(consent('audit.jsonl'), lines[0]!.length + 1)
    expect(await clauseOf(() => studio.collect(studio.ofAlice()))).toBe('audit')
  })

  it('the last line of the log exchanged', async () => {
    const text = readFileSync(consent('audit.jsonl'), 'utf8')
    writeFileSync(consent('audit.jsonl'), text.replace(/"name":"Bob"/, '"name":"Rob"'))
    expect(await clauseOf(() => studio.collect(studio.ofAlice()))).toBe('audit')
  })

  it('the head of the log edited', async () => {
    const text = readFileSync(consent('audit.head.json'), 'utf8')
    writeFileSync(consent('audit.head.json'), text.replace('"count":2', '"count":1'))
    expect(await clauseOf(() => studio.collect(studio.ofAlice()))).toBe('audit')
  })

  it('everything deleted, to begin anew: nobody is trusted then', async () => {
    rmSync(join(studio.home, 'consent'), { recursive: true })
    rmSync(join(studio.home, '.dfk'), { recursive: true })
    expect(await clauseOf(() => studio.collect(studio.ofAlice()))).toBe('trust')
  })
})

it('a job on a queue that names a home where everybody is trusted is refused', async () => {
  const forged = join(studio.home, 'forged')
  mkdirSync(forged)
  symlinkSync(studio.home, join(studio.home, 'link'))
  await expect(requireHome({ home: studio.home, root: undefined }, forged)).rejects.toMatchObject({ exitCode: 2 })
  await requireHome({ home: studio.home, root: undefined }, join(studio.home, 'link'))
})

it('logs what it allows and what it refuses, with records and reasons', async () => {
  const record = studio.ofAlice()
  await studio.generate(record, { use: { project: 'Museum guide' } })
  await clauseOf(() => studio.generate(record, { action: 'publish' }))
  const lines = readFileSync(join(studio.home, 'consent', 'audit.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .slice(-2)
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    {
      what: 'authorize',
      records: [consentHash(record), expect.any(String)],
      about: { action: 'generate', allowed: true, use: { project: 'Museum guide' } },
    },
    { what: 'authorize', about: { action: 'publish', allowed: false, clause: 'grants.publish', people: ['source alice', 'target bob'] } },
  ])
})

it('logs and makes nothing where nothing will be done', async () => {
  const home = scratchFolder('dry')
  await clauseOf(() => studio.collect(studio.ofAlice(), { home, log: 'nothing' }))
  expect(readdirSync(home)).toEqual([])
  rmSync(home, { recursive: true })
})
