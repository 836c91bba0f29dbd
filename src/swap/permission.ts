import {
  type Authorization,
  type AuthorizationRequest,
  authorize,
  consentHash,
  type FootageHash,
  loadBoundConsent,
  loadConsent,
  matchesSubject,
  type Party,
  requireSubject,
  type SignedConsent,
  type Use,
} from '../consent/index.ts'
import { type Run, runConsentPath } from '../store/checkpoint.ts'
import { RefusedError, UsageError } from '../work/errors.ts'
import type { Cast, CastMember, FaceChoice } from './cast.ts'

/** What a swap is for: whether it is to leave the house, and what else is declared of it. */
export interface Purpose extends Use {
  readonly publish: boolean
}

/** Under which records a swap may be rendered, and of whom. */
export interface Permission {
  readonly authorization: Authorization
  /** The records themselves. */
  readonly records: readonly SignedConsent[]
  /** Asks again, in the course of a long render. Throws RefusedError where one of them does not hold any more. */
  recheck(): Promise<void>
  /** Whom a part of the clip is asked to replace; of all these the records were asked. */
  castFor(choice: FaceChoice, threshold: number): Cast
  /** The same for what the whole clip is asked for. */
  readonly cast: Cast
}

/** Whom the swap is asked to replace, by what. */
export interface CastRequest {
  readonly home: string
  /** The runs that render; all but the first only where `map` names them. */
  readonly runs: readonly Run[]
  /** Who is rendered by which of the runs (by its number); empty: `choice` says. */
  readonly map: readonly { readonly person: string; readonly run: number }[]
  readonly choice: FaceChoice
  /** Descriptor of the person on the still that says who is meant, and the still's path. */
  readonly still?: { readonly descriptor: Float32Array; readonly path: string } | undefined
  /** Paths of records for the clip's other people. */
  readonly extra: readonly string[]
  readonly threshold: number
  readonly footage: readonly FootageHash[]
  readonly outputs: number
  /** Ids of outputs that were begun before. */
  readonly resumed: readonly string[]
  readonly purpose?: Purpose | undefined
  /** What the audit log is to say, and of what; default: every decision. */
  readonly log?: AuthorizationRequest['log']
  readonly about?: AuthorizationRequest['about']
}

interface Performer {
  readonly record: SignedConsent
  readonly looks: CastMember['looks']
}

/** The record that a run was trained under, which must be about the person whose faces it was trained with. */
async function recordOf(run: Run, role: 'source' | 'target'): Promise<SignedConsent> {
  const { consentHash: hash, descriptor } = run.config[role]
  const record = await loadBoundConsent(runConsentPath(run, role), hash, `${run.name} (${role})`)
  requireSubject(record, descriptor, `the ${role} of ${run.name}`)
  return record
}

/** What several pairings are allowed together: every record once, and whatever any of them requires of an output. */
function joined(all: readonly Authorization[]): Authorization {
  const seen = new Map(all.flatMap(({ consent }) => consent).map((party) => [`${party.role} ${party.hash}`, party]))
  const required = (key: keyof Authorization['disclosure']) => all.some(({ disclosure }) => disclosure[key])
  return {
    action: 'generate',
    consent: [...seen.values()],
    disclosure: { visibleLabel: required('visibleLabel'), c2pa: required('c2pa'), watermark: required('watermark') },
  }
}

/** Who is on the still, among those whose record allows it. */
function onStill(performers: readonly Performer[], still: NonNullable<CastRequest['still']>): Performer {
  const near = performers.map((performer) => ({ performer, ...matchesSubject(performer.record, still.descriptor) }))
  const [best] = near.sort((a, b) => a.distance - b.distance)
  if (best?.matches) return best.performer
  throw new RefusedError(
    'biometric',
    `--face-image: expected a record for the person on ${still.path} but found none that matches (distance ${best?.distance.toFixed(2)}) [biometric]`,
    { hint: "add that person's record with --consent" },
  )
}

/** The person whom `--map` names: by the subject of a record given or of a run's target. */
function named(performers: readonly Performer[], person: string): Performer {
  const found = performers.filter(({ record }) => record.record.subject.id === person)
  const [first] = found
  if (first !== undefined && new Set(found.map(({ record }) => consentHash(record))).size === 1) return first
  const known = [...new Set(performers.map(({ record }) => record.record.subject.id))].join(', ')
  throw new UsageError(
    `--map: expected ${first === undefined ? 'the subject of a record' : 'one record of the subject'} (${known}) but found ${person}`,
    {
      hint: first === undefined ? "add that person's record with --consent" : 'give one record of each person',
    },
  )
}

function castOf(request: CastRequest, performers: readonly Performer[]): CastMember[] {
  const { runs, map, choice, still, threshold } = request
  const member = ({ record, looks }: Performer, run: Run, most: number): CastMember => ({
    person: record.record.subject.id,
    run: run.name,
    record,
    looks,
    threshold: most,
  })
  if (map.length > 0) return map.map(({ person, run }) => member(named(performers, person), runs[run]!, threshold))
  const [run] = runs as [Run]
  if (still !== undefined) return [{ ...member(onStill(performers, still), run, threshold), still: [...still.descriptor] }]
  if (choice === 'target') return [member(performers[0]!, run, threshold)]
  return performers.map((performer) => member(performer, run, Number.POSITIVE_INFINITY))
}

/**
 * Asks the records whether `outputs` swaps of this footage may be generated: for each person of the cast their own and both of the run that renders
 * them. Throws RefusedError where one does not allow it or is not what the run was trained under, UsageError where `--map` names nobody.
 */
export async function permitSwap(request: CastRequest): Promise<Permission> {
  const { home, runs, extra, footage, outputs, resumed, purpose, log, about } = request
  const own = await Promise.all(
    runs.map(async (run) => ({ run, source: await recordOf(run, 'source'), target: await recordOf(run, 'target') })),
  )
  const others = await Promise.all(extra.map(loadConsent))
  const performers: Performer[] = [
    ...own.map(({ run, target }) => ({ record: target, looks: [run.config.target.descriptor] })),
    ...others.map((record) => ({ record, looks: [] })),
  ]
  const members = castOf(request, performers)
  const pairings = own.map(({ run, source, target }) => {
    // Records given for the clip's other people must hold whoever of them is met.
    const people = [target, ...members.filter((member) => member.run === run.name).map(({ record }) => record), ...others]
    const unique = [...new Map(people.map((record) => [consentHash(record), record])).values()]
    const heldAt = run.folder
    // Only its own records were what a run learnt under.
    const kept = (record: SignedConsent) => (consentHash(record) === consentHash(target) ? heldAt : undefined)
    return [
      { role: 'source', record: source, heldAt },
      ...unique.map((record) => ({ role: 'target', record, heldAt: kept(record) })),
    ] as Party[]
  })
  const { publish = false, ...use } = purpose ?? {}
  const action = publish ? 'publish' : 'generate'
  const ask = async (how: Pick<AuthorizationRequest, 'outputs' | 'log' | 'about'>) => {
    const allowed: Authorization[] = []
    for (const parties of pairings) allowed.push(await authorize({ action, parties, use, footage, home, resumed, ...how }))
    return allowed
  }
  return {
    authorization: joined(await ask({ outputs, log, about })),
    records: [...new Map(pairings.flat().map(({ record }) => [consentHash(record), record])).values()],
    async recheck() {
      await ask({ outputs: 0, log: 'refusals', about })
    },
    castFor: (choice, threshold) => ({ choice, members: castOf({ ...request, choice, threshold }, performers) }),
    cast: { choice: request.choice, members },
  }
}
