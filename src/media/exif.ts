// EXIF is a TIFF file of its own (CIPA DC-008): directories of twelve-byte entries that point into the same block.

const ORIENTATION = 0x0112
const EXIF_DIRECTORY = 0x8769
/** Position, what only the camera's maker understands, serial numbers, and the owner's name. */
const DROPPED = new Set([0x8825, 0x927c, 0xa430, 0xa431, 0xa435])
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]
const MARK = Buffer.from('Exif\0\0', 'latin1')

/** The block behind its mark, in the order of bytes that it says. */
class Block {
  readonly data: Buffer
  readonly #isLittle: boolean

  constructor(data: Buffer) {
    this.data = data
    this.#isLittle = data.toString('latin1', 0, 2) === 'II'
  }

  u16(at: number): number {
    return this.#isLittle ? this.data.readUInt16LE(at) : this.data.readUInt16BE(at)
  }

  u32(at: number): number {
    return this.#isLittle ? this.data.readUInt32LE(at) : this.data.readUInt32BE(at)
  }

  put16(value: number, at: number): void {
    if (this.#isLittle) this.data.writeUInt16LE(value, at)
    else this.data.writeUInt16BE(value, at)
  }
}

/** Overwrites what an entry points to; for a directory, what its entries point to as well. */
function wipe(block: Block, entry: number, depth = 0): void {
  const { data } = block
  if (block.u16(entry) === 0x8825 && depth === 0) {
    const directory = block.u32(entry + 8)
    const count = block.u16(directory)
    for (let i = 0; i < count; i += 1) wipe(block, directory + 2 + 12 * i, 1)
    data.fill(0, directory, directory + 2 + 12 * count)
    return
  }
  const bytes = (SIZES[block.u16(entry + 2)] ?? 0) * block.u32(entry + 4)
  if (bytes > 4) data.fill(0, block.u32(entry + 8), block.u32(entry + 8) + bytes)
}

function clean(block: Block, directory: number, isFirst: boolean): void {
  const { data } = block
  let count = block.u16(directory)
  for (let i = 0; i < count; ) {
    const entry = directory + 2 + 12 * i
    const tag = block.u16(entry)
    if (!DROPPED.has(tag)) {
      if (tag === ORIENTATION) block.put16(1, entry + 8)
      if (tag === EXIF_DIRECTORY && isFirst) clean(block, block.u32(entry + 8), false)
      i += 1
      continue
    }
    wipe(block, entry)
    const end = directory + 2 + 12 * count
    data.copyWithin(entry, entry + 12, end)
    data.fill(0, end - 12, end)
    count -= 1
    block.put16(count, directory)
  }
  const next = directory + 2 + 12 * count
  // The second directory is the thumbnail's, which shows the picture as it was; it and its pixels are the rest of the block as cameras write it.
  if (isFirst) data.fill(0, next, next + 4)
}

function thumbnail(block: Block): { at: number; length: number } | undefined {
  const first = block.u32(4)
  const second = block.u32(first + 2 + 12 * block.u16(first))
  if (second === 0) return undefined
  const found = { at: 0, length: 0 }
  for (let i = 0; i < block.u16(second); i += 1) {
    const entry = second + 2 + 12 * i
    if (block.u16(entry) === 0x0201) found.at = block.u32(entry + 8)
    if (block.u16(entry) === 0x0202) found.length = block.u32(entry + 8)
  }
  return found.length > 0 ? found : undefined
}

/** An EXIF block without position, thumbnail, maker's notes and serial numbers, and upright; starts with `II` or `MM`. Undefined where it is damaged. */
export function cleanExif(exif: Buffer): Buffer | undefined {
  const block = new Block(Buffer.from(exif.subarray(0, 6).equals(MARK) ? exif.subarray(6) : exif))
  if (!/^(II|MM)$/.test(block.data.toString('latin1', 0, 2))) return undefined
  try {
    const small = thumbnail(block)
    if (small !== undefined) block.data.fill(0, small.at, small.at + small.length)
    clean(block, block.u32(4), true)
    return block.data
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
