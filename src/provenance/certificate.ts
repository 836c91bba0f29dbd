import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { bits, boolean, element, integer, octets, oid, sequence, set, time, utf8 } from './der.ts'

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'
/** The purpose that C2PA's own trust lists ask for. */
const C2PA_SIGNING = '1.3.6.1.4.1.62558.2.1'

function name(organization: string, common: string): Buffer {
  const part = (type: string, value: string) => set(sequence(oid(type), utf8(value)))
  return sequence(part('2.5.4.10', organization), part('2.5.4.3', common))
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return critical ? sequence(oid(id), boolean(true), octets(value)) : sequence(oid(id), octets(value))
}

function keyId(spki: Uint8Array): Buffer {
  // An EC key's SPKI ends with its 65-byte point; RFC 5280 4.2.1.2 hashes the bit string alone.
  return createHash('sha1').update(spki.subarray(-65)).digest()
}

interface Contents {
  readonly subject: Buffer
  readonly issuer: Buffer
  readonly spki: Uint8Array
  readonly issuerKey: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
  readonly extensions: readonly Buffer[]
}

function certificate({ subject, issuer, spki, issuerKey, notBefore, notAfter, extensions }: Contents): Buffer {
  const serial = randomBytes(16)
  serial[0] = (serial[0]! & 0x7f) | 0x40
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    issuer,
    sequence(time(notBefore), time(notAfter)),
    subject,
    spki,
    element(0xa3, sequence(...extensions)),
  )
  return sequence(body, ECDSA_SHA256, bits(sign('sha256', body, issuerKey)))
}

export interface Chain {
  /** DER. */
  readonly leaf: Buffer
  /** DER. */
  readonly ca: Buffer
  readonly leafKey: KeyObject
}

/** Makes a certificate authority that exists once, signs one leaf for C2PA claims with it and forgets its key (RFC 5280; ECDSA P-256). */
export function makeChain(organization: string, now: Date, years = 5): Chain {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spkiOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' })
  const caSpki = spkiOf(ca.publicKey)
  const leafSpki = spkiOf(leaf.publicKey)
  const caName = name(organization, `${organization} local CA`)
  const notBefore = new Date(now.getTime() - 86_400_000)
  const notAfter = new Date(now.getTime() + years * 365 * 86_400_000)
  const common = { issuer: caName, issuerKey: ca.privateKey, notBefore, notAfter }
  const subjectKeyId = (spki: Uint8Array) => extension('2.5.29.14', false, octets(keyId(spki)))
  const authorityKeyId = extension('2.5.29.35', false, sequence(element(0x80, keyId(caSpki))))
  return {
    ca: certificate({
      ...common,
      subject: caName,
      spki: caSpki,
      extensions: [
        extension('2.5.29.19', true, sequence(boolean(true), integer(Buffer.from([0])))),
        extension('2.5.29.15', true, bits(Buffer.from([0x06]), 1)),
        subjectKeyId(caSpki),
      ],
    }),
    leaf: certificate({
      ...common,
      subject: name(organization, `${organization} signer`),
      spki: leafSpki,
      extensions: [
        extension('2.5.29.19', true, sequence()),
        extension('2.5.29.15', true, bits(Buffer.from([0x80]), 7)),
        extension('2.5.29.37', false, sequence(oid(EMAIL_PROTECTION), oid(C2PA_SIGNING))),
        authorityKeyId,
        subjectKeyId(leafSpki),
      ],
    }),
    leafKey: leaf.privateKey,
  }
}
