import { randomUUID } from 'node:crypto'
import { RefusedError, UsageError } from '../work/errors.ts'
import {
  CONSENT_ACTIONS,
  COUNTERSIGNER_ROLES,
  type ConsentAction,
  type ConsentRecord,
  type Countersigner,
  DESCRIPTOR_MODEL,
  type FootageHash,
  type SignedConsent,
} from './record.ts'
import { SAMPLE_FOOTAGE } from './sample.ts'
import { parseConsent } from './signed.ts'

export interface DraftOptions {
  readonly kind: ConsentRecord['kind']
  readonly subject: string
  readonly status: ConsentRecord['subject']['status']
  readonly adultOn?: string | undefined
  /** Default: `self`, `guardian` for a minor, `estate` for the deceased, `sample` for sample footage. */
  readonly signerRole?: ConsentRecord['signer']['role'] | undefined
  readonly evidenceSha256?: string | undefined
  /** Whose signatures it asks for besides the signer's. */
  readonly countersigners?: readonly Countersigner[] | undefined
  readonly controller: string
  readonly description: string
  readonly project: string
  readonly grants: readonly ConsentAction[]
  readonly footage: readonly FootageHash[]
  /** Default: collecting and training, where footage is given. */
  readonly footageBinds?: readonly ConsentAction[] | undefined
  readonly media: readonly string[]
  readonly territory: readonly string[]
  readonly prohibited: readonly string[]
  /** A day or a moment; default: now. */
  readonly from?: string | undefined
  /** A day (the whole of it counts) or a moment. */
  readonly until: string
  readonly maxOutputs?: number | undefined
  readonly threshold: number
  /** Reference descriptors, 128 numbers each. */
  readonly references: readonly (readonly number[])[]
  readonly disclosure: ConsentRecord['disclosure']
  readonly revocationList?: string | undefined
  readonly maxStalenessDays?: number | undefined
  readonly supersedes?: string | undefined
  readonly now: Date
}

/** `2027-01-01` (its first or last second) or a moment, as records write it. Throws UsageError for anything else. */
function moment(text: string, end: boolean, flag: string): string {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T${end ? '23:59:59' : '00:00:00'}Z` : text
  const date = new Date(whole)
  if (Number.isNaN(date.getTime())) throw new UsageError(`expected a date such as 2027-01-01 for ${flag} but found ${text}`)
  return date.toISOString().replace('.000Z', 'Z')
}

/** Reads a list of actions, such as `collect,train`. Throws UsageError for an unknown one. */
export function parseActions(text: string, flag: string): ConsentAction[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => {
      const action = CONSENT_ACTIONS.find((known) => known === name)
      if (action === undefined) throw new UsageError(`expected ${flag} to list ${CONSENT_ACTIONS.join(', ')} but found ${name}`)
      return action
    })
}

/** Reads a role, such as `target`. Throws UsageError for an unknown one. */
export function parseCountersignerRole(text: string): Countersigner['role'] {
  const role = COUNTERSIGNER_ROLES.find((known) => known === text)
  if (role !== undefined) return role
  throw new UsageError(`--countersigner: expected ${COUNTERSIGNER_ROLES.join(', ')} before the = but found ${text}`, {
    hint: 'as --countersigner target=bob.pub',
  })
}

/** The built-in entry of a sample clip, so that a copy with a sound track added is bound as the clip itself. Throws RefusedError for other footage. */
function sampleEntry(file: FootageHash): FootageHash {
  const known = SAMPLE_FOOTAGE.find(
    ({ sha256, videoSha256 }) => sha256 === file.sha256 || (file.videoSha256 !== undefined && videoSha256 === file.videoSha256),
  )
  if (known !== undefined) return known
  throw new RefusedError('scope.footage', `expected one of the built-in sample clips but found ${file.name}`, {
    hint: 'a record of kind sample is for those alone; people in other footage sign a record of kind subject',
  })
}

const ROLES = { adult: 'self', minor: 'guardian', deceased: 'estate' } as const
/** Members whose value is undefined left out. */
function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}

/** Writes an unsigned record. Throws UsageError for bad dates, RefusedError for fields that no record can have. */
export function draftConsent(options: DraftOptions): SignedConsent {
  const { kind, status, now } = options
  const footage = kind === 'sample' ? options.footage.map(sampleEntry) : options.footage
  const stamp = now.toISOString().replace(/\.\d+Z$/, 'Z')
  const record = {
    schema: 1,
    kind,
    id: randomUUID(),
    issuedAt: stamp,
    ...given({ supersedes: options.supersedes }),
    subject: { id: options.subject, status, ...given({ adultOn: options.adultOn }) },
    signer: {
      role: options.signerRole ?? (kind === 'sample' ? 'sample' : ROLES[status]),
      ...given({ evidenceSha256: options.evidenceSha256 }),
    },
    ...given({ countersigners: options.countersigners?.length ? options.countersigners : undefined }),
    controller: options.controller,
    grants: Object.fromEntries(CONSENT_ACTIONS.map((action) => [action, options.grants.includes(action)])),
    scope: {
      description: options.description,
      project: options.project,
      footage: footage.map(({ name, sha256, videoSha256 }) => ({ name, sha256, ...given({ videoSha256 }) })),
      footageBinds: options.footageBinds ?? (footage.length === 0 ? [] : ['collect', 'train']),
      media: options.media,
      territory: options.territory,
      prohibited: options.prohibited,
    },
    limits: {
      notBefore: options.from === undefined ? stamp : moment(options.from, false, '--from'),
      notAfter: moment(options.until, true, '--until'),
      ...given({ maxOutputs: options.maxOutputs }),
    },
    biometric: { model: DESCRIPTOR_MODEL, threshold: options.threshold, references: options.references },
    disclosure: options.disclosure,
    revocation: given({ list: options.revocationList, maxStalenessDays: options.maxStalenessDays }),
  }
  return parseConsent({ record }, 'the draft')
}
