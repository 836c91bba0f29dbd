import { crc32 } from '../crc.ts'
import { CODED_BITS, decodeBits, encodeBits, PAYLOAD_BITS } from './code.ts'
import { keyStream } from './lattice.ts'

/** Signs by which code words are whitened under a key, so that none is written plainly; [CODED_BITS]. */
function whitening(key: string): Int8Array {
  return Int8Array.from(keyStream(key, 'payload', CODED_BITS), (byte) => (byte & 1 ? 1 : -1))
}

/** The signs (±1, [CODED_BITS]) that carry an id and its checksum. Throws TypeError for an id that is not 16 hexadecimal digits or 64 bits. */
export function encodePayload(id: string | bigint, key: string): Int8Array {
  const hex = typeof id === 'bigint' ? id.toString(16).padStart(16, '0') : id
  if (!/^[0-9a-f]{16}$/.test(hex)) throw new TypeError(`expected an id of 16 hexadecimal digits but found ${hex}`)
  const bytes = Buffer.alloc(PAYLOAD_BITS / 8)
  bytes.write(hex, 'hex')
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  const white = whitening(key)
  return encodeBits(Uint8Array.from({ length: PAYLOAD_BITS }, (_, i) => (bytes[i >> 3]! >> (7 - (i & 7))) & 1)).map(
    (sign, i) => sign * white[i]!,
  )
}

/** The id whose code word the votes ([CODED_BITS], positive: +1) are nearest to, or undefined where its checksum is wrong: by chance it is right once in 2^32 times. */
export function decodePayload(votes: Float32Array, key: string): string | undefined {
  const white = whitening(key)
  const bytes = Buffer.alloc(PAYLOAD_BITS / 8)
  decodeBits(votes.map((vote, i) => vote * white[i]!)).forEach((bit, i) => {
    bytes[i >> 3]! |= bit << (7 - (i & 7))
  })
  return crc32(bytes.subarray(0, 8)) === bytes.readUInt32BE(8) ? bytes.toString('hex', 0, 8) : undefined
}
