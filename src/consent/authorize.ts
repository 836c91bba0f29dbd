import { resolve } from 'node:path'
import { RefusedError } from '../work/errors.ts'
import { footageProblem, grantProblem, outputsProblem, partiesProblem } from './clauses.ts'
import { recordProblems } from './problems.ts'
import type { ConsentAction, FootageHash, SignedConsent } from './record.ts'
import { consentHash } from './signed.ts'

type PartyRole = 'subject' | 'source' | 'target'

export interface Party {
  /** `source`: whose face is rendered; `target`: whose footage receives it; `subject`: the one person of a dataset. */
  readonly role: PartyRole
  readonly record: SignedConsent
  /** The footage of this person; default: that of the request. */
  readonly footage?: readonly FootageHash[] | undefined
}

export interface AuthorizationRequest {
  readonly action: ConsentAction
  readonly parties: readonly Party[]
  /** What is about to be used, for parties that name none of their own. Generating asks it of the target alone. */
  readonly footage?: readonly FootageHash[] | undefined
  readonly now?: Date | undefined
  /** Where revocations and the log of outputs lie; default: DFK_HOME or the working directory. */
  readonly home?: string | undefined
  /** How many outputs are about to be made (`generate`); default 1. */
  readonly outputs?: number | undefined
  /** Ids of those of them that were begun before: they are in the log where only their last moment is missing. */
  readonly resumed?: readonly string[] | undefined
}

export interface Authorization {
  readonly action: ConsentAction
  /** What outputs, datasets and checkpoints carry: never a descriptor. */
  readonly consent: readonly { readonly role: PartyRole; readonly hash: string; readonly scope: string; readonly subject: string }[]
  /** What any of the parties requires of an output. */
  readonly disclosure: { readonly visibleLabel: boolean; readonly c2pa: boolean; readonly watermark: boolean }
}

/**
 * Decides whether the parties' records allow an action, deny by default. Throws RefusedError naming the clause, what was expected and found, and the remedy.
 * The sample kind binds collecting and training to the sample clips and never allows publication.
 */
export function authorize(request: AuthorizationRequest): Authorization {
  const { action, parties, now = new Date(), outputs = 1, resumed = [] } = request
  const home = resolve(request.home ?? (process.env['DFK_HOME'] || '.'))
  refuse(partiesProblem(action, parties))
  for (const party of parties) {
    const found =
      recordProblems(party.record, { now, home })[0] ??
      grantProblem(party.record, action) ??
      footageProblem(party, action, party.footage ?? request.footage) ??
      (action === 'generate' ? outputsProblem(party.record, home, outputs, resumed) : undefined)
    refuse(found, `${party.role} ${party.record.record.subject.id}`)
  }
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

function refuse(problem: RefusedError | undefined, who?: string): void {
  if (problem === undefined) return
  const prefix = who === undefined ? '' : `consent of ${who}: `
  throw new RefusedError(problem.clause, `${prefix}${problem.message} [${problem.clause}]`, {
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    ...(problem.cause === undefined ? {} : { cause: problem.cause }),
  })
}
