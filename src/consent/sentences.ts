import { boundActions } from './clauses.ts'
import { isAddress } from './fetchList.ts'
import type { ConsentAction, ConsentRecord, SignedConsent } from './record.ts'
import { mostStaleDays } from './revoked.ts'

/** What footage of the person is used for. */
const USED_TO: Record<ConsentAction, string> = {
  collect: 'to collect faces',
  train: 'to train',
  generate: "to render another person's face into",
  publish: 'for what is published',
  sublicense: 'for what is passed on',
}
/** The day of a moment. */
export const day = (moment: string) => moment.slice(0, 10)
/** One, two and three. */
export const joined = (items: readonly string[]) => [items.slice(0, -1).join(', '), ...items.slice(-1)].filter(Boolean).join(' and ')

/** Term, number of outputs, and how it is taken back. */
export function limitsText({ limits, revocation, countersigners = [] }: ConsentRecord): string[] {
  const { list: named } = revocation
  const { maxOutputs: most } = limits
  const outputs = most === undefined ? '' : `, for at most ${most} output${most === 1 ? '' : 's'}`
  const own = "this installation's own list"
  const days = mostStaleDays(revocation)
  const unheard = named !== undefined && isAddress(named) ? 'nobody could reach that list' : 'its signer has not confirmed that list'
  return [
    `Holds from ${day(limits.notBefore)} until ${day(limits.notAfter)}${outputs}.`,
    `Whoever signed it${countersigners.length > 0 ? ' or countersigned it' : ''} can revoke it, in ${named === undefined ? own : `${named} or in ${own}`}.`,
    ...(days === undefined ? [] : [`It ceases to hold once ${unheard} for ${days} day${days === 1 ? '' : 's'}.`]),
  ]
}

/** What footage may be used for what; a record of kind sample binds more than it says (clauses.ts). */
export function footageText(signed: SignedConsent): string {
  const { scope } = signed.record
  const names = scope.footage.map(({ name }) => name)
  const binds = boundActions({ role: 'target', record: signed })
  if (binds.length === 0) return `Footage: any footage of this person${names.length === 0 ? '' : `, such as ${joined(names)}`}.`
  const only = names.length === 0 ? 'no footage' : `only ${joined(names)}`
  const exported = binds.includes('generate') ? ' A run with this person as its target cannot be exported.' : ''
  return `Footage: ${only} may be used ${joined(binds.map((action) => USED_TO[action]))}.${exported}`
}

/** The marks that every output has to carry; of sample footage two of them whatever the record says (authorize.ts). */
export function marksText({ kind, disclosure }: ConsentRecord): string {
  const isSample = kind === 'sample'
  const marks = [
    disclosure.visibleLabel ? 'a visible label' : '',
    disclosure.c2pa || isSample ? 'a signed statement of origin (C2PA)' : '',
    disclosure.watermark || isSample ? 'an invisible watermark' : '',
  ].filter(Boolean)
  return marks.length === 0 ? 'The record asks for no marks on outputs.' : `Every output has to carry ${joined(marks)}.`
}
