import type { KeyObject } from 'node:crypto'
import { DfkError, RefusedError } from '../work/errors.ts'
import { canonicalJson } from './canonical.ts'
import { isSoundKey, publicKeyOf, signText, verifyText } from './keys.ts'
import type { ConsentAction, Countersigner, SignedConsent } from './record.ts'
import { signatureProblem } from './signed.ts'

/** Adds a signature of somebody whom the record names besides its signer. Throws DfkError where it does not name that key, RefusedError where the signer has not signed. */
export function countersignConsent(signed: SignedConsent, key: KeyObject, now: Date): SignedConsent {
  const unsigned = signatureProblem(signed)
  if (unsigned !== undefined) throw unsigned
  const publicKey = publicKeyOf(key)
  const { countersigners = [] } = signed.record
  if (!countersigners.some((party) => party.publicKey === publicKey)) {
    const named = countersigners.map((party) => `${party.role} ${party.publicKey}`).join(', ') || 'nobody'
    throw new DfkError(`expected a key that the record asks to countersign (${named}) but found ${publicKey}`, {
      hint: 'draft a new record that names it: dfk consent draft --countersigner target=bob.pub',
    })
  }
  const value = signText(canonicalJson(signed.record), key)
  const others = (signed.countersignatures ?? []).filter((each) => each.publicKey !== publicKey)
  return { ...signed, countersignatures: [...others, { algorithm: 'Ed25519', publicKey, value, signedAt: now.toISOString() }] }
}

/** Actions that ask for the countersignature of the person in the target footage. */
const OF_TARGET: readonly ConsentAction[] = ['generate', 'publish', 'sublicense']

/** Whose countersignatures an action asks for; without an action, all. */
export function countersignersFor({ record }: SignedConsent, action?: ConsentAction): readonly Countersigner[] {
  return (record.countersigners ?? []).filter(({ role }) => role !== 'target' || action === undefined || OF_TARGET.includes(action))
}

/** What is wrong with the countersigners that a record names: no action is possible under it. */
export function countersignersProblem({ signer, countersigners = [] }: SignedConsent['record']): RefusedError | undefined {
  const hint = 'draft a new record and have it signed'
  const keys = [signer.publicKey, ...countersigners.map(({ publicKey }) => publicKey)]
  if (countersigners.length > 0 && new Set(keys).size < keys.length)
    return new RefusedError('countersigners', 'expected different people to sign and countersign but found one key twice', { hint })
  const weak = countersigners.find(({ publicKey }) => !isSoundKey(publicKey))
  if (weak !== undefined)
    return new RefusedError('countersigners', `expected a key that somebody owns but found ${weak.publicKey}`, { hint })
  const bare = countersigners.find(({ role, evidenceSha256 }) => role !== 'target' && evidenceSha256 === undefined)
  if (bare === undefined) return undefined
  return new RefusedError(
    'countersigners.evidenceSha256',
    `expected the hash of what shows the authority of the ${bare.role} who countersigns but found none`,
    { hint: `${hint}: --countersigner ${bare.role}=<key.pub>,<document>` },
  )
}

/** Signatures are no part of what a record is named by: the copy that a dataset or run keeps can get one too. */
const KEPT = 'of a dataset the record is its consent.json, of a run consent/source.json and consent/target.json'

/** Why an action lacks a countersignature, or undefined. */
export function countersignatureProblem(signed: SignedConsent, action?: ConsentAction): RefusedError | undefined {
  const text = canonicalJson(signed.record)
  for (const { role, publicKey } of countersignersFor(signed, action)) {
    const found = signed.countersignatures?.find((each) => each.publicKey === publicKey)
    if (found !== undefined && verifyText(text, found.value, publicKey)) continue
    const what = found === undefined ? 'none' : 'one over another record'
    return new RefusedError(`countersignatures.${role}`, `expected the countersignature of the ${role} (${publicKey}) but found ${what}`, {
      hint: `have it countersigned with: dfk consent countersign <record> --key <their key>; ${KEPT}`,
    })
  }
  return undefined
}
