import { sign } from 'node:crypto'
import { algorithmOf } from './algorithm.ts'
import type { Signer } from './types.ts'

/** CBOR's head: major type and argument. */
function head(major: number, value: number): Buffer {
  const top = major << 5
  if (value < 24) return Buffer.from([top | value])
  if (value < 0x100) return Buffer.from([top | 24, value])
  if (value < 0x10000) return Buffer.from([top | 25, value >> 8, value & 255])
  return Buffer.from([top | 26, (value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255])
}

const bytes = (value: Uint8Array): Buffer => Buffer.concat([head(2, value.length), value])
const text = (value: string): Buffer => Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
const array = (...items: readonly Uint8Array[]): Buffer => Buffer.concat([head(4, items.length), ...items])

/** How much longer than its content a byte string of `size` bytes is. */
const headSize = (size: number) => head(2, size).length

/** The unprotected header in which a time-stamp token lies: over the signature, as `sigTst2` wants it (C2PA 2.x, "Time-stamps"). */
function stampHeader(token: Uint8Array): Buffer {
  return Buffer.concat([text('sigTst2'), head(5, 1), text('tstTokens'), array(Buffer.concat([head(5, 1), text('val'), bytes(token)]))])
}

/** Asks for a time-stamp token over bytes. */
export type AskTimeStamp = (signed: Uint8Array) => Promise<Uint8Array>

type Pad = readonly [name: string, size: number]

function protectedHeaderOf({ key, chain }: Signer): Buffer {
  const certificates = chain.length === 1 ? bytes(chain[0]!) : array(...chain.map(bytes))
  return Buffer.concat([head(5, 2), head(0, 1), head(1, -1 - algorithmOf(key).cose), head(0, 33), certificates])
}

function encode(protectedHeader: Buffer, signature: Uint8Array, token: Uint8Array | undefined, pads: readonly Pad[]): Buffer {
  const stamps = token === undefined ? [] : [stampHeader(token)]
  const padding = pads.map(([name, size]) => Buffer.concat([text(name), bytes(Buffer.alloc(size))]))
  const unprotectedHeader = Buffer.concat([head(5, stamps.length + padding.length), ...stamps, ...padding])
  return Buffer.concat([head(6, 18), array(bytes(protectedHeader), unprotectedHeader, Buffer.from([0xf6]), bytes(signature))])
}

/** How long this signer's COSE_Sign1 is, with a time-stamp token of so many bytes, if any. */
export function coseLength(signer: Signer, tokenBytes: number | undefined): number {
  const token = tokenBytes === undefined ? undefined : Buffer.alloc(tokenBytes)
  return encode(protectedHeaderOf(signer), Buffer.alloc(algorithmOf(signer.key).signatureBytes), token, []).length
}

/**
 * A whole COSE_Sign1 (tag 18, detached payload) over `claim`, of exactly `reserved` bytes: space that is left over is filled by the
 * unprotected header `pad` (C2PA 2.x, "Signing a claim"; RFC 9052, RFC 9360).
 */
export async function coseSign1(
  claim: Uint8Array,
  signer: Signer,
  reserved: number,
  askTimeStamp?: AskTimeStamp,
): Promise<Uint8Array<ArrayBuffer>> {
  const protectedHeader = protectedHeaderOf(signer)
  const toBeSigned = array(text('Signature1'), bytes(protectedHeader), bytes(Buffer.alloc(0)), bytes(claim))
  const signature = sign(algorithmOf(signer.key).hash, toBeSigned, { key: signer.key, dsaEncoding: 'ieee-p1363' })
  // The library's readers hash the signature as CBOR inside of a structure of its own, as for a counter-signature (RFC 9052, 4.4).
  const counterSigned = array(text('CounterSignature'), bytes(protectedHeader), bytes(Buffer.alloc(0)), bytes(bytes(signature)))
  const token = await askTimeStamp?.(counterSigned)
  return padTo(reserved, (...pads) => encode(protectedHeader, signature, token, pads))
}

/** Fills what `build` makes up to exactly `reserved` bytes. */
function padTo(reserved: number, build: (...pads: readonly Pad[]) => Buffer): Uint8Array<ArrayBuffer> {
  const bare = build()
  if (bare.length === reserved) return Uint8Array.from(bare)
  const spare = reserved - build(['pad', 0]).length
  if (spare < 0) throw new Error(`${-spare} bytes too few reserved for the signature`)
  for (let size = spare; size >= 0 && size >= spare - 8; size--) {
    if (size + headSize(size) - 1 === spare) return Uint8Array.from(build(['pad', size]))
  }
  // One byte falls between two lengths of the head: a second, small pad makes up for it.
  for (let second = 0; second < 8; second++) {
    const rest = reserved - build(['pad', 0], ['pad2', second]).length
    for (let size = rest; size >= 0 && size >= rest - 8; size--) {
      if (size + headSize(size) - 1 === rest) return Uint8Array.from(build(['pad', size], ['pad2', second]))
    }
  }
  throw new Error('no padding fits the space reserved for the signature')
}
