import { RefusedError } from '../work/errors.ts'
import { countersignersProblem } from './countersign.ts'
import type { ConsentRecord } from './record.ts'
import { SAMPLE_FOOTAGE } from './sample.ts'

type Check = (record: ConsentRecord, now: Date) => RefusedError | undefined

const MIN_WORDS = 4
const BLANKET =
  /\b(any|all|every|unlimited|unrestricted)\s+(and\s+all\s+)?(use|uses|purpose|purposes|usage|media)\b|^\W*(tbd|todo|n\/?a|none|anything|whatever)\W*$/i
/** Farthest that two descriptors of one person lie apart: the recogniser's own limit; measured 0.36 within and 0.78 between the sample people. */
const ONE_PERSON = 0.6
const REDRAFT = 'draft a new record and have it signed'

function scopeProblem({ scope }: ConsentRecord): RefusedError | undefined {
  const text = scope.description.trim()
  const words = text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length
  // Scripts without spaces between words count by length instead.
  const specific = words >= MIN_WORDS || /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f].{7,}/u.test(text)
  if (specific && !BLANKET.test(text)) return undefined
  const found = text === '' ? 'nothing' : `"${text.slice(0, 60)}"`
  return new RefusedError('scope.description', `expected a reasonably specific description of the use but found ${found}`, {
    hint: `${REDRAFT}: --description "A 30-second museum film in which Alice explains the exhibit"`,
  })
}

function yearsAfter(from: string, years: number): Date {
  const date = new Date(from)
  date.setUTCFullYear(date.getUTCFullYear() + years)
  return date
}

function termProblem({ limits, subject }: ConsentRecord): RefusedError | undefined {
  const years = subject.status === 'minor' ? 5 : 10
  const end = new Date(limits.notAfter)
  if (end <= new Date(limits.notBefore)) {
    return new RefusedError('limits.notAfter', `expected an end after the beginning ${limits.notBefore} but found ${limits.notAfter}`, {
      hint: REDRAFT,
    })
  }
  // One day of grace: an end "on the same day" means the whole of it.
  if (end.getTime() > yearsAfter(limits.notBefore, years).getTime() + 86_400_000) {
    return new RefusedError(
      'limits.notAfter',
      `expected a term of at most ${years} years but found ${limits.notBefore.slice(0, 10)} to ${limits.notAfter.slice(0, 10)}`,
      { hint: REDRAFT },
    )
  }
  if (subject.status === 'minor' && subject.adultOn !== undefined && end > new Date(`${subject.adultOn}T23:59:59Z`)) {
    return new RefusedError(
      'limits.notAfter',
      `expected the consent for a minor to end at 18 (${subject.adultOn}) but found ${limits.notAfter.slice(0, 10)}`,
      { hint: REDRAFT },
    )
  }
  return undefined
}

function timeProblem({ limits, issuedAt }: ConsentRecord, now: Date): RefusedError | undefined {
  if (now > new Date(limits.notAfter)) {
    return new RefusedError(
      'limits.notAfter',
      `expected a record that holds on ${now.toISOString().slice(0, 10)} but found one that expired on ${limits.notAfter.slice(0, 10)}`,
      { hint: REDRAFT },
    )
  }
  const start = limits.notBefore > issuedAt ? limits.notBefore : issuedAt
  if (now < new Date(limits.notBefore) || now.getTime() + 300_000 < Date.parse(issuedAt)) {
    return new RefusedError('limits.notBefore', `expected a record that holds already but found one that begins on ${start.slice(0, 10)}`, {
      hint: 'wait until then, or check the clock of this machine',
    })
  }
  return undefined
}

function signerProblem({ kind, subject, signer }: ConsentRecord): RefusedError | undefined {
  const wanted = kind === 'sample' ? ['sample'] : { adult: ['self', 'agent'], minor: ['guardian'], deceased: ['estate'] }[subject.status]
  if (!wanted.includes(signer.role)) {
    return new RefusedError(
      'signer.role',
      `expected ${wanted.join(' or ')} to sign for ${kind === 'sample' ? 'sample footage' : `a subject who is ${subject.status}`} but found ${signer.role}`,
      { hint: REDRAFT },
    )
  }
  if (signer.role !== 'self' && signer.role !== 'sample' && signer.evidenceSha256 === undefined) {
    return new RefusedError('signer.evidenceSha256', `expected the hash of what shows the authority of the ${signer.role} but found none`, {
      hint: `${REDRAFT}: --evidence <document>`,
    })
  }
  if (kind === 'subject' && subject.status === 'minor' && subject.adultOn === undefined) {
    return new RefusedError('subject.adultOn', 'expected the day on which the minor turns 18 but found none', {
      hint: `${REDRAFT}: --adult-on <date>`,
    })
  }
  return undefined
}

function sampleProblem({ kind, scope, grants }: ConsentRecord): RefusedError | undefined {
  if (kind !== 'sample') return undefined
  const hint = 'a record of kind sample is for the sample clips alone; other people have to sign a record of their own'
  if (scope.footage.length === 0)
    return new RefusedError('scope.footage', 'expected the sample clips that the record is bound to but found none', { hint })
  // Every hash has to be a known one: a known hash beside an unknown one would let other footage in.
  const known = (hash: string) => SAMPLE_FOOTAGE.some(({ sha256, videoSha256 }) => hash === sha256 || hash === videoSha256)
  const stranger = scope.footage.find(({ sha256, videoSha256 = sha256 }) => !known(sha256) || !known(videoSha256))
  if (stranger !== undefined)
    return new RefusedError('scope.footage', `expected only the built-in sample clips but found ${stranger.name}`, { hint })
  if (grants.publish || grants.sublicense)
    return new RefusedError('grants.publish', 'expected publication to be denied for sample footage but found it granted', { hint })
  return undefined
}

/** A record is about one person: descriptors of somebody else beside the subject's would let that face through. */
function referencesProblem({ biometric }: ConsentRecord): RefusedError | undefined {
  const [first = [], ...others] = biometric.references
  const farthest = Math.max(0, ...others.map((other) => Math.hypot(...other.map((value, i) => value - (first[i] ?? 0)))))
  if (farthest <= ONE_PERSON) return undefined
  return new RefusedError(
    'biometric.references',
    `expected descriptors of one person but found some at a distance of ${farthest.toFixed(2)}`,
    {
      hint: `${REDRAFT}, with references that show the subject alone`,
    },
  )
}

/** Letters of two alphabets in one name are there to look like another name. */
function namesProblem({ subject }: ConsentRecord): RefusedError | undefined {
  const { id } = subject
  const mixed = /\p{Script=Latin}/u.test(id) && /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u.test(id)
  if (!mixed && id === id.normalize('NFKC')) return undefined
  return new RefusedError('subject.id', `expected a name in one alphabet but found ${JSON.stringify(id)}, which looks like another`, {
    hint: REDRAFT,
  })
}

/** What a record itself can have wrong, in the order in which it is decided. */
export const FIELD_CHECKS: readonly Check[] = [
  signerProblem,
  countersignersProblem,
  sampleProblem,
  namesProblem,
  referencesProblem,
  scopeProblem,
  termProblem,
  timeProblem,
]
