import { createCipheriv, createHash } from 'node:crypto'

/** Name of the method, as manifests state it in their soft binding. */
export const WATERMARK_ALGORITHM = 'dfk.haar-dct.1'

/** Side of a block in pixels: 8 × 8 coefficients of the picture halved by Haar's low pass. */
export const BLOCK = 16

/** Frequencies (across, down) that carry the mark: low enough to survive coding, without those that hold most of the picture. */
export const FREQUENCIES: readonly (readonly [number, number])[] = [
  [1, 1],
  [2, 0],
  [0, 2],
  [2, 1],
  [1, 2],
  [3, 0],
  [0, 3],
  [2, 2],
  [3, 1],
  [1, 3],
]

/** 64 bits of the id and 32 of its checksum. */
export const PAYLOAD_BITS = 96

/** Which coefficient carries which bit under which sign, for pictures of one size and one key. */
export interface Layout {
  readonly columns: number
  readonly rows: number
  /** Bit that each coefficient carries; [rows * columns * FREQUENCIES.length]. */
  readonly bit: Uint8Array
  /** +1 or −1 for each. */
  readonly chip: Int8Array
  /** Scratch space: the coefficients. */
  readonly coefficients: Float32Array
}

function stream(key: string, purpose: string, size: number): Buffer {
  const secret = createHash('sha256').update(`${WATERMARK_ALGORITHM} ${purpose} ${key}`).digest()
  return createCipheriv('aes-256-ctr', secret, Buffer.alloc(16)).update(Buffer.alloc(size))
}

const layouts = new Map<string, Layout>()

/** The layout for a size and a key; the last few are kept. */
export function layoutFor(width: number, height: number, key: string): Layout {
  const name = `${width}x${height} ${key}`
  const known = layouts.get(name)
  if (known !== undefined) return known
  const columns = Math.floor(width / BLOCK)
  const rows = Math.floor(height / BLOCK)
  const size = columns * rows * FREQUENCIES.length
  const random = stream(key, `${columns} ${rows}`, size * 5)
  const bit = Uint8Array.from({ length: size }, (_, i) => i % PAYLOAD_BITS)
  const chip = Int8Array.from({ length: size }, (_, i) => (random[size * 4 + i]! & 1 ? 1 : -1))
  for (let i = size - 1; i > 0; i--) {
    const j = random.readUInt32LE(i * 4) % (i + 1)
    const held = bit[i]!
    bit[i] = bit[j]!
    bit[j] = held
  }
  if (layouts.size >= 4) layouts.clear()
  const layout = { columns, rows, bit, chip, coefficients: new Float32Array(size) }
  layouts.set(name, layout)
  return layout
}

const whitenings = new Map<string, Uint8Array>()

/** The bits by which a payload is whitened, so that no flat picture reads as a payload. */
export function whitening(key: string): Uint8Array {
  const known = whitenings.get(key)
  if (known !== undefined) return known
  const bits = Uint8Array.from(stream(key, 'payload', PAYLOAD_BITS), (byte) => byte & 1)
  if (whitenings.size >= 4) whitenings.clear()
  whitenings.set(key, bits)
  return bits
}
