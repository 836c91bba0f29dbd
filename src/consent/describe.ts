import type { ConsentRecord, SignedConsent } from './record.ts'
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

const day = (moment: string) => moment.slice(0, 10)
const list = (items: readonly string[], none: string) => (items.length === 0 ? none : items.join(', '))

function limitsText({ limits, revocation }: ConsentRecord): string[] {
  const { list: file, maxStalenessDays } = revocation
  const stale = maxStalenessDays === undefined ? '' : `; not usable when the list is older than ${maxStalenessDays} days`
  return [
    `From ${day(limits.notBefore)} until ${day(limits.notAfter)}${limits.maxOutputs === undefined ? '' : `, at most ${limits.maxOutputs} outputs`}.`,
    `Can be revoked by whoever signed it, in ${file ?? "this installation's list"}${stale}.`,
  ]
}

function footageText({ scope }: ConsentRecord): string {
  if (scope.footage.length === 0) return 'Footage: any footage of this person.'
  const names = scope.footage.map(({ name }) => name).join(', ')
  return `Footage: ${scope.footageBinds.length === 0 ? 'such as' : `only these files, to ${scope.footageBinds.join(', ')}:`} ${names}.`
}

/** A record in plain words, one statement a line. */
export function describeConsent(signed: SignedConsent): string {
  const { record, signature } = signed
  const granted = Object.entries(WORDS).filter(([action]) => record.grants[action as keyof typeof WORDS])
  const denied = Object.entries(WORDS).filter(([action]) => !record.grants[action as keyof typeof WORDS])
  const { visibleLabel, c2pa, watermark } = record.disclosure
  const marks = [
    visibleLabel ? 'a visible label' : '',
    c2pa ? 'a signed statement of origin (C2PA)' : '',
    watermark ? 'an invisible watermark' : '',
  ]
  return [
    `Consent ${record.kind === 'sample' ? 'record for SAMPLE footage' : 'record'} ${record.id}, written on ${day(record.issuedAt)}.`,
    `About: ${record.subject.id} (${record.subject.status}). Signed by: ${SIGNERS[record.signer.role]}${signature === undefined ? ' — NOT SIGNED YET' : ''}.`,
    `Given to: ${record.controller}, for the project ${record.scope.project}.`,
    `Purpose: ${record.scope.description}`,
    '',
    'Allowed:',
    ...(granted.length === 0 ? ['  nothing'] : granted.map(([, words]) => `  ✔ ${words}`)),
    'Not allowed:',
    ...denied.map(([, words]) => `  ✖ ${words}`),
    ...record.scope.prohibited.map((what) => `  ✖ any use for: ${what}`),
    '',
    footageText(record),
    `Media: ${list(record.scope.media, 'not limited')}. Territory: ${list(record.scope.territory, 'not limited')}.`,
    ...limitsText(record),
    `Every output carries: ${list(marks.filter(Boolean), 'nothing that this record asks for')}.`,
    `Faces are compared with ${record.biometric.references.length} reference descriptor${record.biometric.references.length === 1 ? '' : 's'} (distance at most ${record.biometric.threshold}).`,
    '',
    `Hash: ${consentHash(signed)}`,
    `Signing key: ${record.signer.publicKey ?? 'none yet'}`,
  ].join('\n')
}
