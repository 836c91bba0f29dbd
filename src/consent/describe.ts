import { countersignersFor } from './countersign.ts'
import { isAddress } from './fetchList.ts'
import type { ConsentRecord, Countersigner, SignedConsent } from './record.ts'
import { consentHash } from './signed.ts'

const WORDS: Record<keyof ConsentRecord['grants'], string> = {
  collect: "collect the person's face from footage",
  train: 'train a model of it',
  generate: 'render it into footage of another consenting person',
  publish: 'publish the result',
  sublicense: 'pass these rights on',
}
const SIGNERS: Record<ConsentRecord['signer']['role'], string> = {
  self: 'the person',
  guardian: "the person's guardian",
  estate: "the person's estate",
  agent: "the person's agent",
  sample: 'whoever runs the sample, in place of the person: no consent to anything but private tests of this software',
}
const COUNTERSIGNERS: Record<Countersigner['role'], string> = {
  target: 'the person in the target footage',
  guardian: "the person's guardian",
  estate: "the person's estate",
  agent: "the person's agent",
}

const day = (moment: string) => moment.slice(0, 10)
const list = (items: readonly string[], none: string) => (items.length === 0 ? none : items.join(', '))

/** What a record says, in plain words, apart from how it is laid out. */
export interface ConsentWords {
  readonly title: string
  /** Who, for whom, what for: what it is called, and what it says. */
  readonly about: readonly (readonly [string, string])[]
  readonly allowed: readonly string[]
  readonly denied: readonly string[]
  /** Footage, places, term, revocation, marks: in whole sentences. */
  readonly limits: readonly string[]
  readonly hash: string
  readonly keys: readonly (readonly [string, string])[]
}

function limitsText({ limits, revocation }: ConsentRecord): string[] {
  const { list: file, maxStalenessDays } = revocation
  const stale =
    maxStalenessDays === undefined
      ? ''
      : `; not usable when ${file !== undefined && isAddress(file) ? 'it could not be reached' : 'the list was not confirmed'} for ${maxStalenessDays} days`
  return [
    `From ${day(limits.notBefore)} until ${day(limits.notAfter)}${limits.maxOutputs === undefined ? '' : `, at most ${limits.maxOutputs} outputs`}.`,
    `Can be revoked by whoever signed it or countersigned, in ${file ?? "this installation's list"}${stale}.`,
  ]
}

function footageText({ scope }: ConsentRecord): string {
  if (scope.footage.length === 0) return 'Footage: any footage of this person.'
  const names = scope.footage.map(({ name }) => name).join(', ')
  return `Footage: ${scope.footageBinds.length === 0 ? 'such as' : `only these files, to ${scope.footageBinds.join(', ')}:`} ${names}.`
}

function countersignersText(signed: SignedConsent): string {
  const signedBy = new Set(signed.countersignatures?.map(({ publicKey }) => publicKey))
  return countersignersFor(signed)
    .map(({ role, publicKey }) => `${COUNTERSIGNERS[role]}${signedBy.has(publicKey) ? '' : ' — NOT COUNTERSIGNED YET'}`)
    .join(', ')
}

/** A record in plain words, for whoever lays them out. */
export function consentWords(signed: SignedConsent): ConsentWords {
  const { record, signature } = signed
  const words = (granted: boolean) =>
    Object.entries(WORDS).flatMap(([action, text]) => (record.grants[action as keyof typeof WORDS] === granted ? [text] : []))
  const { visibleLabel, c2pa, watermark } = record.disclosure
  const marks = [
    visibleLabel ? 'a visible label' : '',
    c2pa ? 'a signed statement of origin (C2PA)' : '',
    watermark ? 'an invisible watermark' : '',
  ]
  const evidence = record.signer.evidenceSha256
  const { length } = record.biometric.references
  const countersigners = countersignersText(signed)
  return {
    title: `Consent ${record.kind === 'sample' ? 'record for SAMPLE footage' : 'record'} ${record.id}, written on ${day(record.issuedAt)}`,
    about: [
      [
        'About',
        `${record.subject.id} (${record.subject.status}${record.subject.adultOn === undefined ? '' : `, 18 on ${record.subject.adultOn}`})`,
      ],
      ['Signed by', `${SIGNERS[record.signer.role]}${signature === undefined ? ' — NOT SIGNED YET' : ''}`],
      ...(countersigners === '' ? [] : [['Also signed by', countersigners] as const]),
      ['Given to', `${record.controller}, for the project ${record.scope.project}`],
      ['Purpose', record.scope.description],
      ...(record.supersedes === undefined
        ? []
        : [
            [
              'Replaces',
              `the record ${record.supersedes}, which is refused wherever this one was seen to hold; to end it everywhere, revoke it (dfk consent revoke)`,
            ] as const,
          ]),
    ],
    allowed: words(true),
    denied: [...words(false), ...record.scope.prohibited.map((what) => `any use for: ${what}`)],
    limits: [
      footageText(record),
      `Media: ${list(record.scope.media, 'not limited')}. Territory: ${list(record.scope.territory, 'not limited')}.`,
      ...limitsText(record),
      `Every output carries: ${list(marks.filter(Boolean), 'nothing that this record asks for')}.`,
      `Faces are compared with ${length} reference descriptor${length === 1 ? '' : 's'} (distance at most ${record.biometric.threshold}).`,
    ],
    hash: signed.signature === undefined ? 'none yet: it gets one when it is signed' : consentHash(signed),
    keys: [
      ['Signing key', record.signer.publicKey ?? 'none yet'],
      ...(evidence === undefined ? [] : [['Evidence of authority (SHA-256)', evidence] as const]),
      ...(record.countersigners ?? []).flatMap(({ role, publicKey, evidenceSha256 }) => [
        [`Key of ${COUNTERSIGNERS[role]}`, publicKey] as const,
        ...(evidenceSha256 === undefined ? [] : [['Evidence of their authority (SHA-256)', evidenceSha256] as const]),
      ]),
    ],
  }
}

/** A record in plain words, one statement a line. */
export function describeConsent(signed: SignedConsent): string {
  const { title, about, allowed, denied, limits, hash, keys } = consentWords(signed)
  return [
    `${title}.`,
    ...about.map(([what, text]) => `${what}: ${text}${/[.!?]$/.test(text) ? '' : '.'}`),
    '',
    'Allowed:',
    ...(allowed.length === 0 ? ['  nothing'] : allowed.map((text) => `  ✔ ${text}`)),
    'Not allowed:',
    ...denied.map((text) => `  ✖ ${text}`),
    '',
    ...limits,
    '',
    `Hash: ${hash}`,
    ...keys.map(([what, text]) => `${what}: ${text}`),
  ].join('\n')
}
