import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { readBoundary } from '../../../src/detect/witnesses/boundary.ts'
import { readCompression } from '../../../src/detect/witnesses/compression.ts'
import { readResidual } from '../../../src/detect/witnesses/residual.ts'
import { viewOf } from '../../../src/detect/witnesses/view.ts'
import type { Reading } from '../../../src/detect/witnesses/witness.ts'
import { createPicture, type Picture } from '../../../src/picture/picture.ts'
import { cropPicture } from '../../../src/picture/resize.ts'
import { IDENTITY, warpAffine } from '../../../src/picture/warp.ts'
import { soften } from '../blended.ts'
import { madeUpFace, pasted, SIDE_PX, texture } from './scene.ts'

const SEEDS = [1, 2, 3]
const face = madeUpFace()

function measuresOf(reading: Reading): Readonly<Record<string, number>> {
  if ('silent' in reading) throw new Error(`expected measures but found: ${reading.silent}`)
  return reading.measures
}

const residual = (picture: Picture) => measuresOf(readResidual(viewOf(picture, face)!))
const boundary = (picture: Picture) => measuresOf(readBoundary(viewOf(picture, face)!))
const compression = (picture: Picture) => measuresOf(readCompression(picture, face))

async function asJpeg({ width, height, data }: Picture, quality: number): Promise<Picture> {
  const jpeg = await sharp(data, { raw: { width, height, channels: 3 } }).jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer() // biome-ignore format: one thought
  return { width, height, data: new Uint8Array(await sharp(jpeg).removeAlpha().raw().toBuffer()) }
}

describe('the residual witness', () => {
  it.each(SEEDS)('sees a softened face in its surroundings, and none where all is of one exposure (%i)', (seed) => {
    const real = texture(seed)
    const [calm, fake] = [residual(real), residual(pasted(real, soften(texture(seed + 10), 0.4)))]
    expect(Math.abs(calm['fine']!)).toBeLessThan(0.15)
    expect(Math.abs(calm['surprise']!)).toBeLessThan(0.15)
    expect(fake['fine']).toBeLessThan(-0.5)
    expect(fake['surprise']).toBeLessThan(-0.5)
    expect(fake['slopeSize']).toBeGreaterThan(calm['slopeSize']! + 0.2)
  })

  it('sees grain that only the face has', () => {
    const fake = residual(pasted(texture(4, 5, 4), texture(4, 6, 40)))
    expect(fake['fine']).toBeGreaterThan(0.4)
    expect(fake['surprise']).toBeGreaterThan(0.4)
  })

  it('cannot say where the picture ends at the face', () => {
    const picture = cropPicture(texture(1), { x: 68, y: 54, width: 104, height: 132 })
    const cut = { landmarks: madeUpFace(-68, -54).landmarks }
    expect(readResidual(viewOf(picture, cut)!)).toEqual({ silent: expect.stringContaining('Too little') })
  })
})

describe('the boundary witness', () => {
  it.each(SEEDS)('sees a seam of colour, of light and of sharpness where they are, and none in one picture (%i)', (seed) => {
    const real = texture(seed)
    const calm = boundary(real)
    const redder = { ...real, data: real.data.map((value, i) => (i % 3 === 0 ? Math.min(255, value + 14) : value)) }
    expect(boundary(pasted(real, redder))['redOutline']).toBeGreaterThan(Math.max(0, calm['redOutline']!) + 0.7)
    expect(Math.abs(boundary(pasted(real, redder))['redSteady']!)).toBeGreaterThan(Math.abs(calm['redSteady']!) + 1)
    const soft = boundary(pasted(real, soften(real, 0.4)))
    expect(soft['sharpnessDrop']).toBeGreaterThan(calm['sharpnessDrop']! + 0.2)
    expect(soft['noiseSteady']).toBeGreaterThan(calm['noiseSteady']! + 1)
  })

  it('cannot say where the outline is out of the picture', () => {
    const picture = cropPicture(texture(1), { x: 90, y: 0, width: 60, height: SIDE_PX })
    expect(readBoundary(viewOf(picture, madeUpFace(-90))!)).toEqual({ silent: expect.stringContaining('Too little') })
  })
})

describe('the compression witness', () => {
  it.each(SEEDS)(
    'sees that a face lacks the grid and the steps of its surroundings, and none of that in a whole JPEG (%i)',
    async (seed) => {
      const jpeg = await asJpeg(texture(seed), 60)
      const [calm, fake] = [compression(jpeg), compression(pasted(jpeg, texture(seed + 10)))]
      expect(Math.abs(calm['gridLost']!)).toBeLessThan(0.12)
      expect(Math.abs(calm['stepsLost']!)).toBeLessThan(0.1)
      expect(fake['gridLost']).toBeGreaterThan(calm['gridLost']! + 0.1)
      expect(fake['stepsLost']).toBeGreaterThan(0.3)
    },
  )

  it('sees another grid in the face', async () => {
    const jpeg = await asJpeg(texture(4), 60)
    const shifted = warpAffine(await asJpeg(texture(14), 40), { ...IDENTITY, tx: 3, ty: 5 }, SIDE_PX, SIDE_PX, 'replicate')
    expect(compression(pasted(jpeg, shifted))['gridForeign']).toBeGreaterThan(compression(jpeg)['gridForeign']! + 0.2)
  })

  it('cannot say where nothing was ever compressed', () => {
    const flat = createPicture(SIDE_PX, SIDE_PX)
    expect(readCompression({ ...flat, data: flat.data.fill(100) }, face)).toEqual({ silent: expect.stringContaining('No traces') })
  })
})
