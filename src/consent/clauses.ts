import { RefusedError } from '../work/errors.ts'
import type { Party } from './authorize.ts'
import { CONSENT_ACTIONS, type ConsentAction, type FootageHash, type SignedConsent } from './record.ts'
import { isListed, SAMPLE_FOOTAGE } from './sample.ts'

/** What was made keeps the record that it was made under: a new record changes nothing of it. */
const ANEW = 'and collect and train under it anew, since datasets and runs keep the record that they were made under'

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
    return new RefusedError(`grants.${action}`, `expected consent to ${action} but found a sample record, which never gives it`, {
      hint: 'keep what comes of the sample footage to yourself',
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
      hint: `ask for a new record with: dfk consent draft --grant ${[...granted, action].join(',')}${action === 'collect' ? '' : `, ${ANEW}`}`,
    },
  )
}

/**
 * A record of kind sample, which needs no trusted key, is bound to the sample clips: to collect, to train, and as the target's to have a face replaced. What it says of how
 * its subject looks is nobody's word: a descriptor between two people is near to both.
 */
function sampleBinds({ role, record }: Pick<Party, 'role' | 'record'>, action: ConsentAction): boolean {
  return record.record.kind === 'sample' && (action === 'collect' || action === 'train' || (action === 'generate' && role === 'target'))
}

/** The actions for which a record's footage is a closed list where its subject plays that role. */
export function boundActions(party: Pick<Party, 'role' | 'record'>): readonly ConsentAction[] {
  const { footageBinds } = party.record.record.scope
  return CONSENT_ACTIONS.filter((action) => footageBinds.includes(action) || sampleBinds(party, action))
}

/** The record's footage is a closed list for the actions that it binds, and where a sample record is bound to it. */
export function footageProblem(party: Party, action: ConsentAction, footage: readonly FootageHash[] | undefined): RefusedError | undefined {
  // The clip that receives a face is the target's; the source's footage is not used any more when generating.
  const asked = action !== 'generate' || party.role !== 'source' || party.footage !== undefined
  if (!asked || !boundActions(party).includes(action)) return undefined
  const { scope } = party.record.record
  const listed = scope.footage.map(({ name }) => name).join(', ') || 'none'
  if (footage === undefined || footage.length === 0) return unnamedProblem(party, action, listed)
  const stranger = footage.find((file) => !isListed(file, scope.footage))
  if (stranger === undefined) return undefined
  return new RefusedError('scope.footage', `expected footage that the record lists (${listed}) but found ${stranger.name}`, {
    hint: strangerHint(party, action, stranger),
  })
}

/** A use that names no footage: an export, whose model keeps to none, or a dataset that says not what it was collected from. */
function unnamedProblem({ record: { record } }: Party, action: ConsentAction, listed: string): RefusedError {
  if (action === 'collect' || action === 'train')
    return new RefusedError(
      'scope.footage',
      `expected the footage for which the record was signed (${listed}) but found no footage named to ${action}`,
      { hint: 'collect into a new dataset, from the footage that the record lists' },
    )
  const other =
    record.kind === 'sample'
      ? 'of kind subject, signed by the people themselves'
      : 'that bind neither generating nor what follows to footage (dfk consent draft with --bind collect,train at most)'
  return new RefusedError(
    'scope.footage',
    `expected a use that keeps to the footage which the record lists (${listed}) but found an export, which could render into any`,
    { hint: `use dfk swap on that footage; a run that is to be exported needs records ${other}, from collecting on` },
  )
}

/** What helps where other footage than the record's is to be used. */
function strangerHint({ record: { record }, heldAt }: Party, action: ConsentAction, stranger: FootageHash): string {
  if (record.kind === 'sample' && !isListed(stranger, SAMPLE_FOOTAGE))
    return 'a record of kind sample is for the sample clips alone: people in other footage sign a record of kind subject'
  const signed = 'have a new record signed that lists this too (dfk consent draft --footage <files…>)'
  if (action === 'collect') return `use that footage, or ${signed} and collect under it into a dataset of its own (another --name)`
  // A record that is given for somebody else in the clip can be given anew.
  if (action === 'generate' && heldAt === undefined) return `use that footage, or ${signed} and give that one with --consent`
  return `use that footage, or ${signed}, ${ANEW}`
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
    { hint: `swap onto that person, or have a record drafted and countersigned for this one, ${ANEW}` },
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
      hint: `ask for a new record with a higher --max-outputs, ${ANEW}`,
    },
  )
}
