import { RefusedError } from '../work/errors.ts'
import type { Party } from './authorize.ts'
import { countOutputs } from './outputs.ts'
import type { ConsentAction, FootageHash, SignedConsent } from './record.ts'
import { isListed } from './sample.ts'
import { consentHash } from './signed.ts'

/** Both people consent: whose face is rendered and in whose footage. */
export function partiesProblem(action: ConsentAction, parties: readonly Party[]): RefusedError | undefined {
  const missing =
    action === 'train' || action === 'generate'
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

/** The record's footage is a closed list for the actions that it binds; a sample record always binds collecting and training. */
export function footageProblem(party: Party, action: ConsentAction, footage: readonly FootageHash[] | undefined): RefusedError | undefined {
  const { kind, scope } = party.record.record
  const binds = scope.footageBinds.includes(action) || (kind === 'sample' && (action === 'collect' || action === 'train'))
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

/** `limits.maxOutputs`, by the log of outputs. `resumed`: ids of those that are about to be made and may be in the log already. */
export function outputsProblem(signed: SignedConsent, home: string, outputs: number, resumed: readonly string[]): RefusedError | undefined {
  const { maxOutputs } = signed.record.limits
  if (maxOutputs === undefined) return undefined
  const made = countOutputs(home, consentHash(signed), resumed)
  if (made + outputs <= maxOutputs) return undefined
  return new RefusedError(
    'limits.maxOutputs',
    `expected at most ${maxOutputs} outputs but found ${made} made already and ${outputs} asked for`,
    {
      hint: 'ask for a new record with a higher --max-outputs',
    },
  )
}
