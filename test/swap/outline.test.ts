import { describe, expect, it } from 'vitest'
import type { Picture } from '../../src/picture/picture.ts'
import { beyondFace } from '../../src/swap/outline.ts'
import { facePixels, field, noisy } from './seamSupport.ts'

const SIZE = 128
/** The landmarks' outline, and a face whose right side ends within it. */
const oval = (x: number, y: number, half: number) => ((x - 0.5) / half) ** 2 + ((y - 0.5) / 0.42) ** 2 < 1
const hull = { width: SIZE, height: SIZE, data: field(SIZE, (x, y) => (oval(x, y, 0.35) ? 1 : 0)) }
const face = field(SIZE, (x, y) => (oval(x, y, x > 0.5 ? 0.335 : 0.4) ? 1 : 0))

/** The face, in this much light, and this colour around it. */
function inFrontOf(background: readonly number[], light = 1): Picture {
  const skin = facePixels(SIZE, light)
  const rgb = noisy(
    skin.map((value, i) => (face[Math.floor(i / 3)] === 1 ? value : background[i % 3]!)),
    0.015,
    4,
  )
  return { width: SIZE, height: SIZE, data: Uint8Array.from(rgb, (value) => Math.max(0, Math.min(255, 255 * value))) }
}

const mean = (found: Float32Array, where: (x: number, y: number) => boolean) => {
  const of = field(SIZE, (x, y) => (where(x, y) ? 1 : 0))
  return found.reduce((sum, value, i) => sum + value * of[i]!, 0) / of.reduce((sum, value) => sum + value, 0)
}
/** Around the outline, level with cheeks and mouth: at the right, where the face has ended, and at the left, where it goes on. */
const isEnded = (x: number, y: number) => x > 0.5 && y > 0.45 && y < 0.7 && !oval(x, y, 0.345) && oval(x, y, 0.4)
const isOn = (x: number, y: number) => x < 0.5 && y > 0.45 && y < 0.7 && !oval(x, y, 0.335) && oval(x, y, 0.37)

describe('what is beyond the face', () => {
  it.each([
    ['a grey wall', [0.5, 0.5, 0.5]],
    ['a white sheet', [0.95, 0.95, 0.95]],
    ['dark hair', [0.15, 0.12, 0.1]],
    ['leaves', [0.3, 0.45, 0.25]],
  ])('is found where the outline reaches into %s, and not where the face goes on', (_, background) => {
    const found = beyondFace(inFrontOf(background), hull)
    expect(mean(found, isEnded)).toBeGreaterThan(0.8)
    expect(mean(found, isOn)).toBeLessThan(0.05)
  })

  it('is not looked for inside of the outline: brows, eyes and a mouth are no background', () => {
    const found = beyondFace(inFrontOf([0.1, 0.1, 0.1]), hull)
    expect(mean(found, (x, y) => oval(x, y, 0.28) && Math.abs(y - 0.5) < 0.3)).toBeLessThan(0.001)
  })

  it('is found in the shade as well, less surely', () => {
    expect(mean(beyondFace(inFrontOf([0.2, 0.25, 0.2], 0.5), hull), isEnded)).toBeGreaterThan(0.5)
  })

  it('is not told from the face where it has the colours of skin, as a neck has', () => {
    expect(mean(beyondFace(inFrontOf([0.68, 0.49, 0.39]), hull), isEnded)).toBeLessThan(0.1)
  })
})
