import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { enlargeSquare } from '../../src/picture/enlarge.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { DetailMatcher } from '../../src/swap/detail.ts'
import { MOST_SHARPENED, SoftnessMatcher, sharpenedBy } from '../../src/swap/softness.ts'
import { field, paint } from './seamSupport.ts'

const SIZE = 64
const weights = field(SIZE, () => 1)
const face = paint(SIZE, (x, y, c) => 0.5 + 0.02 * c + 0.25 * Math.tanh(30 * (Math.sin(20 * x) * Math.cos(17 * y) - 0.3)))

/** Footage as twice the size shows a face whose detail is `times` as strong. */
function footage(times: number): Picture {
  const strong = new DetailMatcher().match(face, face, weights, SIZE, { share: 0, sharpen: times - 1 }, 0)
  const picture = createPicture(2 * SIZE, 2 * SIZE)
  for (const [i, value] of enlargeSquare(strong, SIZE, 3, 2).entries()) picture.data[i] = Math.round(255 * Math.max(0, Math.min(1, value)))
  return picture
}

const asked = (times: number) => sharpenedBy(new SoftnessMatcher().next(face, footage(times), weights, SIZE, 0), 1)

describe('how much a face is sharpened where nobody says', () => {
  it.each([1.1, 1.2, 1.3])('brings it to the sharpness of the footage (%f)', (times) => {
    expect(asked(times)).toBeGreaterThan(0.8 * (times - 1))
    expect(asked(times)).toBeLessThan(1.2 * (times - 1))
  })

  it('sharpens nothing that is as sharp, or sharper, and never more than its most', () => {
    expect(asked(1)).toBeLessThan(0.02)
    expect(asked(0.7)).toBe(0)
    expect(asked(3)).toBe(MOST_SHARPENED)
  })

  it('looks where the weights say', () => {
    const half = field(SIZE, (x) => (x < 0.5 ? 1 : 0))
    const picture = footage(1)
    const sharp = footage(1.3)
    for (let y = 0; y < 2 * SIZE; y += 1)
      for (let x = SIZE; x < 2 * SIZE; x += 1)
        for (let c = 0; c < 3; c += 1) picture.data[(y * 2 * SIZE + x) * 3 + c] = sharp.data[(y * 2 * SIZE + x) * 3 + c]!
    expect(new SoftnessMatcher().next(face, picture, half, SIZE, 0)).toBeLessThan(1.03)
    expect(new SoftnessMatcher().next(face, picture, weights, SIZE, 0)).toBeGreaterThan(1.08)
  })

  it('changes over some frames, not with one', () => {
    const matcher = new SoftnessMatcher()
    const at = (times: number, timeS: number) => matcher.next(face, footage(times), weights, SIZE, timeS)
    expect(at(1.3, 0)).toBeGreaterThan(1.24)
    const first = at(1, 0.1)
    expect(first).toBeGreaterThan(1.12)
    let last = first
    for (let timeS = 0.14; timeS < 1.1; timeS += 0.04) last = at(1, timeS)
    expect(last).toBeLessThan(1.03)
  })

  it('stays what it was while nothing of the face shows', () => {
    const [matcher, nowhere] = [new SoftnessMatcher(), field(SIZE, () => 0)]
    expect(matcher.next(face, footage(1.3), nowhere, SIZE, 0)).toBe(1)
    const before = matcher.next(face, footage(1.3), weights, SIZE, 0.5)
    expect(before).toBeGreaterThan(1.24)
    expect(matcher.next(face, footage(1), nowhere, SIZE, 0.7)).toBe(before)
  })

  it('heeds no noise of the footage', () => {
    const random = seedRandom(3)
    const picture = footage(1)
    for (let i = 0; i < picture.data.length; i += 3) {
      const noise = 4 * random.normal()
      for (let c = 0; c < 3; c += 1) picture.data[i + c] = picture.data[i + c]! + noise
    }
    expect(new SoftnessMatcher().next(face, picture, weights, SIZE, 0)).toBeLessThan(1.1)
  })

  it('counts what the face was made sharper by already', () => {
    expect(sharpenedBy(1.3, 1)).toBeCloseTo(0.3, 6)
    expect(sharpenedBy(1.3, 1.2)).toBeCloseTo(1.3 / 1.2 - 1, 6)
    expect(sharpenedBy(1.3, 1.5)).toBe(0)
  })
})
