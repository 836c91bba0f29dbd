import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { degrade } from '../../src/train/compression.ts'

const SIZE = 32

/** Soft slopes of colour with fine squares on them, as a face has, well inside of 0–1. */
const PICTURE = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) => {
  const [x, y, c] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE), i % 3]
  return 0.35 + (0.2 * (c === 1 ? y : x)) / SIZE + 0.05 * c + ((x + y) % 2 === 0 ? 0.06 : -0.06)
})

function degraded(of: Float32Array, seed: number): Float32Array {
  const rgb = Float32Array.from(of)
  degrade(rgb, SIZE, seedRandom(seed))
  return rgb
}

const mean = (values: readonly number[] | Float32Array) => [...values].reduce((a, b) => a + b, 0) / values.length
const apart = (a: Float32Array, b: Float32Array) => mean(a.map((value, i) => Math.abs(value - b[i]!)))
const deviation = (rgb: Float32Array) => {
  const middle = mean(rgb)
  return Math.sqrt(mean(rgb.map((value) => (value - middle) ** 2)))
}
/** Stripes .2 from dark to bright, so many pixels wide. */
const stripes = (width: number) => FLAT.map((_, i) => ((Math.floor(i / 3) % SIZE) % (2 * width) < width ? 0.4 : 0.6))
/** What is left of the stripes' contrast. */
const contrast = (rgb: Float32Array, width: number) => {
  const pattern = stripes(width)
  return mean(rgb.map((value, i) => (value - 0.5) * (pattern[i]! - 0.5))) / 0.01
}

const FLAT = new Float32Array(SIZE * SIZE * 3).fill(0.5)
const seeds = Array.from({ length: 60 }, (_, seed) => seed)
/** A codec leaves a grey picture flat, a weak camera puts noise on it. */
const codec = seeds.filter((seed) => deviation(degraded(FLAT, seed)) < 1e-6)
const camera = seeds.filter((seed) => !codec.includes(seed))

describe('what is lost to a codec or a camera', () => {
  it('changes every picture, keeps near it and within 0–1', () => {
    for (const seed of seeds) {
      const rgb = degraded(PICTURE, seed)
      expect(apart(rgb, PICTURE), `seed ${seed}`).toBeGreaterThan(1e-3)
      expect(apart(rgb, PICTURE), `seed ${seed}`).toBeLessThan(0.1)
      expect(Math.abs(mean(rgb) - mean(PICTURE)), `seed ${seed}`).toBeLessThan(0.02)
      const loud = degraded(
        PICTURE.map((value) => (value > 0.5 ? 1 : 0)),
        seed,
      )
      expect(loud.every((value) => value >= 0 && value <= 1)).toBe(true)
    }
  })

  it('is rounded frequencies of blocks half of the time: none of a mean by more than .0075; done once more, nothing is left', () => {
    expect(codec.length).toBeGreaterThan(15)
    expect(codec.length).toBeLessThan(45)
    // The lowest frequency of a block is eight times its mean, and is rounded to .12 at most.
    const off = codec.map((seed) => Math.abs(mean(degraded(FLAT, seed)) - 0.5))
    expect(Math.max(...off)).toBeLessThanOrEqual(0.0075)
    expect(Math.max(...off)).toBeGreaterThan(0.003)
    for (const seed of codec) {
      const once = degraded(PICTURE, seed)
      expect(apart(degraded(once, seed), once)).toBeLessThan(1e-5)
    }
  })

  it('is else less detail, and noise of up to 4 %', () => {
    const left = (width: number) => camera.map((seed) => contrast(degraded(stripes(width), seed), width))
    expect(Math.max(...left(1))).toBeLessThan(0.05)
    expect(Math.max(...left(4))).toBeLessThan(0.85)
    expect(Math.min(...left(4))).toBeGreaterThan(0.5)
    const noise = camera.map((seed) => deviation(degraded(FLAT, seed)))
    expect(Math.max(...noise)).toBeGreaterThan(0.03)
    expect(Math.max(...noise)).toBeLessThan(0.045)
  })
})
