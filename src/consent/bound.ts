import { RefusedError } from '../work/errors.ts'
import type { SignedConsent } from './record.ts'
import { consentHash, loadConsent } from './signed.ts'

/**
 * Loads the record that a dataset or a run keeps, which must be the one that it was made under: anybody else's, valid as it may be, allows
 * nothing with these faces. `hash`: that of the record then; `holder`: for the message. Throws RefusedError where it is missing or another.
 */
export async function loadBoundConsent(path: string, hash: string, holder: string): Promise<SignedConsent> {
  const record = await loadConsent(path)
  const found = consentHash(record)
  if (found === hash) return record
  throw new RefusedError(
    'hash',
    `expected the record that ${holder} was made under (${hash.slice(0, 12)}…) but found another in ${path} (${found.slice(0, 12)}…) [hash]`,
    { hint: 'put the signed record back, or make it again under the new one' },
  )
}
