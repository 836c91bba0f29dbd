const XMP_FLAG = 0x04
const ALPHA_FLAG = 0x10

interface Chunk {
  readonly type: string
  /** With its head and its padding. */
  readonly bytes: Buffer
}

function chunksOf(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4)
    const end = at + 8 + size + (size & 1)
    chunks.push({ type: bytes.toString('latin1', at, at + 4), bytes: bytes.subarray(at, end) })
    at = end
  }
  return chunks
}

function chunk(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8, type, 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length & 1)])
}

/** Size and transparency of a simple WebP, out of its only picture (RFC 9649, 2.5 and 3.4). */
function simple({ type, bytes }: Chunk): { readonly width: number; readonly height: number; readonly alpha: boolean } {
  if (type === 'VP8L') {
    const packed = bytes.readUInt32LE(9)
    return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1, alpha: (packed & (1 << 28)) !== 0 }
  }
  return { width: bytes.readUInt16LE(14) & 0x3fff, height: bytes.readUInt16LE(16) & 0x3fff, alpha: false }
}

/** The head by which a WebP says what else than a picture it has. */
function extended(chunks: readonly Chunk[]): Buffer {
  const there = chunks.find(({ type }) => type === 'VP8X')
  if (there !== undefined) {
    const head = Buffer.from(there.bytes)
    head[8]! |= XMP_FLAG
    return head
  }
  const { width, height, alpha } = simple(chunks[0]!)
  const body = Buffer.alloc(10)
  body[0] = XMP_FLAG | (alpha ? ALPHA_FLAG : 0)
  body.writeUIntLE(width - 1, 4, 3)
  body.writeUIntLE(height - 1, 7, 3)
  return chunk('VP8X', body)
}

/** The WebP image with an XMP packet in it; unchanged where it has XMP of its own. */
export function addXmpToWebp(bytes: Buffer, packet: Buffer): Buffer {
  const chunks = chunksOf(bytes)
  if (chunks.some(({ type }) => type === 'XMP ')) return bytes
  const rest = chunks.filter(({ type }) => type !== 'VP8X').map((each) => each.bytes)
  const body = Buffer.concat([Buffer.from('WEBP'), extended(chunks), ...rest, chunk('XMP ', packet)])
  const size = Buffer.alloc(4)
  size.writeUInt32LE(body.length)
  return Buffer.concat([Buffer.from('RIFF'), size, body])
}
