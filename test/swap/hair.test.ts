import { describe, expect, it } from 'vitest'
import { swapOptions } from '../../src/commands/swap-options.ts'
import { requestOf } from '../../src/commands/swap-request.ts'
import { createPicture } from '../../src/picture/picture.ts'
import { cutFace } from '../../src/swap/cut.ts'
import { fitFace } from '../../src/swap/face.ts'
import { hairOnForehead } from '../../src/swap/hair.ts'
import { FaceMemory } from '../../src/swap/look.ts'
import { viewOf } from '../../src/swap/view.ts'
import { PLAIN_LOOK } from './man.ts'
import { facePixels, field, ovalLandmarks } from './seamSupport.ts'

const SIZE = 64
const BROWS = 0.34
const whole = new Float32Array(SIZE * SIZE).fill(1)
/** Above the brows at the left. */
const isFringe = (x: number, y: number) => x > 0.2 && x < 0.45 && y > 0.1 && y < 0.25
const fringe = field(SIZE, (x, y) => (isFringe(x, y) ? 1 : 0))
/** A face with hair of `share` times its light in the forehead. */
const haired = (share: number, light = 1) =>
  facePixels(SIZE, light).map((value, i) => value * (fringe[Math.floor(i / 3)] === 1 ? share : 1))
const at = (plane: Float32Array, x: number, y: number) => {
  const size = Math.sqrt(plane.length)
  return plane[Math.floor(y * size) * size + Math.floor(x * size)]!
}

describe('hair on the forehead', () => {
  it.each([0.3, 1])('is found where it is dark, in light and shade (%d), and a little beyond', (light) => {
    const found = hairOnForehead(haired(0.4, light), whole, BROWS, SIZE)
    expect(at(found, 0.3, 0.18)).toBeGreaterThan(0.98)
    expect(at(found, 0.2 - 1 / SIZE, 0.18)).toBeGreaterThan(0.3)
    expect(at(found, 0.6, 0.18)).toBe(0)
    expect(at(found, 0.3, 0.32)).toBe(0)
  })

  it('is not seen in a face without it: neither brows nor eyes nor a shaded side', () => {
    expect(Math.max(...hairOnForehead(facePixels(SIZE), whole, BROWS, SIZE))).toBe(0)
  })

  it('is not seen below the brows, in the lighter half of what skin may be, or without any skin to go by', () => {
    expect(Math.max(...hairOnForehead(haired(0.4), whole, 0.05, SIZE))).toBe(0)
    expect(Math.max(...hairOnForehead(haired(0.9), whole, BROWS, SIZE))).toBeLessThan(0.1)
    expect(Math.max(...hairOnForehead(haired(0.4), new Float32Array(SIZE * SIZE), BROWS, SIZE))).toBe(0)
  })

  it('counts in part where it lets skin through', () => {
    const found = at(hairOnForehead(haired(0.76), whole, BROWS, SIZE), 0.3, 0.18)
    expect(found).toBeGreaterThan(0.2)
    expect(found).toBeLessThan(0.9)
  })
})

describe('dfk swap --hair', () => {
  const landmarks = ovalLandmarks(110, 90, 90)
  const cut = { ...cutFace(viewOf(createPicture(220, 180)), landmarks, SIZE, false), browY: BROWS, rgb: facePixels(SIZE) }
  const shown = (seen: Float32Array, drawn: Float32Array, hair: number, kind: 'both' | 'hull' | 'learned' = 'both') => {
    const look = { ...PLAIN_LOOK, hair, mask: { kind, erodePercent: 0, blurPercent: 4 } }
    const { mask } = fitFace({ ...cut, rgb: seen }, { rgb: drawn, mask: whole }, look, new FaceMemory(look), 0)
    return { hair: at(mask.data, 0.32, 0.18), skin: at(mask.data, 0.6, 0.5) }
  }

  it.each(['both', 'hull', 'learned'] as const)(
    "leaves the source's hair out and the target's in front, whatever the mask is made of (%s)",
    (kind) => {
      const bare = shown(facePixels(SIZE), facePixels(SIZE), 1, kind)
      expect(bare.hair).toBeGreaterThan(0.9)
      for (const [seen, drawn] of [
        [facePixels(SIZE), haired(0.4)],
        [haired(0.4), facePixels(SIZE)],
      ] as const) {
        const { hair, skin } = shown(seen, drawn, 1, kind)
        expect(hair).toBeLessThan(0.1)
        expect(skin).toBe(bare.skin)
        expect(shown(seen, drawn, 0, kind).hair).toBe(bare.hair)
        expect(shown(seen, drawn, 0.5, kind).hair).toBeCloseTo(bare.hair / 2, 1)
      }
    },
  )

  it("keeps the source's hair out of the colours that the face is matched by", () => {
    const centre = (drawn: Float32Array) => {
      const look = { ...PLAIN_LOOK, hair: 1 }
      const { rgb, sizePx } = fitFace(cut, { rgb: drawn, mask: whole }, look, new FaceMemory(look), 0)
      return rgb[3 * (Math.floor(0.5 * sizePx) * sizePx + Math.floor(0.5 * sizePx))]!
    }
    expect(Math.abs(centre(haired(0.2)) - centre(facePixels(SIZE)))).toBeLessThan(0.02)
  })

  it('is 1 unless something else is asked for', () => {
    const asked = swapOptions.parse({ run: 'x', output: 'out.mp4' })
    expect(requestOf('/home', asked, {}).look.hair).toBe(1)
    expect(requestOf('/home', { ...asked, hair: 0 }, {}).look.hair).toBe(0)
    for (const hair of [-0.1, 1.1, Number.NaN]) expect(swapOptions.safeParse({ hair }).success).toBe(false)
  })
})
