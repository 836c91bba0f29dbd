import { RefusedError } from '../work/errors.ts'
import type { Memory, MemoryChange } from './memory.ts'
import type { SignedConsent } from './record.ts'
import { consentHash } from './signed.ts'

/** How the memory calls a record that another took the place of: only its own signer can replace it. */
const nameOf = (signer: string | undefined, hash: string) => `${signer} ${hash}`

/** The refusal of a record whose signer has put another in its place, as far as this installation has seen that one hold. */
export function supersededProblem(signed: SignedConsent, { superseded = {} }: Memory): RefusedError | undefined {
  const by = superseded[nameOf(signed.record.signer.publicKey, consentHash(signed))]
  if (by === undefined) return undefined
  return new RefusedError(
    'supersedes',
    `expected the record that holds now but found one that its signer replaced by ${by.slice(0, 12)}…`,
    {
      hint: 'use the newer record; what was collected and trained under the older one has to be made again under it',
    },
  )
}

/** What is to be remembered of a record that holds: the one that it replaces, where that is news. */
export function superseding(signed: SignedConsent, { superseded = {} }: Memory): MemoryChange {
  const { signer, supersedes } = signed.record
  if (supersedes === undefined) return {}
  const name = nameOf(signer.publicKey, supersedes)
  return superseded[name] === undefined ? { superseded: { [name]: consentHash(signed) } } : {}
}
