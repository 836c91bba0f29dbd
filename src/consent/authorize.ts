import { resolve } from 'node:path'
import { RefusedError } from '../work/errors.ts'
import { type AuditEvent, appendAudit } from './audit.ts'
import { footageProblem, grantProblem, outputsProblem, partiesProblem, targetProblem } from './clauses.ts'
import type { MemoryChange } from './memory.ts'
import { countOutputs } from './outputs.ts'
import { judgeRecord } from './problems.ts'
import type { ConsentAction, FootageHash, SignedConsent } from './record.ts'
import { seenEvents } from './seen.ts'
import { consentHash, parseConsent } from './signed.ts'
import { type Use, useProblem } from './use.ts'

type PartyRole = 'subject' | 'source' | 'target'

export interface Party {
  /** `source`: whose face is rendered; `target`: whose footage receives it; `subject`: the one person of a dataset. */
  readonly role: PartyRole
  readonly record: SignedConsent
  /** The footage of this person; default: that of the request. */
  readonly footage?: readonly FootageHash[] | undefined
  /** Folder of the dataset or run that keeps the record: what was revoked where it lies counts, and its files' times. */
  readonly heldAt?: string | undefined
}

export interface AuthorizationRequest {
  /** What is about to be done. What leaves the house (`publish`, `sublicense`) has been generated too: both are asked for. */
  readonly action: ConsentAction
  readonly parties: readonly Party[]
  /** What it is for, as far as that is declared. */
  readonly use?: Use | undefined
  /** What is about to be used, for parties that name none of their own. Generating asks it of the target alone. */
  readonly footage?: readonly FootageHash[] | undefined
  readonly now?: Date | undefined
  /** Where trusted keys, revocations and logs lie; default: DFK_HOME or the working directory. */
  readonly home?: string | undefined
  /** How many outputs are about to be made (`generate`); default 1. */
  readonly outputs?: number | undefined
  /** Ids of those of them that were begun before: they are in the log where only their last moment is missing. */
  readonly resumed?: readonly string[] | undefined
  /** What the audit log is to say besides, such as paths. */
  readonly about?: AuditEvent['about'] | undefined
  /**
   * What is logged: every decision; `refusals`, where it is asked again in the course of what was allowed; `nothing` for a dry run, upon which nothing is done.
   */
  readonly log?: 'all' | 'refusals' | 'nothing' | undefined
}

export interface Authorization {
  readonly action: ConsentAction
  /** What outputs, datasets and checkpoints carry: never a descriptor. */
  readonly consent: readonly { readonly role: PartyRole; readonly hash: string; readonly scope: string; readonly subject: string }[]
  /** What any of the parties requires of an output. */
  readonly disclosure: { readonly visibleLabel: boolean; readonly c2pa: boolean; readonly watermark: boolean }
}

/**
 * Decides whether the parties' records allow an action, deny by default, and logs the decision. Throws RefusedError naming the clause, what was expected and found, and
 * the remedy. The sample kind binds collecting and training to the sample clips and never allows publication.
 */
export async function authorize(request: AuthorizationRequest): Promise<Authorization> {
  const { action, now = new Date(), log = 'all' } = request
  const home = resolve(request.home ?? (process.env['DFK_HOME'] || '.'))
  // A copy that nothing can change any more: what is judged is what is signed.
  const parties = request.parties.map((party) => ({ ...party, record: parseConsent(structuredClone(party.record), party.role) }))
  const news: MemoryChange[] = []
  const asked = { ...request, parties }
  const refusal = await decide(asked, home, now, news)
  if (log !== 'nothing') {
    const events = eventsOf(asked, refusal, news)
    // A refusal that cannot be logged is still one.
    const failure = events.length === 0 ? undefined : await appendAudit(home, now, () => events).catch((error: unknown) => error)
    if (failure !== undefined && refusal === undefined) throw failure
  }
  if (refusal !== undefined) throw refusal
  const records = parties.map(({ record }) => record.record)
  const sample = records.some(({ kind }) => kind === 'sample')
  return {
    action,
    consent: parties.map(({ role, record }) => ({
      role,
      hash: consentHash(record),
      scope: record.record.scope.description,
      subject: record.record.subject.id,
    })),
    disclosure: {
      visibleLabel: records.some(({ disclosure }) => disclosure.visibleLabel),
      c2pa: sample || records.some(({ disclosure }) => disclosure.c2pa),
      watermark: sample || records.some(({ disclosure }) => disclosure.watermark),
    },
  }
}

/** The first reason to refuse, or undefined. */
async function decide(request: AuthorizationRequest, home: string, now: Date, news: MemoryChange[]): Promise<RefusedError | undefined> {
  const { action, parties, outputs = 1, resumed = [], use = {} } = request
  const missing = partiesProblem(action, parties)
  if (missing !== undefined) return missing
  const actions: readonly ConsentAction[] = action === 'publish' || action === 'sublicense' ? ['generate', action] : [action]
  for (const party of parties) {
    const { record, heldAt, role } = party
    const judged = await judgeRecord(record, { now, home, heldAt, action })
    news.push(judged.news)
    const made =
      actions.includes('generate') && record.record.limits.maxOutputs !== undefined
        ? await countOutputs(home, consentHash(record), resumed)
        : 0
    const found =
      judged.problems[0] ??
      firstOf(actions, (each) => grantProblem(record, each) ?? footageProblem(party, each, party.footage ?? request.footage)) ??
      useProblem(record.record, action, use) ??
      targetProblem(party, parties) ??
      (actions.includes('generate') ? outputsProblem(record, made, outputs) : undefined)
    if (found !== undefined) return told(found, `consent of ${role} ${record.record.subject.id}: `)
  }
  return undefined
}

function firstOf<T, R>(all: readonly T[], find: (each: T) => R | undefined): R | undefined {
  for (const each of all) {
    const found = find(each)
    if (found !== undefined) return found
  }
  return undefined
}

/** The refusal with whose consent it is about, and its clause. */
function told({ clause, message, hint, cause }: RefusedError, who: string): RefusedError {
  const tag = ` [${clause}]`
  return new RefusedError(clause, `${who}${message.endsWith(tag) ? message : message + tag}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  })
}

/** What the log says of a decision, and of what was seen on the way to it. */
function eventsOf(request: AuthorizationRequest, refusal: RefusedError | undefined, news: readonly MemoryChange[]): AuditEvent[] {
  const { action, parties, use, log = 'all', about = {} } = request
  const records = [...new Set(parties.map(({ record }) => consentHash(record)))]
  const events = seenEvents(records, news)
  if (refusal === undefined && log === 'refusals') return events
  const people = parties.map(({ role, record }) => `${role} ${record.record.subject.id}`)
  const verdict = refusal === undefined ? { allowed: true } : { allowed: false, clause: refusal.clause, reason: refusal.message }
  const declared = Object.fromEntries(Object.entries(use ?? {}).filter(([, value]) => value !== undefined && value.length > 0))
  return [
    ...events,
    {
      what: 'authorize',
      records,
      about: { action, ...verdict, people, ...(Object.keys(declared).length > 0 && { use: declared }), ...about },
    },
  ]
}
