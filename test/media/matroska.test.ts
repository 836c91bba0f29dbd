import { describe, expect, it } from 'vitest'
import { matroskaFrameHeader, matroskaHeader } from '../../src/media/matroska.ts'
import { patchLastDuration } from '../../src/media/mp4-duration.ts'
import { pixelTag } from '../../src/media/pixels.ts'

describe('matroska', () => {
  it('states lengths that match what follows', () => {
    const header = Buffer.from(matroskaFrameHeader(1.5, 30))
    expect(header.readUInt32BE(0)).toBe(0x1f43b675)
    const cluster = Number(header.readBigUInt64BE(4) & 0xff_ffff_ffff_ffffn)
    expect(cluster).toBe(header.length - 12 + 30)
    expect(header.readBigUInt64BE(12 + 9)).toBe(1_500_000n)
  })

  it('names samples as ffmpeg reads them', () => {
    const header = Buffer.from(matroskaHeader(400, 300, 40_000_000, pixelTag('yuv422p10le')))
    expect(header.includes('V_UNCOMPRESSED')).toBe(true)
    expect(header.includes(Buffer.from('Y3\n\n'))).toBe(true)
  })
})

function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(body.length + 8, 0)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, body])
}

function words(...values: number[]): Buffer {
  const data = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => void data.writeInt32BE(value, index * 4))
  return data
}

/** A movie of 75 frames at 25 a second on a 90 kHz clock whose last frame lasts `last` ticks. */
function movie(last: number): Buffer {
  const media = 74 * 3600 + last
  const shown = Math.ceil(media / 90)
  const times = box('stts', words(0, 2, 74, 3600, 1, last))
  const handler = box('hdlr', Buffer.concat([words(0, 0), Buffer.from('vide')]))
  const mdia = box('mdia', box('mdhd', words(0, 0, 0, 90_000, media)), handler, box('minf', box('stbl', times)))
  const track = box(
    'trak',
    box('tkhd', words(0, 0, 0, 1, 0, shown + 40)),
    box('edts', box('elst', words(0, 2, 40, -1, 65536, shown, 0, 65536))),
    mdia,
  )
  return Buffer.concat([box('mvhd', words(0, 0, 0, 1000, shown + 40)), track])
}

describe('last frame of an MP4', () => {
  it('gets its duration in every box that counts it', () => {
    const moov = movie(0)
    expect(patchLastDuration(moov, 0.04)).toBe(true)
    expect(moov.equals(movie(3600))).toBe(true)
    expect(patchLastDuration(moov, 0.04)).toBe(false)
  })

  it('shrinks as well as grows', () => {
    const moov = movie(9000)
    expect(patchLastDuration(moov, 0.04)).toBe(true)
    expect(moov.subarray(-4).readUInt32BE(0)).toBe(3600)
  })
})
