import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { cleanExif } from '../../src/media/exif.ts'
import { alterStill, intoStillSpace, readStill, type Still, stillPicture, writeStill } from '../../src/media/still-file.ts'
import { scratchFolder } from '../support/data.ts'

const folder = scratchFolder('stills')
const file = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Saturated and soft colours, 16×8. */
function pixels(channels: 3 | 4, bits: 8 | 16): Uint8Array | Uint16Array {
  const most = bits === 8 ? 255 : 65_535
  const values = Array.from({ length: 16 * 8 * channels }, (_, i) => Math.round(((((i * 73) % 101) + 20) / 140) * most))
  return bits === 8 ? Uint8Array.from(values) : Uint16Array.from(values)
}

async function profileOf(name: 'p3'): Promise<Buffer> {
  const made = await sharp(pixels(3, 8), { raw: { width: 16, height: 8, channels: 3 } })
    .withIccProfile(name)
    .png()
    .toBuffer()
  return (await sharp(made).metadata()).icc!
}

async function still(channels: 3 | 4, bits: 8 | 16, more: Partial<Still> = {}): Promise<Still> {
  return { width: 16, height: 8, channels, bits, data: pixels(channels, bits), ...more }
}

describe('a still', () => {
  it('of several pages is refused, of which one would come out', async () => {
    const raw = { width: 16, height: 16, channels: 3, pageHeight: 8 } as const
    const moving = await sharp(Buffer.alloc(16 * 16 * 3, 90).fill(200, 0, 16 * 8 * 3), { raw })
      .webp({ loop: 0 })
      .toBuffer()
    writeFileSync(file('moving.webp'), moving)
    await expect(readStill(file('moving.webp'))).rejects.toThrow(/expected a picture of one page but .*moving\.webp has 2 \(webp\)/)
  })

  it.each([
    ['a.png', 3, 8],
    ['a.png', 4, 16],
    ['a.tif', 3, 16],
    ['a.tiff', 4, 8],
  ] as const)('%s with %i channels of %i bits comes back sample by sample, profile and density too', async (name, channels, bits) => {
    const icc = await profileOf('p3')
    const before = await still(channels, bits, { icc, density: 300 })
    await writeStill(file(name), before)
    const after = await readStill(file(name))
    expect(after).toMatchObject({ width: 16, height: 8, channels, bits, density: 300 })
    expect(after.data).toEqual(before.data)
    expect(after.icc?.equals(icc)).toBe(true)
  })

  it.each(['b.jpg', 'b.webp', 'b.avif'])('%s keeps the profile and nearly the samples', async (name) => {
    const flat = Uint8Array.from({ length: 384 }, (_, i) => [230, 40, 60][i % 3]!)
    const icc = await profileOf('p3')
    await writeStill(file(name), await still(3, 8, { icc, data: flat }))
    const after = await readStill(file(name))
    expect(after.icc?.equals(icc)).toBe(true)
    expect(Math.max(...Array.from(after.data, (value, i) => Math.abs(value - flat[i]!)))).toBeLessThanOrEqual(6)
  })

  it('is seen by networks in sRGB, and what they paint goes back into its own space', async () => {
    const own = await still(3, 8, { icc: await profileOf('p3'), data: Uint8Array.from({ length: 384 }, (_, i) => [180, 90, 60][i % 3]!) })
    const seen = await stillPicture(own)
    // Display P3's red is redder than sRGB's: the same colour has a larger red there.
    expect(seen.data[0]).toBeGreaterThan(184)
    const back = await intoStillSpace(seen, own)
    expect(Math.max(...Array.from(back, (value, i) => Math.abs(value - own.data[i]!)))).toBeLessThanOrEqual(2)
    const deep = await intoStillSpace(seen, { ...own, bits: 16 })
    expect(Math.max(...Array.from(deep, (value, i) => Math.abs(value / 257 - own.data[i]!)))).toBeLessThanOrEqual(2)
    const plain = await still(3, 8)
    expect(await intoStillSpace(await stillPicture(plain), plain)).toEqual(plain.data)
  })

  it('is upright, keeps its copyright and loses the place', async () => {
    const exif = { IFD0: { Copyright: 'a person' }, IFD3: { GPSLatitude: '51/1 30/1 3230/100', GPSLatitudeRef: 'N' } }
    const data = pixels(3, 8)
    await sharp(data, { raw: { width: 16, height: 8, channels: 3 } })
      .withMetadata({ orientation: 6, exif, density: 240 })
      .jpeg()
      .toFile(file('turned.jpg'))
    const turned = await readStill(file('turned.jpg'))
    expect([turned.width, turned.height]).toEqual([8, 16])
    for (const name of ['upright.jpg', 'upright.png', 'upright.webp']) {
      await writeStill(file(name), turned)
      const metadata = await sharp(file(name)).metadata()
      expect(metadata.orientation ?? 1).toBe(1)
      expect([metadata.autoOrient.width, metadata.autoOrient.height]).toEqual([8, 16])
      if (name !== 'upright.webp') expect(metadata.density).toBe(240)
      const text = metadata.exif!.toString('latin1')
      expect(text).toContain('a person')
      const before = (await sharp(file('turned.jpg')).metadata()).exif!
      const degrees = Buffer.from(before).indexOf(Buffer.from([51, 0, 0, 0, 1, 0, 0, 0]))
      expect(degrees).toBeGreaterThan(0)
      expect(metadata.exif!.indexOf(Buffer.from([51, 0, 0, 0, 1, 0, 0, 0]))).toBe(-1)
    }
  })

  it('of gray or CMYK samples becomes sRGB', async () => {
    await sharp({ create: { width: 8, height: 8, channels: 3, background: '#808080' } })
      .toColourspace('b-w')
      .png()
      .toFile(file('gray.png'))
    expect(await readStill(file('gray.png'))).toMatchObject({ channels: 3, bits: 8, icc: undefined })
    await sharp({ create: { width: 8, height: 8, channels: 3, background: '#c04030' } })
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toFile(file('print.jpg'))
    const print = await readStill(file('print.jpg'))
    expect(print.channels).toBe(3)
    expect(Math.abs(print.data[0]! - 0xc0)).toBeLessThan(12)
  })

  it('that is damaged or has damaged EXIF does not go further than it should', async () => {
    writeFileSync(file('cut.png'), Buffer.from('\x89PNG\r\n\x1a\nxx', 'latin1'))
    await expect(readStill(file('cut.png'))).rejects.toThrow(/expected a whole image/)
    expect(cleanExif(Buffer.from('Exif\0\0II*\0\xff\xff\xff\x7f', 'latin1'))).toBeUndefined()
    expect(cleanExif(Buffer.from('nothing'))).toBeUndefined()
  })
})

describe('a change in sRGB', () => {
  it('comes into the own space of a still, and leaves samples alone that did not change', async () => {
    const path = file('own.png')
    const wide = await sharp({ create: { width: 40, height: 30, channels: 3, background: { r: 200, g: 60, b: 40 } } })
      .withIccProfile('p3')
      .png()
      .toBuffer()
    writeFileSync(path, wide)
    const still = await readStill(path)
    const before = await stillPicture(still)
    const after = { ...before, data: before.data.slice() }
    for (let y = 10; y < 20; y += 1) after.data.fill(90, (y * 40 + 10) * 3, (y * 40 + 20) * 3)
    const altered = await alterStill(still, before, after)
    const shown = await stillPicture(altered)
    for (let i = 0; i < 40 * 30; i += 1) {
      const isChanged = i % 40 >= 10 && i % 40 < 20 && i >= 400 && i < 800
      for (let k = 0; k < 3; k += 1) {
        if (isChanged) expect(Math.abs(shown.data[i * 3 + k]! - 90)).toBeLessThanOrEqual(2)
        else expect(altered.data[i * 3 + k]).toBe(still.data[i * 3 + k])
      }
    }
  })
})
