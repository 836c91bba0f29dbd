import { deflateSync } from 'node:zlib'

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value >>> 0
})

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  let crc = 0xffffffff
  for (const byte of body) crc = TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8)
  const ends = [Buffer.alloc(4), Buffer.alloc(4)] as const
  ends[0].writeUInt32BE(data.length)
  ends[1].writeUInt32BE(~crc >>> 0)
  return Buffer.concat([ends[0], body, ends[1]])
}

/** Length of a PNG's signature and header chunk. */
const HEAD = 33

/** Pixels a metre, both ways. */
function perMetre(density: number): Buffer {
  const data = Buffer.alloc(9)
  data.writeUInt32BE(Math.round(density / 0.0254), 0)
  data.writeUInt32BE(Math.round(density / 0.0254), 4)
  data[8] = 1
  return data
}

/** What a PNG says of its samples, beside them. */
export interface PngDescription {
  readonly icc?: Buffer | undefined
  readonly exif?: Buffer | undefined
  /** Pixels an inch. */
  readonly density?: number | undefined
}

/** A PNG that says which colour profile its samples are in, at which density, and carries EXIF (PNG specification: iCCP, pHYs, eXIf); no sample changes. */
export function describePng(png: Buffer, { icc, exif, density }: PngDescription): Buffer {
  const more = [
    ...(icc === undefined ? [] : [chunk('iCCP', Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(icc)]))]),
    ...(density === undefined ? [] : [chunk('pHYs', perMetre(density))]),
    ...(exif === undefined ? [] : [chunk('eXIf', exif)]),
  ]
  return Buffer.concat([png.subarray(0, HEAD), ...more, png.subarray(HEAD)])
}
