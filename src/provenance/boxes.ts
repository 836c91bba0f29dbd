import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

/** A top-level box of an MP4 or MOV file. */
export interface TopBox {
  readonly type: string
  /** Offset of the first byte after the header. */
  readonly body: number
  /** Offset of the first byte after the box. */
  readonly end: number
  /** The box has no size of its own and reaches to the end of the file. */
  readonly open: boolean
}

/** Walks the top-level boxes of an MP4 or MOV file; stops at the first that does not make sense. */
export async function topBoxes(path: string): Promise<TopBox[]> {
  const file = await open(path, 'r')
  const boxes: TopBox[] = []
  try {
    const { size: total } = await file.stat()
    for (let at = 0; at + 8 <= total; ) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, at)
      const small = buffer.readUInt32BE(0)
      if (small === 1 && bytesRead < 16) break
      const size = small === 1 ? Number(buffer.readBigUInt64BE(8)) : small === 0 ? total - at : small
      if (size < 8 || at + size > total) break
      boxes.push({ type: buffer.toString('latin1', 4, 8), body: at + (small === 1 ? 16 : 8), end: at + size, open: small === 0 })
      at += size
    }
    return boxes
  } finally {
    await file.close()
  }
}

/** Reads bytes [from, to) of a file. */
export async function readRange(path: string, from: number, to: number): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, to - from)), 0, Math.max(0, to - from), from)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Top-level boxes that C2PA's binding of MP4 leaves out. */
const LOOSE = new Set(['ftyp', 'free', 'skip', 'mfra'])

/** SHA-256 over the heads and bodies of the boxes of an MP4 or MOV file that C2PA's own binding leaves out, so that nothing of a file is unbound. */
export async function looseBoxesHash(path: string): Promise<string> {
  const hash = createHash('sha256')
  let from = 0
  for (const { type, end } of await topBoxes(path)) {
    if (LOOSE.has(type)) hash.update(await readRange(path, from, end))
    from = end
  }
  return hash.digest('hex')
}
