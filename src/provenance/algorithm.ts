import type { KeyObject } from 'node:crypto'

/** An algorithm by which C2PA claims can be signed. */
export interface SigningAlgorithm {
  /** As the C2PA library calls it. */
  readonly name: 'es256' | 'es384' | 'es512' | 'ed25519'
  /** Its number in COSE (RFC 9053). */
  readonly cose: number
  /** What is hashed with; Ed25519 does it itself. */
  readonly hash: string | null
  readonly signatureBytes: number
}

const CURVES: Record<string, SigningAlgorithm> = {
  prime256v1: { name: 'es256', cose: -7, hash: 'sha256', signatureBytes: 64 },
  secp384r1: { name: 'es384', cose: -35, hash: 'sha384', signatureBytes: 96 },
  secp521r1: { name: 'es512', cose: -36, hash: 'sha512', signatureBytes: 132 },
}

/** The algorithm that a key signs by, or undefined where C2PA has none for it that dfk knows (RSA among them). */
export function findAlgorithm(key: KeyObject): SigningAlgorithm | undefined {
  if (key.asymmetricKeyType === 'ed25519') return { name: 'ed25519', cose: -8, hash: null, signatureBytes: 64 }
  return key.asymmetricKeyType === 'ec' ? CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] : undefined
}

/** The algorithm that a key signs by. Throws TypeError for a key that was not checked. */
export function algorithmOf(key: KeyObject): SigningAlgorithm {
  const found = findAlgorithm(key)
  if (found === undefined) throw new TypeError(`expected a key of P-256, P-384, P-521 or Ed25519 but found ${key.asymmetricKeyType}`)
  return found
}
