import { describe, expect, it } from 'vitest'
import { describeConsent, summariseConsent } from '../../src/consent/describe.ts'
import type { SignedConsent } from '../../src/consent/index.ts'
import { SAMPLE_FOOTAGE } from '../../src/consent/sample.ts'
import { draft, FOOTAGE, OTHER_FOOTAGE, signedRecord } from './records.ts'

const KEY = 'A'.repeat(43)
const line = (record: SignedConsent, start: string) =>
  describeConsent(record)
    .split('\n')
    .filter((each) => each.startsWith(start))

describe('a record in plain words', () => {
  it.each<[string, Parameters<typeof draft>[0], string]>([
    ['any', {}, 'Footage: any footage of this person.'],
    ['some, for example', { footage: [FOOTAGE], footageBinds: [] }, 'Footage: any footage of this person, such as take1.mp4.'],
    ['one clip alone', { footage: [FOOTAGE] }, 'Footage: only take1.mp4 may be used to collect faces and to train.'],
    [
      'two, and to receive a face',
      { footage: [FOOTAGE, OTHER_FOOTAGE], footageBinds: ['generate'] },
      "Footage: only take1.mp4 and other.mp4 may be used to render another person's face into. A run with this person as its target cannot be exported.",
    ],
    ['none', { footageBinds: ['train'] }, 'Footage: no footage may be used to train.'],
    [
      'a sample clip, which binds more than it says',
      { kind: 'sample', footage: [SAMPLE_FOOTAGE[0]!] },
      "Footage: only franck.mp4 may be used to collect faces, to train and to render another person's face into. A run with this person as its target cannot be exported.",
    ],
  ])('says which footage may be used: %s', (_, changes, sentence) => {
    expect(line(signedRecord(changes), 'Footage')).toEqual([sentence])
  })

  it('says the marks that a sample record asks for whatever stands in it', () => {
    const disclosure = { visibleLabel: false, c2pa: false, watermark: false }
    expect(describeConsent(signedRecord({ disclosure }))).toContain('\nThe record asks for no marks on outputs.\n')
    expect(describeConsent(signedRecord({ disclosure, kind: 'sample', footage: [SAMPLE_FOOTAGE[0]!] }))).toContain(
      '\nEvery output has to carry a signed statement of origin (C2PA) and an invisible watermark.\n',
    )
  })

  it('says who can take it back, where, and when silence ends it', () => {
    const told = (changes: Parameters<typeof draft>[0]) => describeConsent(signedRecord(changes)).split('\n').slice(16, 19)
    expect(told({})[1]).toBe("Whoever signed it can revoke it, in this installation's own list.")
    expect(told({ maxOutputs: 1, revocationList: '/a/list.json', maxStalenessDays: 1 })).toEqual([
      'Holds from 2026-01-01 until 2027-01-01, for at most 1 output.',
      "Whoever signed it can revoke it, in /a/list.json or in this installation's own list.",
      'It ceases to hold once its signer has not confirmed that list for 1 day.',
    ])
    // Nobody set a limit: the one that is kept all the same.
    expect(told({ revocationList: 'https://a.example/list.json' })[2]).toBe(
      'It ceases to hold once nobody could reach that list for 7 days.',
    )
    const countersigners = [{ role: 'target' as const, publicKey: KEY }]
    expect(line(signedRecord({ countersigners }), 'Whoever')).toEqual([
      "Whoever signed it or countersigned it can revoke it, in this installation's own list.",
    ])
  })

  it('says who has still to sign', () => {
    const countersigners = [{ role: 'target' as const, publicKey: KEY }]
    expect(line(draft(), 'To be signed')).toEqual(['To be signed by: the person — NOT SIGNED YET.'])
    const signed = signedRecord({ countersigners })
    expect(line(signed, 'Signed')).toEqual(['Signed by: the person.'])
    expect(line(signed, 'To be countersigned')).toEqual([
      'To be countersigned by: the person in the target footage — NOT COUNTERSIGNED YET.',
    ])
    const done = { algorithm: 'Ed25519' as const, publicKey: KEY, value: 'AA' }
    expect(line({ ...signed, countersignatures: [done] }, 'Countersigned')).toEqual(['Countersigned by: the person in the target footage.'])
  })

  it('leaves no heading without words', () => {
    const all = signedRecord({ grants: ['collect', 'train', 'generate', 'publish', 'sublicense'] })
    expect(describeConsent(all)).toContain('Not allowed:\n  what is not named above\n')
    expect(describeConsent(signedRecord({ grants: [], prohibited: ['advertising'] }))).toContain('Allowed:\n  nothing\n')
    expect(describeConsent(signedRecord({ prohibited: ['advertising'] }))).toContain('  ✖ any use for advertising\n')
  })

  it('has a gist', () => {
    expect(summariseConsent(draft())).toBe(
      'Studio Example may collect, train and generate with the face of alice until 2027-01-01\nfor Museum guide: A 30-second museum film in which Alice explains the exhibit',
    )
    expect(summariseConsent(draft({ grants: [] }))).toContain('may do nothing with the face of alice until')
    expect(summariseConsent(signedRecord({ kind: 'sample', footage: [SAMPLE_FOOTAGE[0]!] }))).toContain('of alice (SAMPLE footage) until')
  })
})
