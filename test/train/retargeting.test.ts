import { describe, expect, it } from 'vitest'
import { alignedPoints } from '../../src/faces/index.ts'
import { displacementsOf, FIELD_CELLS, leftoverOf, MESH_POINTS, type Retargeting, withLeftover } from '../../src/models/retarget.ts'
import { IDENTITY } from '../../src/picture/affine.ts'
import { type FollowedPair, learnRetargeting, lookedAgain } from '../../src/train/retargeting.ts'

const STRAIGHT = { yaw: 0, pitch: 0, roll: 0 }
const LENGTH = 2 * MESH_POINTS

/** Landmarks all over the middle of the picture, in parts of its side. */
const places = Float32Array.from({ length: LENGTH }, (_, i) => {
  const [column, row] = [(i >> 1) % 22, Math.floor((i >> 1) / 22)]
  return i % 2 === 0 ? 0.2 + (0.6 * column) / 21 : 0.2 + (0.6 * row) / 21
})
/** Two ways to move: all that lies below the middle goes down, all goes to the right. */
const down = places.map((_, i) => (i % 2 === 1 && places[i]! > 0.5 ? 1 : 0))
const right = places.map((_, i) => (i % 2 === 0 ? 1 : 0))
const moved = (opening: number, turn: number) => places.map((value, i) => value + opening * down[i]! + turn * right[i]!)

/** Faces that open and turn; what is rendered opens by `followed` of it. */
function pairs(followed: number, count = 80): FollowedPair[] {
  return Array.from({ length: count }, (_, n) => {
    const [opening, turn] = [0.02 * Math.sin(n), 0.03 * Math.cos(0.7 * n)]
    return { followed: moved(opening, turn), rendered: moved(followed * opening, turn), followedPose: STRAIGHT, renderedPose: STRAIGHT }
  })
}
const at = (field: Float32Array, x: number, y: number) => {
  const cell = Math.floor(y * FIELD_CELLS) * FIELD_CELLS + Math.floor(x * FIELD_CELLS)
  return [field[2 * cell]!, field[2 * cell + 1]!] as const
}

describe('retargeting', () => {
  const half = learnRetargeting(pairs(0.5)) as Retargeting

  it('moves a mouth on that opens half as far as it should, and leaves what follows alone', () => {
    const field = displacementsOf(half)(moved(0.02, 0.03))
    const [x, y] = at(field, 0.5, 0.7)
    // Half of .02 is lacking; one and a half times that is asked for.
    expect(y).toBeGreaterThan(0.01)
    expect(y).toBeLessThan(0.0155)
    expect(Math.abs(x)).toBeLessThan(0.001)
    expect(Math.abs(at(field, 0.5, 0.3)[1])).toBeLessThan(0.001)
  })

  it('moves nothing where all is followed, and nothing at rest', () => {
    const whole = learnRetargeting(pairs(1)) as Retargeting
    expect(Math.max(...displacementsOf(whole)(moved(0.02, 0.03)).map(Math.abs))).toBeLessThan(5e-4)
    expect(Math.max(...displacementsOf(half)(half.mean).map(Math.abs))).toBeLessThan(1e-6)
  })

  it('dies away outside of the face', () => {
    expect(Math.abs(at(displacementsOf(half)(moved(0.02, 0)), 0.5, 0.99)[1])).toBeLessThan(1e-4)
  })

  it('takes the share that is asked for, and goes no farther than it learned', () => {
    const displacements = displacementsOf(half)
    const field = displacements(moved(0.02, 0))
    expect(at(withLeftover(field, undefined, 1 / 3), 0.5, 0.7)[1]).toBeCloseTo(at(field, 0.5, 0.7)[1] / 3, 6)
    const far = at(displacements(moved(0.4, 0)), 0.5, 0.7)[1]
    expect(far).toBeLessThanOrEqual(0.04)
    expect(far).toBeCloseTo(at(displacements(moved(0.8, 0)), 0.5, 0.7)[1], 2)
  })

  it('turns back a head that is rendered looking up', () => {
    const up = pairs(1).map((pair) => ({ ...pair, renderedPose: { ...STRAIGHT, pitch: 4 } }))
    const field = displacementsOf(learnRetargeting(up) as Retargeting)(places)
    // The nose stands out and goes down as a head bows, beside what lies farther back.
    expect(at(field, 0.5, 0.5)[1] - at(field, 0.25, 0.5)[1]).toBeGreaterThan(0.005)
  })

  it('gives the same bits for the same faces, and nothing for too few or for faces that never move', () => {
    expect(learnRetargeting(pairs(0.5))).toEqual(half)
    expect(learnRetargeting(pairs(0.5, 20))).toBeUndefined()
    const still = pairs(0.5).map((pair) => ({ ...pair, followed: places, rendered: places }))
    expect(learnRetargeting(still)?.spread).toHaveLength(0)
  })
})

describe('aligned points', () => {
  it('are in parts of the side', () => {
    const mesh = Float32Array.from({ length: 3 * MESH_POINTS }, (_, i) => i)
    const points = alignedPoints({ mesh }, { ...IDENTITY, tx: 2 }, 10)
    expect([...points.subarray(2, 4)]).toEqual([expect.closeTo(0.5, 6), expect.closeTo(0.4, 6)])
  })
})

describe('what is left once a face was moved and looked at again', () => {
  const half = learnRetargeting(pairs(0.5)) as Retargeting
  /** Moved faces whose mouths all stand lower by .01 than the followed ones', as two people's may. */
  const usual = pairs(1).map((pair) => ({ ...pair, rendered: pair.rendered.map((value, i) => value + 0.01 * down[i]!) }))
  const leftover = leftoverOf(lookedAgain(half, usual))!

  it('is nothing for a face like all others, whatever the difference between two people', () => {
    for (const { followed, rendered } of usual.slice(0, 5))
      expect(Math.max(...leftover(followed, rendered).map(Math.abs))).toBeLessThan(1e-4)
  })

  it('is what this one lacks, beside it nothing, and never much', () => {
    const seen = moved(0.008, 0).map((value, i) => value + 0.01 * down[i]!)
    const field = leftover(moved(0.02, 0), seen)
    expect(at(field, 0.5, 0.7)[1]).toBeGreaterThan(0.006)
    expect(at(field, 0.5, 0.7)[1]).toBeLessThan(0.012)
    expect(Math.abs(at(field, 0.5, 0.3)[1])).toBeLessThan(1e-4)
    expect(Math.max(...leftover(moved(0.5, 0), seen).map(Math.abs))).toBeCloseTo(0.02, 6)
  })

  it('is added to what is moved anyway, by the share that is asked for', () => {
    expect([...withLeftover(Float32Array.of(0.5, 0.25), Float32Array.of(0.25, -0.25), 0.5)]).toEqual([0.375, 0])
    expect([...withLeftover(Float32Array.of(0.5, 0.25), undefined)]).toEqual([0.5, 0.25])
  })

  it('is not known to checkpoints of older versions, nor where few faces were found again', () => {
    expect(leftoverOf(half)).toBeUndefined()
    expect(leftoverOf(lookedAgain(half, usual.slice(0, 20)))).toBeUndefined()
  })
})
