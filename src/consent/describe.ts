import { countersignersFor } from './countersign.ts'
import { CONSENT_ACTIONS, type ConsentAction, type ConsentRecord, type Countersigner, type SignedConsent } from './record.ts'
import { day, footageText, joined, limitsText, marksText } from './sentences.ts'
import { consentHash } from './signed.ts'

const WORDS: Record<ConsentAction, string> = {
  collect: "collect the person's face from footage",
  train: 'train a model of the face',
  generate: 'render the face into footage of another consenting person',
  publish: 'publish the result',
  sublicense: 'pass these rights on to others',
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

const list = (items: readonly string[]) => (items.length === 0 ? 'not limited' : items.join(', '))

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

function countersigners(signed: SignedConsent): ConsentWords['about'] {
  const signedBy = new Set(signed.countersignatures?.map(({ publicKey }) => publicKey))
  const named = (done: boolean) =>
    joined(countersignersFor(signed).flatMap(({ role, publicKey }) => (signedBy.has(publicKey) === done ? [COUNTERSIGNERS[role]] : [])))
  const [done, open] = [named(true), named(false)]
  return [
    ...(done === '' ? [] : [['Countersigned by', done] as const]),
    ...(open === '' ? [] : [['To be countersigned by', `${open} — NOT COUNTERSIGNED YET`] as const]),
  ]
}

/** A record in plain words, for whoever lays them out. */
export function consentWords(signed: SignedConsent): ConsentWords {
  const { record, signature } = signed
  const words = (granted: boolean) => CONSENT_ACTIONS.filter((action) => record.grants[action] === granted).map((action) => WORDS[action])
  const evidence = record.signer.evidenceSha256
  const { length } = record.biometric.references
  return {
    title: `Consent ${record.kind === 'sample' ? 'record for SAMPLE footage' : 'record'} ${record.id}, written on ${day(record.issuedAt)}`,
    about: [
      [
        'About',
        `${record.subject.id} (${record.subject.status}${record.subject.adultOn === undefined ? '' : `, 18 on ${record.subject.adultOn}`})`,
      ],
      signature === undefined
        ? ['To be signed by', `${SIGNERS[record.signer.role]} — NOT SIGNED YET`]
        : ['Signed by', SIGNERS[record.signer.role]],
      ...countersigners(signed),
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
    denied: [...words(false), ...record.scope.prohibited.map((what) => `any use for ${what}`)],
    limits: [
      footageText(signed),
      `Media: ${list(record.scope.media)}. Territory: ${list(record.scope.territory)}.`,
      ...limitsText(record),
      marksText(record),
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
    ...(denied.length === 0 ? ['  what is not named above'] : denied.map((text) => `  ✖ ${text}`)),
    '',
    ...limits,
    '',
    `Hash: ${hash}`,
    ...keys.map(([what, text]) => `${what}: ${text}`),
  ].join('\n')
}

/** The gist of a record in a line or two: who may do what, until when, what for. */
export function summariseConsent({ record }: SignedConsent): string {
  const { subject, controller, scope, limits, grants } = record
  const may = CONSENT_ACTIONS.filter((action) => grants[action])
  const sample = record.kind === 'sample' ? ' (SAMPLE footage)' : ''
  return [
    `${controller} may ${may.length === 0 ? 'do nothing' : joined(may)} with the face of ${subject.id}${sample} until ${day(limits.notAfter)}`,
    `for ${scope.project}: ${scope.description}`,
  ].join('\n')
}
