import { describe, expect, it } from 'vitest'
import { enlargeSquare } from '../../src/picture/enlarge.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { DetailMatcher } from '../../src/swap/detail.ts'
import { MOST_SHARPENED, SoftnessMatcher } from '../../src/swap/softness.ts'
import { field, paint } from './seamSupport.ts'

const SIZE = 64
const weights = field(SIZE, () => 1)
const face = paint(SIZE, (x, y, c) => 0.5 + 0.12 * Math.sin(120 * x + c) * Math.cos(110 * y) + 0.08 * Math.sin(9 * x))

/** Footage as twice the size shows a face whose detail is `times` as strong. */
function footage(times: number): Picture {
  const strong = new DetailMatcher().match(face, face, weights, SIZE, { share: 0, sharpen: times - 1 }, 0)
  const picture = createPicture(2 * SIZE, 2 * SIZE)
  for (const [i, value] of enlargeSquare(strong, SIZE, 3, 2).entries()) picture.data[i] = Math.round(255 * Math.max(0, Math.min(1, value)))
  return picture
}

const asked = (times: number) => new SoftnessMatcher().next(face, footage(times), weights, SIZE, 0)

describe('how much a face is sharpened where nobody says', () => {
  it.each([1.1, 1.2, 1.3])('brings it to the sharpness of the footage (%f)', (times) => {
    expect(asked(times)).toBeGreaterThan(0.8 * (times - 1))
    expect(asked(times)).toBeLessThan(1.2 * (times - 1))
  })

  it('sharpens nothing that is as sharp, or sharper, and never more than its most', () => {
    expect(asked(1)).toBeLessThan(0.02)
    expect(asked(0.7)).toBe(0)
    expect(asked(3)).toBe(Math.fround(MOST_SHARPENED))
  })

  it('looks where the weights say', () => {
    const half = field(SIZE, (x) => (x < 0.5 ? 1 : 0))
    const picture = footage(1)
    const sharp = footage(1.3)
    for (let y = 0; y < 2 * SIZE; y += 1)
      for (let x = SIZE; x < 2 * SIZE; x += 1)
        for (let c = 0; c < 3; c += 1) picture.data[(y * 2 * SIZE + x) * 3 + c] = sharp.data[(y * 2 * SIZE + x) * 3 + c]!
    expect(new SoftnessMatcher().next(face, picture, half, SIZE, 0)).toBeLessThan(0.03)
    expect(new SoftnessMatcher().next(face, picture, weights, SIZE, 0)).toBeGreaterThan(0.08)
  })

  it('changes over some frames, not with one', () => {
    const matcher = new SoftnessMatcher()
    const at = (times: number, timeS: number) => matcher.next(face, footage(times), weights, SIZE, timeS)
    expect(at(1.3, 0)).toBeGreaterThan(0.24)
    const first = at(1, 0.04)
    expect(first).toBeGreaterThan(0.17)
    let last = first
    for (let timeS = 0.08; timeS < 1; timeS += 0.04) last = at(1, timeS)
    expect(last).toBeLessThan(0.03)
  })

  it('of an empty mask is nothing to go by, and no error', () => {
    const nowhere = field(SIZE, () => 0)
    expect(new SoftnessMatcher().next(face, footage(1.3), nowhere, SIZE, 0)).toBe(0)
  })
})
