import { type FileHandle, open } from 'node:fs/promises'

// ffmpeg's MP4 writer does not know how long the last frame of a pipe lasts: old builds write 0, so that players and decoders drop the
// frame; new ones guess. The clip it was made from knows. Boxes after ISO/IEC 14496-12; only numbers change, no box moves.

interface Atom {
  readonly type: string
  /** Bytes after the box header. */
  readonly body: Buffer
}

function* atoms(data: Buffer): Generator<Atom> {
  let at = 0
  while (at + 8 <= data.length) {
    const short = data.readUInt32BE(at)
    const head = short === 1 ? 16 : 8
    const size = short === 1 ? Number(data.readBigUInt64BE(at + 8)) : short === 0 ? data.length - at : short
    if (size < head || at + size > data.length) return
    yield { type: data.toString('latin1', at + 4, at + 8), body: data.subarray(at + head, at + size) }
    at += size
  }
}

function find(data: Buffer | undefined, ...path: string[]): Buffer | undefined {
  let here = data
  for (const type of path) {
    if (here === undefined) return undefined
    here = [...atoms(here)].find((atom) => atom.type === type)?.body
  }
  return here
}

/** A duration field whose width and place depend on the box's version. */
function field(body: Buffer, at32: number, at64: number): { get(): number; set(value: number): void } {
  const is64 = body[0] === 1
  return {
    get: () => (is64 ? Number(body.readBigUInt64BE(at64)) : body.readUInt32BE(at32)),
    set: (value) => void (is64 ? body.writeBigUInt64BE(BigInt(value), at64) : body.writeUInt32BE(value, at32)),
  }
}

function timescale(body: Buffer): number {
  return body.readUInt32BE(body[0] === 1 ? 20 : 12)
}

/** Sets the edit that shows the track to `duration` movie ticks; returns the track's whole length with the empty edits before it. */
function setEdit(list: Buffer | undefined, duration: number): number {
  if (list === undefined) return duration
  const is64 = list[0] === 1
  const size = is64 ? 20 : 12
  let before = 0
  for (let i = 0; i < list.readUInt32BE(4); i += 1) {
    const entry = list.subarray(8 + i * size, 8 + (i + 1) * size)
    const isEmpty = is64 ? entry.readBigInt64BE(8) === -1n : entry.readInt32BE(4) === -1
    if (isEmpty) before += is64 ? Number(entry.readBigUInt64BE(0)) : entry.readUInt32BE(0)
    else if (is64) entry.writeBigUInt64BE(BigInt(duration), 0)
    else entry.writeUInt32BE(duration, 0)
  }
  return before + duration
}

/** Makes the last video frame of a `moov` box last `lastS` seconds. Returns whether anything changed. */
export function patchLastDuration(moov: Buffer, lastS: number): boolean {
  const movie = find(moov, 'mvhd')
  const track = [...atoms(moov)].find(
    ({ type, body }) => type === 'trak' && find(body, 'mdia', 'hdlr')?.toString('latin1', 8, 12) === 'vide',
  )?.body
  const media = find(track, 'mdia', 'mdhd')
  const header = find(track, 'tkhd')
  const times = find(track, 'mdia', 'minf', 'stbl', 'stts')
  if (!movie || !media || !header || !times) return false
  const last = 8 + (times.readUInt32BE(4) - 1) * 8
  const wanted = Math.max(1, Math.round(lastS * timescale(media)))
  const found = last >= 8 ? times.readUInt32BE(last + 4) : wanted
  if (found === wanted || times.readUInt32BE(last) !== 1) return false
  times.writeUInt32BE(wanted, last + 4)
  const mediaLength = field(media, 16, 24)
  mediaLength.set(mediaLength.get() + wanted - found)
  const shown = Math.ceil((mediaLength.get() * timescale(movie)) / timescale(media))
  const trackLength = field(header, 20, 28)
  trackLength.set(setEdit(find(track, 'edts', 'elst'), shown))
  const movieLength = field(movie, 16, 24)
  movieLength.set(Math.max(movieLength.get(), trackLength.get()))
  return true
}

async function moovOf(file: FileHandle): Promise<{ at: number; data: Buffer } | undefined> {
  const { size: end } = await file.stat()
  const head = Buffer.alloc(16)
  for (let at = 0; at + 8 <= end; ) {
    await file.read(head, 0, 16, at)
    const short = head.readUInt32BE(0)
    const size = short === 1 ? Number(head.readBigUInt64BE(8)) : short === 0 ? end - at : short
    const skip = short === 1 ? 16 : 8
    if (size < skip) return undefined
    if (head.toString('latin1', 4, 8) === 'moov') {
      const data = Buffer.alloc(size - skip)
      await file.read(data, 0, data.length, at + skip)
      return { at: at + skip, data }
    }
    at += size
  }
  return undefined
}

/** Makes the last video frame of an MP4 or MOV file last `lastS` seconds, in place. */
export async function setLastDuration(path: string, lastS: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const moov = await moovOf(file)
    if (moov !== undefined && patchLastDuration(moov.data, lastS)) await file.write(moov.data, 0, moov.data.length, moov.at)
  } finally {
    await file.close()
  }
}
