import { crc32 } from './crc.ts'
import { PAYLOAD_BITS, whitening } from './watermark-layout.ts'

/** How many of the least certain bits a reader may turn over: 2^8 tries against a 32-bit checksum let 6e-8 of unmarked pictures pass. */
const FLIPS = 8

/** The signs (±1) of the bits to carry: id, checksum, whitened by the key. Throws TypeError for an id that is not 16 hexadecimal digits or 64 bits. */
export function encodePayload(id: string | bigint, key: string): Int8Array {
  const hex = typeof id === 'bigint' ? id.toString(16).padStart(16, '0') : id
  if (!/^[0-9a-f]{16}$/.test(hex)) throw new TypeError(`expected an id of 16 hexadecimal digits but found ${hex}`)
  const bytes = Buffer.alloc(12)
  bytes.write(hex, 'hex')
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  const white = whitening(key)
  return Int8Array.from({ length: PAYLOAD_BITS }, (_, i) => (((bytes[i >> 3]! >> (7 - (i & 7))) & 1) ^ white[i]! ? 1 : -1))
}

function idOf(bits: Uint8Array): string | undefined {
  const bytes = Buffer.alloc(12)
  bits.forEach((bit, i) => {
    bytes[i >> 3]! |= bit << (7 - (i & 7))
  })
  return crc32(bytes.subarray(0, 8)) === bytes.readUInt32BE(8) ? bytes.toString('hex', 0, 8) : undefined
}

/** Reads the id out of soft votes (positive: 1), turning over the least certain bits until the checksum fits (Chase, 1972). */
export function decodePayload(votes: Float32Array, key: string): { readonly id: string; readonly corrected: number } | undefined {
  const white = whitening(key)
  const bits = Uint8Array.from(votes, (vote, i) => (vote > 0 ? 1 : 0) ^ white[i]!)
  const doubtful = [...votes.keys()].sort((a, b) => Math.abs(votes[a]!) - Math.abs(votes[b]!)).slice(0, FLIPS)
  for (let pattern = 0; pattern < 1 << FLIPS; pattern++) {
    const turned = doubtful.filter((_, i) => (pattern >> i) & 1)
    const tried = Uint8Array.from(bits)
    for (const i of turned) tried[i]! ^= 1
    const id = idOf(tried)
    if (id !== undefined) return { id, corrected: turned.length }
  }
  return undefined
}
