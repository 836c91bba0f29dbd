import { RefusedError } from '../work/errors.ts'
import type { Party } from './authorize.ts'
import type { ConsentAction, FootageHash, SignedConsent } from './record.ts'
import { isListed } from './sample.ts'

/** Both people consent: whose face is rendered and in whose footage. */
export function partiesProblem(action: ConsentAction, parties: readonly Party[]): RefusedError | undefined {
  const missing =
    action !== 'collect'
      ? (['source', 'target'] as const).find((role) => !parties.some((party) => party.role === role))
      : parties.length === 0
        ? 'subject'
        : undefined
  if (missing === undefined) return undefined
  return new RefusedError('parties', `expected the consent of the ${missing} but found no record [parties]`, {
    hint: 'give it with --consent; write it with: dfk consent draft, then dfk consent sign',
  })
}

/** Each use is granted by itself; sample footage is never granted for publication. */
export function grantProblem({ record }: SignedConsent, action: ConsentAction): RefusedError | undefined {
  if (record.kind === 'sample' && (action === 'publish' || action === 'sublicense')) {
    return new RefusedError(`grants.${action}`, 'expected consent to publication but found a sample record, which never gives it', {
      hint: 'keep swaps of the sample footage to yourself',
    })
  }
  if (record.grants[action]) return undefined
  const granted = Object.entries(record.grants)
    .filter(([, yes]) => yes)
    .map(([name]) => name)
  return new RefusedError(
    `grants.${action}`,
    `expected consent to ${action} but found ${granted.length === 0 ? 'none granted' : `only ${granted.join(', ')}`}`,
    {
      hint: `ask for a new record with: dfk consent draft --grant ${[...granted, action].join(',')}`,
    },
  )
}

/**
 * A record of kind sample, which needs no trusted key, is bound to the sample clips: to collect, to train, and as the target's to have a face replaced. What it says of how
 * its subject looks is nobody's word: a descriptor between two people is near to both.
 */
function sampleBinds({ role, record }: Party, action: ConsentAction): boolean {
  return record.record.kind === 'sample' && (action === 'collect' || action === 'train' || role === 'target')
}

/** The record's footage is a closed list for the actions that it binds, and where a sample record is bound to it. */
export function footageProblem(party: Party, action: ConsentAction, footage: readonly FootageHash[] | undefined): RefusedError | undefined {
  const { scope } = party.record.record
  const binds = scope.footageBinds.includes(action) || sampleBinds(party, action)
  // The clip that receives a face is the target's; the source's footage is not used any more when generating.
  const asked = action !== 'generate' || party.role !== 'source' || party.footage !== undefined
  if (!binds || !asked) return undefined
  if (footage === undefined || footage.length === 0) {
    return new RefusedError(
      'scope.footage',
      `expected the footage for which the record was signed but found no footage named to ${action}`,
      {
        hint: 'collect from the footage that the record lists',
      },
    )
  }
  const stranger = footage.find((file) => !isListed(file, scope.footage))
  if (stranger === undefined) return undefined
  return new RefusedError(
    'scope.footage',
    `expected footage that the record lists (${scope.footage.map(({ name }) => name).join(', ') || 'none'}) but found ${stranger.name}`,
    {
      hint: 'use that footage, or have a new record signed with: dfk consent draft --footage <files…>',
    },
  )
}

/** Somebody who countersigned as the person in the target footage did so for themselves: nobody else may stand there. */
export function targetProblem(party: Party, parties: readonly Party[]): RefusedError | undefined {
  const named = (party.record.record.countersigners ?? []).filter(({ role }) => role === 'target').map(({ publicKey }) => publicKey)
  if (party.role !== 'source' || named.length === 0) return undefined
  const stranger = parties.find(({ role, record }) => role === 'target' && !named.includes(record.record.signer.publicKey ?? ''))
  if (stranger === undefined) return undefined
  return new RefusedError(
    'countersigners.target',
    `expected the target who countersigned (${named.join(' or ')}) but found ${stranger.record.record.subject.id}, whose record another key signed`,
    { hint: 'swap onto that person, or have a record drafted and countersigned for this one' },
  )
}

/** `limits.maxOutputs`, of which so many were made. */
export function outputsProblem({ record }: SignedConsent, made: number, outputs: number): RefusedError | undefined {
  const { maxOutputs } = record.limits
  if (maxOutputs === undefined || made + outputs <= maxOutputs) return undefined
  return new RefusedError(
    'limits.maxOutputs',
    `expected at most ${maxOutputs} outputs but found ${made} made already and ${outputs} asked for`,
    {
      hint: 'ask for a new record with a higher --max-outputs',
    },
  )
}
