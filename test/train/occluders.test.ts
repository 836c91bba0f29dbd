import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { occlude } from '../../src/train/occluders.ts'

const SIZE = 48
/** So far from any colour that a pixel's value tells how much of it is covered. */
const FAR = 1e4

/** What lies before a picture: how much of each pixel it covers, and the colours of those that it covers in whole. */
function covered(seed: number) {
  const rgb = new Float32Array(SIZE * SIZE * 3).fill(FAR)
  occlude(rgb, SIZE, seedRandom(seed))
  const cover = Array.from({ length: SIZE * SIZE }, (_, i) => (FAR - rgb[3 * i]!) / FAR)
  const colours = cover.flatMap((_, i) => (rgb[3 * i]! <= 1.01 ? [[...rgb.subarray(3 * i, 3 * i + 3)]] : []))
  return { cover, colours }
}

/** How many times longer than wide what is covered is, by its second moments. */
function elongation(cover: readonly number[]): number {
  const total = cover.reduce((a, b) => a + b, 0)
  const mean = (f: (x: number, y: number) => number) => cover.reduce((sum, c, i) => sum + c * f(i % SIZE, Math.floor(i / SIZE)), 0) / total
  const [mx, my] = [mean((x) => x), mean((_, y) => y)]
  const [xx, yy, xy] = [mean((x) => (x - mx) ** 2), mean((_, y) => (y - my) ** 2), mean((x, y) => (x - mx) * (y - my))]
  const [middle, off] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)]
  return Math.sqrt((middle + off) / (middle - off))
}

describe('something before a face', () => {
  const all = Array.from({ length: 80 }, (_, seed) => covered(seed))
  const areas = all.map(({ cover }) => cover.reduce((a, b) => a + b, 0) / cover.length)

  it('covers up to a tenth of the picture, and leaves the rest as it is', () => {
    for (const [seed, { cover }] of all.entries()) {
      expect(areas[seed], `seed ${seed}`).toBeGreaterThan(0)
      expect(areas[seed], `seed ${seed}`).toBeLessThan(0.105)
      // Its border is soft, so that a little more than its area is touched.
      expect(cover.filter((share) => share > 0).length / cover.length, `seed ${seed}`).toBeLessThan(0.15)
      expect(Math.min(...cover)).toBe(0)
    }
    expect(Math.max(...areas)).toBeGreaterThan(0.08)
    expect(Math.min(...areas)).toBeLessThan(0.02)
  })

  it('is round or long, one piece, without a dent', () => {
    const lengths = all.map(({ cover }) => elongation(cover))
    expect(Math.min(...lengths)).toBeLessThan(1.1)
    expect(Math.max(...lengths)).toBeGreaterThan(3)
    for (const { cover } of all) {
      const whole = Array.from({ length: SIZE }, (_, y) => {
        const row = cover.slice(y * SIZE, (y + 1) * SIZE).map((share) => share > 0)
        const [first, last] = [row.indexOf(true), row.lastIndexOf(true)]
        return first === -1 || row.slice(first, last + 1).every(Boolean)
      })
      expect(whole.every(Boolean)).toBe(true)
    }
  })

  it('has a colour of its own, half of the time with a texture', () => {
    const plain = all.filter(({ colours }) => new Set(colours.map(([red]) => red!.toFixed(2))).size === 1)
    expect(plain.length).toBeGreaterThan(20)
    expect(plain.length).toBeLessThan(60)
    const first = all.flatMap(({ colours }) => (colours[0] === undefined ? [] : [colours[0]]))
    expect(Math.max(...first.flat()) - Math.min(...first.flat())).toBeGreaterThan(0.8)
    expect(all.every(({ colours }) => colours.flat().every((value) => value >= 0 && value <= 1.01))).toBe(true)
  })
})
