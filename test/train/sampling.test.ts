import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { drawFace, drawingOdds } from '../../src/train/sampling.ts'
import { type Look, listOf } from './list.ts'

/** 900 faces that look ahead, 90 to the side and 10 up. */
const SKEWED: Look[] = Array.from({ length: 1000 }, (_, i) => (i < 900 ? {} : i < 990 ? { yaw: 32 } : { pitch: 32 }))

/** How often each of the three kinds comes up in 20,000 draws of 4 a step, as shares. */
function shares(evenness: number, room = 5000) {
  const odds = drawingOdds(listOf(SKEWED), evenness)
  const counts = [0, 0, 0]
  for (let step = 0; step < 5000; step += 1) {
    for (let row = 0; row < 4; row += 1) {
      const index = drawFace({ odds, seed: 1, person: 0, batch: 4, room }, step, seedRandom(1, 9, step, row))
      counts[index < 900 ? 0 : index < 990 ? 1 : 2]! += 1 / 20_000
    }
  }
  return counts
}

describe('sampling', () => {
  it('draws faces as they come without evenness', () => {
    const [ahead, side, up] = shares(0)
    expect(ahead).toBeCloseTo(0.9, 1)
    expect(side).toBeCloseTo(0.09, 1)
    expect(up).toBeLessThan(0.015)
  })

  it('evens out poses, half of the way or all of it, but no face beyond eight times its share', () => {
    const half = shares(0.5)
    const roots = [900 ** 0.5, 90 ** 0.5, 10 ** 0.5]
    const sum = roots.reduce((a, b) => a + b)
    for (const [i, root] of roots.entries()) expect(Math.abs(half[i]! - root / sum)).toBeLessThan(0.02)
    const [, side, up] = shares(1)
    expect(side).toBeGreaterThan(0.35)
    expect(up).toBeLessThan(0.09)
    expect(up).toBeGreaterThan(0.06)
  })

  it('draws by the same odds through a window, and new faces into it only now and then', () => {
    const through = shares(0.5, 300)
    for (const [i, share] of shares(0.5).entries()) expect(Math.abs(through[i]! - share)).toBeLessThan(0.04)
    const odds = drawingOdds(listOf(SKEWED), 0)
    const seen = new Set<number>()
    for (let step = 0; step < 100; step += 1) {
      for (let row = 0; row < 4; row += 1) {
        seen.add(drawFace({ odds, seed: 1, person: 0, batch: 4, room: 20 }, step, seedRandom(1, 9, step, row)))
      }
    }
    // 400 draws of 4 uses each, and the 20 places that the window begins with.
    expect(seen.size).toBeGreaterThan(80)
    expect(seen.size).toBeLessThan(125)
  })

  it('tells expressions apart as well as poses', () => {
    const odds = drawingOdds(listOf(Array.from({ length: 100 }, (_, i) => (i < 90 ? {} : { mouth: 0.5 }))), 0.5)
    expect(1 - odds[89]!).toBeGreaterThan(0.2)
  })
})
