import { describe, expect, it } from 'vitest'
import { findOccluders, OcclusionLooks, OcclusionMemory } from '../../src/swap/occlusion.ts'
import { facePixels, field, noisy } from './seamSupport.ts'

const SIZE = 64
const inside = field(SIZE, (x, y) => (((x - 0.5) / 0.35) ** 2 + ((y - 0.5) / 0.42) ** 2 < 1 ? 1 : 0))
const own = facePixels(SIZE)

function share(found: Float32Array): number {
  let [sum, area] = [0, 0]
  for (let i = 0; i < found.length; i += 1) {
    sum += inside[i]! * found[i]!
    area += inside[i]!
  }
  return sum / area
}

/** The face with a bar of this colour over it, and where the bar is. */
function covered(colour: readonly number[], light: number) {
  const bar = field(SIZE, (x, y) => (Math.abs(x - y - 0.1) < 0.12 ? 1 : 0))
  const seen = facePixels(SIZE, light)
  for (let i = 0; i < bar.length; i += 1) if (bar[i] === 1) for (let k = 0; k < 3; k += 1) seen[i * 3 + k] = colour[k]!
  return { bar, seen: noisy(seen, 0.01, 3) }
}

describe('what is in front of a face', () => {
  it.each([
    ['as it is', facePixels(SIZE), 0.001],
    ['in less light, with noise', noisy(facePixels(SIZE, 0.8), 0.02, 1), 0.01],
    ['in warmer light', own.map((value, i) => value * [1.15, 1, 0.85][i % 3]!), 0.01],
    ['a little out of place', facePixels(SIZE, 1, 0.01), 0.01],
  ])('finds nothing on a face %s', (_, seen, most) => {
    expect(share(findOccluders(seen, own, inside, SIZE))).toBeLessThan(most)
  })

  it.each([
    ['a dark microphone', [0.1, 0.1, 0.12]],
    ['a white sheet', [0.95, 0.95, 0.95]],
    ['a green glove', [0.2, 0.5, 0.3]],
    ['a paler hand', [0.85, 0.68, 0.6]],
  ])('finds %s, in another light than the reconstruction’s', (_, colour) => {
    const { bar, seen } = covered(colour, 0.9)
    const found = findOccluders(seen, own, inside, SIZE)
    let [both, either] = [0, 0]
    for (let i = 0; i < bar.length; i += 1) {
      if (inside[i] === 0) continue
      const [a, b] = [bar[i] === 1, found[i]! > 0.5]
      if (a && b) both += 1
      if (a || b) either += 1
    }
    expect(both / either).toBeGreaterThan(0.7)
  })

  it('does not take the poor reconstruction of a young run for an object', () => {
    const grey = noisy(
      own.map(() => 0.5),
      0.1,
      9,
    )
    expect(share(findOccluders(facePixels(SIZE), grey, inside, SIZE))).toBeLessThan(0.1)
  })

  it('overlooks single pixels that differ', () => {
    const seen = own.slice()
    for (let i = 500; i < seen.length / 3; i += 211) for (let k = 0; k < 3; k += 1) seen[i * 3 + k] = 1
    expect(share(findOccluders(seen, own, inside, SIZE))).toBeLessThan(0.01)
  })

  it('lets a hand through within a few frames and one false alarm hardly', () => {
    const [nothing, hand] = [new Float32Array(4), new Float32Array(4).fill(1)]
    const memory = new OcclusionMemory()
    memory.next(nothing, 0)
    expect(memory.next(hand, 0.04)![0]).toBeLessThan(0.5)
    for (let frame = 2; frame < 6; frame += 1) memory.next(hand, frame * 0.04)
    expect(memory.next(hand, 0.24)![0]).toBeGreaterThan(0.9)
  })

  it('is forgotten a second later, and known in between where nobody looked', () => {
    const memory = new OcclusionMemory()
    memory.next(new Float32Array(4).fill(1), 0)
    expect(memory.next(undefined, 0.9)![0]).toBe(1)
    expect(memory.next(undefined, 1.1)).toBeUndefined()
  })

  it('is looked for in every other frame, and in the first of each face whatever its number', () => {
    const looks = new OcclusionLooks()
    const due = (face: number, frames: number[]) => frames.filter((frame) => looks.isDue(face, frame, frame / 25))
    expect(due(1, [7, 8, 9, 10, 11])).toEqual([7, 8, 10])
    expect(due(2, [11, 13, 14])).toEqual([11, 14])
    // Two seconds out of the picture.
    expect(due(1, [61, 63])).toEqual([61])
  })
})
