import { describe, expect, it } from 'vitest'
import { FIELD_CELLS } from '../../src/models/retarget.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { cropPicture } from '../../src/picture/resize.ts'
import { cutFace } from '../../src/swap/cut.ts'
import { fitFace, textureFace } from '../../src/swap/face.ts'
import { enlargeFace } from '../../src/swap/fitted.ts'
import { BLENDS, FaceMemory, type Look } from '../../src/swap/look.ts'
import { type View, viewOf } from '../../src/swap/view.ts'
import { facePixels, field, ovalLandmarks } from './seamSupport.ts'

const SIZE = 32
const LOOK: Look = {
  retarget: 1,
  mask: { kind: 'both', erodePercent: 0, blurPercent: 4 },
  occlusion: 1,
  hair: 0,
  colour: 'rct',
  blend: 'feather',
  detail: 1,
  sharpen: 'auto',
  enhance: 0,
  grain: 1,
}
const landmarks = ovalLandmarks(110, 90, 90)

/** A frame with texture, so that every pixel tells where it is. */
function frame(light = 1): Picture {
  const picture = createPicture(220, 180)
  for (let i = 0; i < picture.data.length; i += 1) {
    const [x, y] = [Math.floor(i / 3) % 220, Math.floor(i / 3 / 220)]
    picture.data[i] = light * (120 + 50 * Math.sin(x / 7) * Math.cos(y / 9) + 20 * (i % 3))
  }
  return picture
}

/** Shows parts only, as a frame in planes does. */
function partly(picture: Picture): View {
  return {
    ...viewOf(picture),
    part(box) {
      const [x, y] = [Math.max(0, Math.floor(box.x)), Math.max(0, Math.floor(box.y))]
      const [right, bottom] = [
        Math.min(picture.width, Math.ceil(box.x + box.width)),
        Math.min(picture.height, Math.ceil(box.y + box.height)),
      ]
      return { picture: cropPicture(picture, { x, y, width: right - x, height: bottom - y }), x, y, step: 1 }
    },
  }
}

const rendered = (light = 1) => ({ rgb: facePixels(SIZE, light), mask: new Float32Array(SIZE * SIZE).fill(1) })

describe('cutting a face out', () => {
  it.each([
    ['inside the frame', landmarks],
    ['over its edge', ovalLandmarks(20, 40, 90)],
    ['larger than the patch', ovalLandmarks(110, 90, 20)],
  ])('sees the same in a part of the frame: %s', (_, where) => {
    const [whole, part] = [cutFace(viewOf(frame()), where, SIZE, true), cutFace(partly(frame()), where, SIZE, true)]
    const off = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))
    expect(off(whole.fine!.data, part.fine!.data)).toBeLessThanOrEqual(1)
    expect(off(whole.rgb, part.rgb)).toBeLessThan(2 / 255)
    expect(part.fine!.width).toBe(SIZE * part.factor)
  })
})

describe('fitting a face', () => {
  const cut = cutFace(viewOf(frame()), landmarks, SIZE, true)

  it.each(BLENDS)('leaves what it is given alone and the rim of the patch clear (%s)', (blend) => {
    const given = rendered()
    const before = given.rgb.slice()
    const patch = fitFace(cut, given, { ...LOOK, blend }, new FaceMemory(LOOK), 0)
    expect(given.rgb).toEqual(before)
    const { width, data } = patch.mask
    for (let i = 0; i < width; i += 1)
      for (const at of [i, (width - 1) * width + i, i * width, i * width + width - 1]) expect(data[at]).toBeLessThan(0.002)
    expect(data[(width >> 1) * width + (width >> 1)]).toBeGreaterThan(0.99)
    expect(patch.rgb.length).toBe(patch.sizePx ** 2 * 3)
    expect(patch.matrix.a).toBeCloseTo((cut.matrix.a * patch.sizePx) / SIZE, 6)
  })

  it('asks the generator nothing of where the face is where the mask is the hull', () => {
    const nothing = { ...rendered(), mask: new Float32Array(SIZE * SIZE) }
    const middle = (kind: 'both' | 'hull' | 'learned') => {
      const { mask } = fitFace(cut, nothing, { ...LOOK, mask: { ...LOOK.mask, kind } }, new FaceMemory(LOOK), 0)
      return mask.data[(mask.width >> 1) * mask.width + (mask.width >> 1)]!
    }
    expect(middle('hull')).toBeGreaterThan(0.99)
    expect([middle('both'), middle('learned')]).toEqual([0, 0])
  })

  it('lets through what covers the face, as far as it is told to', () => {
    const bar = field(SIZE, (x, y) => (x > 0.4 && x < 0.6 && y > 0.3 ? 1 : 0))
    const covered = { ...cut, rgb: facePixels(SIZE).map((value, i) => (bar[Math.floor(i / 3)] === 1 ? 0.05 : value)) }
    const faces = { ...rendered(), own: facePixels(SIZE) }
    const shown = (occlusion: number) => {
      const { mask } = fitFace(covered, faces, { ...LOOK, occlusion }, new FaceMemory(LOOK), 0)
      return mask.data[Math.floor(0.55 * mask.width) * mask.width + (mask.width >> 1)]!
    }
    expect(shown(1)).toBeLessThan(0.05)
    expect(shown(0.5)).toBeCloseTo(0.5, 1)
    expect(shown(0)).toBeGreaterThan(0.95)
  })

  it.each(['rct', 'sot'] as const)('has forgotten all that was more than a second ago (%s)', (colour) => {
    const look = { ...LOOK, colour }
    const [long, short] = [new FaceMemory(look), new FaceMemory(look)]
    let most = 0
    for (let index = 0; index <= 60; index += 1) {
      const now = cutFace(viewOf(frame(index < 30 ? 0.5 + index / 60 : 1)), landmarks, SIZE, true)
      const faces = { ...rendered(0.8 + 0.1 * Math.sin(index)), own: facePixels(SIZE) }
      const a = fitFace(now, faces, look, long, index / 25)
      if (index < 30) continue
      const b = fitFace(now, faces, look, short, index / 25)
      if (index < 56) continue
      for (let i = 0; i < a.rgb.length; i += 1) {
        const [x, y] = [Math.floor(i / 3) % a.sizePx, Math.floor(i / 3 / a.sizePx)]
        const [u, v] = [x, y].map((at) => Math.floor(((at + 0.5) * a.mask.width) / a.sizePx)) as [number, number]
        most = Math.max(most, Math.abs(a.rgb[i]! - b.rgb[i]!) * a.mask.data[v * a.mask.width + u]!)
      }
      for (let i = 0; i < a.mask.data.length; i += 1) most = Math.max(most, Math.abs(a.mask.data[i]! - b.mask.data[i]!))
    }
    expect(most).toBeLessThan(2 / 255)
  })
})

describe('a face of which nobody says how sharp it is to be', () => {
  const edges = createPicture(220, 180)
  for (let i = 0; i < edges.data.length; i += 1) {
    const [x, y] = [Math.floor(i / 3) % 220, Math.floor(i / 3 / 220)]
    edges.data[i] = 120 + 10 * (i % 3) + 60 * Math.tanh(2 * Math.sin(x / 11) * Math.cos(y / 13))
  }
  const cut = cutFace(viewOf(edges), landmarks, SIZE, true)
  const textured = (contrast: number, sharpen: Look['sharpen']) => {
    const look = { ...LOOK, detail: 0, grain: 0, sharpen }
    const rgb = cut.rgb.map((value) => 0.5 + contrast * (value - 0.5))
    return textureFace(cut, { rgb, mask: { width: 128, height: 128, data: field(128, () => 1) } }, look, new FaceMemory(look), 0).rgb
  }

  it.each([
    ['is left as it is where it is as sharp as the footage', 1.3, 0, 0],
    ['is sharpened by as much as it is softer', 1, 0.1, 0.25],
    ['and no further', 0.3, 0.4, 0.4],
  ])('%s', (_, contrast, least, most) => {
    const [auto, none, whole] = [textured(contrast, 'auto'), textured(contrast, 0), textured(contrast, 1)]
    // Sharpening is linear in what is asked for.
    const at = none.reduce((far, value, i) => (Math.abs(whole[i]! - value) > Math.abs(whole[far]! - none[far]!) ? i : far), 0)
    const share = (auto[at]! - none[at]!) / (whole[at]! - none[at]!)
    expect(share).toBeGreaterThanOrEqual(least - 0.02)
    expect(share).toBeLessThanOrEqual(most + 0.001)
  })
})

describe('a face that is to be moved on', () => {
  const cut = cutFace(viewOf(frame()), landmarks, SIZE, true)
  const move = Float32Array.from({ length: 2 * FIELD_CELLS * FIELD_CELLS }, (_, i) => (i % 2 === 0 ? 2 / SIZE : 0))
  const plain = { ...LOOK, grain: 0, sharpen: 0, detail: 0 }
  const drawn = (moved: boolean, look: Look) =>
    enlargeFace(fitFace(moved ? { ...cut, move } : cut, rendered(), look, new FaceMemory(look), 0))

  it('is drawn two pixels further on, its mask and place as they were', () => {
    const [still, moved] = [drawn(false, plain), drawn(true, plain)]
    expect([moved.sizePx, moved.matrix, moved.mask, moved.move]).toEqual([still.sizePx, still.matrix, still.mask, undefined])
    const [middle, shift] = [still.sizePx / 2, (2 * still.sizePx) / SIZE]
    for (let x = middle - 8; x < middle + 8; x += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        const at = (column: number) => (middle * still.sizePx + column) * 3 + channel
        expect(moved.rgb[at(x)]).toBeCloseTo(still.rgb[at(x - shift)]!, 4)
      }
    }
    expect(moved.rgb).not.toEqual(still.rgb)
  })

  it.each([
    { ...plain, grain: 1 },
    { ...plain, blend: 'pyramid' as const },
  ])('is moved before grain and bands are laid over it', (look) => {
    expect(drawn(true, look).rgb).not.toEqual(drawn(false, look).rgb)
  })
})
