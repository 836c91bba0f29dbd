import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type ConsentAction,
  consentHash,
  authorize as decide,
  matchesSubject,
  parseConsent,
  recordOutput,
  type SignedConsent,
} from '../../src/consent/index.ts'
import { SAMPLE_FOOTAGE } from '../../src/consent/sample.ts'
import { signConsent } from '../../src/consent/signed.ts'
import { scratchFolder } from '../support/data.ts'
import {
  clauseOf,
  descriptor,
  draft,
  FOOTAGE,
  NOW,
  newKey,
  OTHER_FOOTAGE,
  refusalOf,
  signedRecord,
  trustSigners,
  WITH_SOUND,
} from './records.ts'

let home: string
beforeEach(() => {
  home = scratchFolder('authorize')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** Asks in a home where all who signed are trusted. */
async function authorize(request: Parameters<typeof decide>[0]) {
  await trustSigners(home, ...request.parties.map(({ record }) => record))
  return decide({ home, now: NOW, ...request })
}

function ask(record: SignedConsent, action: ConsentAction = 'collect', more: Partial<Parameters<typeof decide>[0]> = {}) {
  return authorize({ action, parties: [{ role: 'subject', record }], ...more })
}

/** Both people of a swap, who allow what is said. */
function pair(source: SignedConsent, target = signedRecord({ subject: 'bob' })) {
  return [
    { role: 'source', record: source },
    { role: 'target', record: target },
  ] as const
}

/** The record with a field changed after signing. */
function edited(record: SignedConsent, change: (copy: SignedConsent) => void): SignedConsent {
  const copy = structuredClone(record)
  change(copy)
  return copy
}

describe('authorize', () => {
  it('allows what is granted and says what outputs carry', async () => {
    const record = signedRecord()
    const found = await ask(record)
    expect(found.consent).toEqual([
      { role: 'subject', hash: consentHash(record), scope: record.record.scope.description, subject: 'alice' },
    ])
    expect(found.disclosure).toEqual({ visibleLabel: true, c2pa: true, watermark: true })
    expect(JSON.stringify(found)).not.toContain('0.05')
  })

  it('refuses an unsigned record', async () => {
    expect(await clauseOf(() => ask(draft()))).toBe('signature')
  })

  it.each<[string, (copy: SignedConsent) => void]>([
    ['a grant', (copy) => Object.assign(copy.record.grants, { publish: true })],
    ['the term', (copy) => Object.assign(copy.record.limits, { notAfter: '2030-01-01T00:00:00Z' })],
    ['a descriptor', (copy) => copy.record.biometric.references.push(descriptor(1))],
    ['the footage', (copy) => copy.record.scope.footage.push(FOOTAGE)],
    ['the id', (copy) => Object.assign(copy.record, { id: 'other' })],
    [
      'the signature',
      (copy) => Object.assign(copy.signature!, { value: copy.signature!.value.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')) }),
    ],
  ])('refuses a record with %s changed after signing', async (_, change) => {
    expect(await clauseOf(() => ask(edited(signedRecord(), change), 'collect'))).toBe('signature')
  })

  it('refuses a signature by another key', async () => {
    const record = signedRecord()
    const other = signedRecord({}, newKey())
    const swapped = edited(record, (copy) => Object.assign(copy, { signature: other.signature }))
    expect(await clauseOf(() => ask(swapped))).toBe('signer.publicKey')
  })

  it('refuses a record whose key was exchanged along with the signature', async () => {
    const record = signedRecord()
    const other = signedRecord({}, newKey())
    const forged = edited(record, (copy) => {
      Object.assign(copy.signature!, { publicKey: other.signature!.publicKey })
      Object.assign(copy.record.signer, { publicKey: other.signature!.publicKey })
    })
    expect(await clauseOf(() => ask(forged))).toBe('signature')
  })

  it('refuses before and after the term', async () => {
    const record = signedRecord()
    expect(await clauseOf(() => ask(record, 'collect', { now: new Date('2025-12-31T00:00:00Z') }))).toBe('limits.notBefore')
    expect((await ask(record, 'collect', { now: new Date('2027-01-01T23:00:00Z') })).action).toBe('collect')
    expect(await clauseOf(() => ask(record, 'collect', { now: new Date('2027-01-02T00:00:00Z') }))).toBe('limits.notAfter')
  })

  it.each<ConsentAction>(['publish', 'sublicense'])('refuses to %s without that grant', async (action) => {
    expect(await clauseOf(() => authorize({ action, parties: pair(signedRecord()) }))).toBe(`grants.${action}`)
  })

  it('refuses each grant that is missing, and names what is granted', async () => {
    expect((await refusalOf(() => ask(signedRecord({ grants: [] })))).message).toContain('none granted')
    expect((await refusalOf(() => ask(signedRecord({ grants: ['train'] })))).message).toContain('only train')
  })

  it.each(['', '   ', 'film', 'any use', 'TBD', 'For all purposes in all media worldwide', 'Any and all uses of the likeness'])(
    'refuses the vague description "%s"',
    async (description) => {
      expect(await clauseOf(() => ask(signedRecord({ description })))).toBe('scope.description')
    },
  )

  it('takes a description in a script without spaces', async () => {
    expect((await ask(signedRecord({ description: '美术馆导览短片，三十秒，由本人讲解展品' }))).action).toBe('collect')
  })

  it('refuses terms that are too long', async () => {
    expect(await clauseOf(() => ask(signedRecord({ until: '2036-01-05' })))).toBe('limits.notAfter')
    expect((await ask(signedRecord({ until: '2036-01-01' }))).action).toBe('collect')
    expect(await clauseOf(() => ask(signedRecord({ until: '2025-01-01' })))).toBe('limits.notAfter')
  })

  it('holds minors to a guardian, five years and the age of 18', async () => {
    const minor = { status: 'minor', evidenceSha256: 'f'.repeat(64), adultOn: '2029-03-01' } as const
    expect((await ask(signedRecord({ ...minor, until: '2028-01-01' }))).action).toBe('collect')
    expect(await clauseOf(() => ask(signedRecord({ ...minor, until: '2031-06-01' })))).toBe('limits.notAfter')
    expect(await clauseOf(() => ask(signedRecord({ ...minor, until: '2029-03-02' })))).toBe('limits.notAfter')
    expect(await clauseOf(() => ask(signedRecord({ ...minor, signerRole: 'self' })))).toBe('signer.role')
    expect(await clauseOf(() => ask(signedRecord({ ...minor, evidenceSha256: undefined })))).toBe('signer.evidenceSha256')
    expect(await clauseOf(() => ask(signedRecord({ ...minor, adultOn: undefined })))).toBe('subject.adultOn')
  })

  it('asks an estate for the deceased and evidence of an agent', async () => {
    expect(await clauseOf(() => ask(signedRecord({ status: 'deceased', signerRole: 'self' })))).toBe('signer.role')
    expect(await clauseOf(() => ask(signedRecord({ signerRole: 'agent' })))).toBe('signer.evidenceSha256')
  })

  it('binds to footage by file or by video stream', async () => {
    const record = signedRecord({ footage: [FOOTAGE] })
    expect((await ask(record, 'collect', { footage: [FOOTAGE, WITH_SOUND] })).action).toBe('collect')
    expect(await clauseOf(() => ask(record, 'collect', { footage: [FOOTAGE, OTHER_FOOTAGE] }))).toBe('scope.footage')
    expect(await clauseOf(() => ask(record, 'collect'))).toBe('scope.footage')
    expect(await clauseOf(() => ask(record, 'collect', { footage: [] }))).toBe('scope.footage')
  })

  it('asks for both people to train and to generate', async () => {
    const [source, target] = [signedRecord({ footage: [FOOTAGE] }), signedRecord({ subject: 'bob', footage: [OTHER_FOOTAGE] })]
    for (const action of ['train', 'generate'] as const) {
      expect(await clauseOf(() => authorize({ action, parties: [{ role: 'source', record: source }], now: NOW, home }))).toBe('parties')
      expect(await clauseOf(() => authorize({ action, parties: [], now: NOW, home }))).toBe('parties')
    }
    const parties = [
      { role: 'source', record: source, footage: [FOOTAGE] },
      { role: 'target', record: target, footage: [OTHER_FOOTAGE] },
    ] as const
    expect((await authorize({ action: 'train', parties, now: NOW, home })).consent.map(({ role }) => role)).toEqual(['source', 'target'])
    expect(
      await clauseOf(() => authorize({ action: 'train', parties: [parties[0], { ...parties[1], footage: [FOOTAGE] }], now: NOW, home })),
    ).toBe('scope.footage')
  })

  it('binds the clip to generate in to the target alone, where the record says so', async () => {
    const source = signedRecord({ footage: [FOOTAGE], footageBinds: ['collect', 'train', 'generate'] })
    const target = signedRecord({ subject: 'bob', footage: [OTHER_FOOTAGE], footageBinds: ['generate'] })
    const parties = [
      { role: 'source', record: source },
      { role: 'target', record: target },
    ] as const
    expect((await authorize({ action: 'generate', parties, footage: [OTHER_FOOTAGE], now: NOW, home })).action).toBe('generate')
    expect(await clauseOf(() => authorize({ action: 'generate', parties, footage: [FOOTAGE], now: NOW, home }))).toBe('scope.footage')
  })

  it('refuses a record that holds another person beside the subject', async () => {
    expect(await clauseOf(() => ask(signedRecord({ references: [descriptor(), descriptor(0.8)] })))).toBe('biometric.references')
  })

  it('counts outputs', async () => {
    const parties = ['source', 'target'].map((role) => ({
      role: role as 'source' | 'target',
      record: signedRecord({ subject: role, maxOutputs: 2 }),
    }))
    const request = { action: 'generate', parties, now: NOW, home } as const
    const records = parties.map(({ record }) => record)
    expect((await authorize({ ...request, outputs: 2 })).action).toBe('generate')
    expect(await clauseOf(() => authorize({ ...request, outputs: 3 }))).toBe('limits.maxOutputs')
    // The first one twice, as a kill in its last moment leaves it.
    await recordOutput(home, { outputId: '0'.repeat(16), path: '/a.mp4', records, now: NOW })
    await recordOutput(home, { outputId: '0'.repeat(16), path: '/a.mp4', records, now: NOW })
    expect((await authorize(request)).action).toBe('generate')
    // Its id, which a job that was not finished keeps unsigned, on another output.
    await recordOutput(home, { outputId: '0'.repeat(16), path: '/b.mp4', records, now: NOW })
    expect(await clauseOf(() => recordOutput(home, { outputId: '0'.repeat(16), path: '/c.mp4', records, now: NOW }))).toBe(
      'limits.maxOutputs',
    )
    const again = { outputId: '0'.repeat(16), path: '/a.mp4', records, footage: 'f'.repeat(64), now: NOW }
    expect(await clauseOf(() => recordOutput(home, again))).toBe('limits.maxOutputs')
    expect(await clauseOf(() => authorize(request))).toBe('limits.maxOutputs')
  })

  it('names the party whose record decided', async () => {
    const parties = [
      { role: 'source', record: signedRecord() },
      { role: 'target', record: signedRecord({ subject: 'bob', grants: ['collect'] }) },
    ] as const
    expect((await refusalOf(() => authorize({ action: 'generate', parties, now: NOW, home }))).message).toContain('consent of target bob')
  })
})

describe('records of kind sample', () => {
  const [franck, cap12] = SAMPLE_FOOTAGE
  const sample = (footage = [franck!], more = {}) => signedRecord({ kind: 'sample', signerRole: 'sample', footage, ...more })

  it('collect and train on the sample clips, also with a sound track added', async () => {
    expect((await ask(sample(), 'collect', { footage: [{ ...WITH_SOUND, videoSha256: franck!.videoSha256 }] })).action).toBe('collect')
    expect(await clauseOf(() => ask(sample(), 'collect', { footage: [cap12!] }))).toBe('scope.footage')
    expect(await clauseOf(() => ask(sample([franck!], { footageBinds: [] }), 'collect', { footage: [OTHER_FOOTAGE] }))).toBe(
      'scope.footage',
    )
  })

  it('cannot be drafted for, nor bound to, other footage', async () => {
    expect(await clauseOf(() => sample([OTHER_FOOTAGE] as never))).toBe('scope.footage')
    const key = newKey()
    for (const footage of [
      [],
      [OTHER_FOOTAGE],
      [franck, OTHER_FOOTAGE],
      [{ ...OTHER_FOOTAGE, videoSha256: franck!.videoSha256 }],
      [{ ...franck, videoSha256: OTHER_FOOTAGE.videoSha256 }],
    ]) {
      const forged = signedRecord({ footage: footage as never, footageBinds: ['collect', 'train'] }, key)
      const relabelled = parseConsent({ record: { ...forged.record, kind: 'sample', signer: { role: 'sample' } } }, 'test')
      expect(await clauseOf(() => ask(signConsent(relabelled, key, NOW), 'collect', { footage: footage as never }))).toBe('scope.footage')
    }
  })

  it('generate in the sample clips alone, also where a run keeps the record, and never to publish', async () => {
    const parties = [
      { role: 'source', record: sample() },
      {
        role: 'target',
        heldAt: join(home, 'checkpoints', 'run'),
        record: sample([cap12!], { disclosure: { visibleLabel: false, c2pa: false, watermark: false } }),
      },
    ] as const
    expect(await clauseOf(() => authorize({ action: 'generate', parties, footage: [OTHER_FOOTAGE], now: NOW, home }))).toBe('scope.footage')
    const found = await authorize({ action: 'generate', parties, footage: [cap12!], now: NOW, home })
    expect(found.disclosure).toMatchObject({ c2pa: true, watermark: true })
    expect(await clauseOf(() => authorize({ action: 'publish', parties }))).toBe('grants.publish')
    expect(await clauseOf(() => ask(sample([franck!], { grants: ['collect', 'publish'] }), 'collect', { footage: [franck!] }))).toBe(
      'grants.publish',
    )
  })
})

describe('matchesSubject', () => {
  it('knows the person within the threshold of any reference', () => {
    const record = signedRecord({ references: [descriptor(), descriptor(0.55)] })
    expect(matchesSubject(record, descriptor(-0.45))).toEqual({ matches: true, distance: expect.closeTo(0.45, 5) })
    expect(matchesSubject(record, descriptor(-0.55)).matches).toBe(false)
    expect(matchesSubject(record, Float32Array.from(descriptor(0.65))).matches).toBe(true)
  })

  it('matches nobody by a descriptor that is none', () => {
    expect(matchesSubject(signedRecord(), []).matches).toBe(false)
    expect(matchesSubject(signedRecord(), new Float32Array(128).fill(Number.NaN)).matches).toBe(false)
  })
})

describe('parseConsent', () => {
  const base = () => structuredClone(signedRecord()) as unknown as { record: Record<string, Record<string, unknown>> }
  it.each<[string, (copy: ReturnType<typeof base>) => void, string]>([
    ['no description', (copy) => delete copy.record['scope']!['description'], 'scope.description'],
    ['no scope', (copy) => delete copy.record['scope'], 'scope'],
    ['no references', (copy) => Object.assign(copy.record['biometric']!, { references: [] }), 'biometric.references'],
    ['a short descriptor', (copy) => Object.assign(copy.record['biometric']!, { references: [[1, 2]] }), 'biometric.references.0'],
    ['a threshold that lets anyone in', (copy) => Object.assign(copy.record['biometric']!, { threshold: 5 }), 'biometric.threshold'],
    ['a grant that is no yes or no', (copy) => Object.assign(copy.record['grants']!, { train: 'yes' }), 'grants.train'],
    ['a field that nobody knows', (copy) => Object.assign(copy.record, { superpowers: true }), 'record'],
    ['another schema version', (copy) => Object.assign(copy.record, { schema: 2 }), 'schema'],
  ])('refuses %s', async (_, change, clause) => {
    const copy = base()
    change(copy)
    expect(await clauseOf(() => parseConsent(copy, 'test.json'))).toBe(clause)
  })
})
