import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { DfkError } from '../work/errors.ts'

export interface KeyPair {
  /** PKCS#8 in PEM, encrypted when a passphrase was given. */
  readonly privatePem: string
  /** SPKI in PEM. */
  readonly publicPem: string
  /** The raw public key in base64url, as records name it. */
  readonly publicKey: string
}

/** The raw Ed25519 public key of a key object, base64url. */
export function publicKeyOf(key: KeyObject): string {
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.x !== 'string') {
    throw new DfkError(`expected an Ed25519 key but found ${jwk.crv ?? jwk.kty ?? 'something else'}`, {
      hint: 'make one with: dfk consent keygen',
    })
  }
  return jwk.x
}

/** Makes an Ed25519 key pair; without a passphrase the private key is not encrypted. */
export function makeKeyPair(passphrase?: string): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption }) as string,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    publicKey: publicKeyOf(publicKey),
  }
}

/** Whether a PEM private key asks for a passphrase. */
export function isEncrypted(pem: string): boolean {
  return pem.includes('ENCRYPTED')
}

/** Whether the bytes of an encrypted key are all there: DER says in its second byte, or those after it, how long it is. */
function isWhole(pem: string): boolean {
  const body = /-----BEGIN ENCRYPTED PRIVATE KEY-----([A-Za-z0-9+/=\s]*)-----END ENCRYPTED PRIVATE KEY-----/.exec(pem)?.[1]
  const bytes = Buffer.from(body ?? '', 'base64')
  const [tag, first = 0] = bytes
  const more = first < 128 ? 0 : first & 127
  if (tag !== 0x30 || more > 4 || bytes.length < 2 + more) return false
  return bytes.length === 2 + more + (more === 0 ? first : bytes.readUIntBE(2, more))
}

/** Makes sure that a text can be a private key before its passphrase is asked for. Throws DfkError where it is none, or a part of one. */
export function checkPrivateKey(pem: string): void {
  if (!pem.includes('PRIVATE KEY')) {
    const found = pem.trim() === '' ? 'an empty file' : 'none in the key file'
    throw new DfkError(`expected a private key in PEM but found ${found}`, { hint: 'give the .key file that dfk consent keygen wrote' })
  }
  if (pem.includes('BEGIN ENCRYPTED PRIVATE KEY') && !isWhole(pem))
    throw new DfkError('expected a private key in PEM but found a damaged one: its end is missing, or something in it is changed', {
      hint: 'take a whole copy of the file; a key that is lost is replaced with: dfk consent keygen',
    })
}

/** Reads a private key. Throws DfkError when it is none, or the passphrase is wrong. */
export function openPrivateKey(pem: string, passphrase?: string): KeyObject {
  checkPrivateKey(pem)
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
  } catch (cause) {
    if (!isEncrypted(pem)) throw new DfkError('expected a private key in PEM but found a damaged one', { cause })
    throw new DfkError('expected the passphrase of the key but found another', {
      hint: 'set DFK_PASSPHRASE, or give --passphrase-file, or type it when asked',
      cause,
    })
  }
}

/** The key object of a public key as records name it; throws DfkError when it is none. */
function publicKeyObject(publicKey: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
}

/** Signs a text with Ed25519; base64url. */
export function signText(text: string, key: KeyObject): string {
  return sign(null, Buffer.from(text, 'utf8'), key).toString('base64url')
}

/** Points of small order (RFC 7748, section 7): under such a "key" anybody can sign anything. The sign bit is left out. */
const WEAK_KEYS: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

/** Whether a raw public key in base64url is one that somebody can own. */
export function isSoundKey(publicKey: string): boolean {
  const bytes = Buffer.from(publicKey, 'base64url')
  if (bytes.length !== 32 || bytes.toString('base64url') !== publicKey) return false
  bytes[31]! &= 0x7f
  return !WEAK_KEYS.has(bytes.toString('hex'))
}

/** Reads a public key: PEM, or the raw key in base64url. Throws DfkError when it is none that somebody can own. */
export function readPublicKey(text: string): string {
  const hint = 'give the .pub file that dfk consent keygen wrote'
  let publicKey = text.trim()
  if (publicKey.includes('PUBLIC KEY')) {
    try {
      publicKey = publicKeyOf(createPublicKey(publicKey))
    } catch (cause) {
      throw new DfkError('expected an Ed25519 public key in PEM but found a damaged one', { hint, cause })
    }
  }
  if (!isSoundKey(publicKey)) throw new DfkError('expected an Ed25519 public key but found something else', { hint })
  return publicKey
}

/** Whether `signature` is that of `publicKey` over `text`; a malformed key or signature, or one written in another way than the usual, is a no. */
export function verifyText(text: string, signature: string, publicKey: string): boolean {
  const bytes = Buffer.from(signature, 'base64url')
  if (bytes.length !== 64 || bytes.toString('base64url') !== signature || !isSoundKey(publicKey)) return false
  try {
    return verify(null, Buffer.from(text, 'utf8'), publicKeyObject(publicKey), bytes)
  } catch {
    return false
  }
}
