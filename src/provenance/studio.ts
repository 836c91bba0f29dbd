import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { UsageError } from '../work/errors.ts'
import { findAlgorithm } from './algorithm.ts'
import { oid, readElement } from './der.ts'
import type { Signer } from './types.ts'

const KEY_USAGE = oid('2.5.29.15')
const DIGITAL_SIGNATURE = 0x80
/** Purposes of which C2PA wants one: its own, signing documents, protecting e-mail. */
const PURPOSES = ['1.3.6.1.4.1.62558.2.1', '1.3.6.1.5.5.7.3.36', '1.3.6.1.5.5.7.3.4']
/** Purposes that C2PA forbids: any, and what belongs to other services. */
const FORBIDDEN = ['2.5.29.37.0', '1.3.6.1.5.5.7.3.8', '1.3.6.1.5.5.7.3.9']

/** The certificates of a PEM file, in its order. Throws what OpenSSL says of one that is none. */
export function certificatesIn(pem: string): X509Certificate[] {
  return Array.from(
    pem.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g),
    ([certificate]) => new X509Certificate(certificate),
  )
}

/** SHA-256 of a signer's own certificate, hexadecimal. */
export function fingerprintOf({ chain }: Signer): string {
  return createHash('sha256').update(chain[0]!).digest('hex')
}

/** The organisation in a signer's own certificate, or the signer's name where there is none. */
export function organizationOf({ chain }: Signer): string {
  const { subject } = new X509Certificate(chain[0]!)
  return (/^O=(.*)$/m.exec(subject) ?? /^CN=(.*)$/m.exec(subject))?.[1] ?? 'unknown'
}

function readPem(flag: string, path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`${flag}: expected ${what} in ${path} but found no file that can be read`, { cause, hint: 'check the path' })
  }
}

function parseChain(path: string): X509Certificate[] {
  const pem = readPem('--cert', path, 'certificates')
  let chain: X509Certificate[]
  try {
    chain = certificatesIn(pem)
  } catch (cause) {
    throw new UsageError(`--cert: expected certificates in ${path} but found a damaged one`, {
      cause,
      hint: 'export the chain anew, in PEM',
    })
  }
  if (chain.length > 0) return chain
  throw new UsageError(`--cert: expected certificates in PEM in ${path} but found none`, {
    hint: "give the signer's certificate, followed by those that vouch for it",
  })
}

function parseKey(path: string, passphrase: string | undefined): KeyObject {
  const pem = readPem('--key', path, 'a private key')
  const isEncrypted = /ENCRYPTED/.test(pem)
  if (isEncrypted && passphrase === undefined)
    throw new UsageError(`--key: expected a passphrase for ${path}, which is encrypted, but found none`, {
      hint: 'give --key-passphrase-file, or set DFK_CERT_PASSPHRASE',
    })
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(isEncrypted && { passphrase }) })
  } catch (cause) {
    const found = isEncrypted ? 'a key that this passphrase does not open' : 'something else'
    throw new UsageError(`--key: expected a private key in PEM in ${path} but found ${found}`, {
      cause,
      hint: 'export the key anew, in PEM (PKCS #8)',
    })
  }
}

/** What the certificate's key may be used for, as the first byte of its bit string; undefined where it does not say. */
function keyUsage({ raw }: X509Certificate): number | undefined {
  const at = raw.indexOf(KEY_USAGE)
  if (at < 0) return undefined
  let next = readElement(raw, at + KEY_USAGE.length)
  // A boolean stands before it where it is critical.
  if (next.tag === 0x01) next = readElement(raw, next.end)
  return readElement(next.body).body[1] ?? 0
}

function leafProblem(leaf: X509Certificate, now: Date): string | undefined {
  const from = Date.parse(leaf.validFrom)
  const to = Date.parse(leaf.validTo)
  const day = (time: number) => new Date(time).toISOString().slice(0, 10)
  if (leaf.ca) return 'the certificate of a signer first but found that of an authority'
  if (leaf.checkIssued(leaf)) return 'a certificate that an authority issued but found a self-signed one'
  if (now.getTime() < from) return `a certificate that is valid now but found one valid from ${day(from)}`
  if (now.getTime() > to) return `a certificate that is valid now but found one valid until ${day(to)}`
  if (((keyUsage(leaf) ?? 0) & DIGITAL_SIGNATURE) === 0) return 'key usage digitalSignature in the certificate but found none'
  const purposes: readonly string[] = leaf.keyUsage ?? []
  const forbidden = purposes.find((purpose) => FORBIDDEN.includes(purpose))
  if (forbidden !== undefined) return `an extended key usage that C2PA takes but found ${forbidden}, which it forbids`
  if (!PURPOSES.some((purpose) => purposes.includes(purpose)))
    return `extended key usage of C2PA signing, document signing or e-mail protection but found ${purposes.join(', ') || 'none'}`
  return undefined
}

function chainProblem(chain: readonly X509Certificate[], now: Date): string | undefined {
  for (const [i, certificate] of chain.entries()) {
    const issuer = chain[i + 1]
    if (issuer === undefined) continue
    const isIssuer = certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
    if (!isIssuer) return `each certificate to be issued by the next but found that number ${i + 2} did not issue number ${i + 1}`
    if (!issuer.ca) return `authorities after the first certificate but found that number ${i + 2} is none`
    if (Date.parse(issuer.validTo) < now.getTime()) return `authorities that are valid now but found that number ${i + 2} is not`
  }
  return undefined
}

/**
 * A studio's signer, by the files that hold its certificates (leaf first) and its key. Throws UsageError for what C2PA or readers would not take: another key,
 * a certificate out of time or for other purposes, a chain out of order.
 */
export function openStudioSigner(
  files: { readonly cert: string; readonly key: string; readonly passphrase?: string | undefined },
  now: Date,
): Signer {
  const chain = parseChain(files.cert)
  const key = parseKey(files.key, files.passphrase)
  const [leaf] = chain as [X509Certificate]
  if (findAlgorithm(key) === undefined)
    throw new UsageError(
      `--key: expected a key of P-256, P-384, P-521 or Ed25519 but found ${key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType}`,
      { hint: 'C2PA allows no other: have a certificate issued for such a key' },
    )
  if (!leaf.checkPrivateKey(key))
    throw new UsageError(`--key: expected the key of the certificate in ${files.cert} but found another`, {
      hint: "the signer's certificate comes first in its file",
    })
  const problem = leafProblem(leaf, now) ?? chainProblem(chain, now)
  if (problem !== undefined)
    throw new UsageError(`--cert: expected ${problem} (${files.cert})`, { hint: 'have a certificate issued for signing C2PA manifests' })
  return { key, chain: chain.map(({ raw }) => raw) }
}
