import { type KeyObject, sign } from 'node:crypto'

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

/**
 * A whole COSE_Sign1 (tag 18, detached payload) over `claim` by ES256, of exactly `reserved` bytes: the space that is left over is filled by the
 * unprotected header `pad` (C2PA 2.x, "Signing a claim"; RFC 9052).
 */
export function coseSign1(claim: Uint8Array, key: KeyObject, chain: readonly Uint8Array[], reserved: number): Uint8Array<ArrayBuffer> {
  const protectedHeader = Buffer.concat([head(5, 2), head(0, 1), head(1, 6), head(0, 33), array(...chain.map(bytes))])
  const toBeSigned = array(text('Signature1'), bytes(protectedHeader), bytes(Buffer.alloc(0)), bytes(claim))
  const signature = sign('sha256', toBeSigned, { key, dsaEncoding: 'ieee-p1363' })
  const build = (...pads: readonly (readonly [string, number])[]) => {
    const unprotectedHeader = [head(5, pads.length), ...pads.flatMap(([name, size]) => [text(name), bytes(Buffer.alloc(size))])]
    return Buffer.concat([
      head(6, 18),
      array(bytes(protectedHeader), Buffer.concat(unprotectedHeader), Buffer.from([0xf6]), bytes(signature)),
    ])
  }
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
