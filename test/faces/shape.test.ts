import { describe, expect, it } from 'vitest'
import { poseDifference } from '../../src/faces/index.ts'
import { alignMesh, interocular, meanDistance, shake } from '../../src/faces/shape.ts'

/** Repeatable noise, 0–1. */
function noise(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function randomMesh(seed: number, size = 100): Float32Array {
  const next = noise(seed)
  return Float32Array.from({ length: 468 * 3 }, () => next() * size)
}

describe('alignMesh', () => {
  it('undoes rotation, scale and shift', () => {
    const mesh = randomMesh(1)
    const [cos, sin] = [Math.cos(0.7), Math.sin(0.7)]
    const moved = Float32Array.from(mesh)
    for (let i = 0; i < mesh.length; i += 3) {
      const [x, y, z] = [mesh[i]!, mesh[i + 1]!, mesh[i + 2]!]
      const turned = [cos * x + sin * z, y, cos * z - sin * x] // yaw
      moved.set(
        [1.5 * (cos * turned[0]! - sin * turned[1]!) + 40, 1.5 * (sin * turned[0]! + cos * turned[1]!) - 9, 1.5 * turned[2]! + 3],
        i,
      )
    }
    expect(meanDistance(alignMesh(moved, mesh), mesh)).toBeLessThan(1e-3)
  })

  it('keeps what is no rotation', () => {
    const mesh = randomMesh(2)
    const other = Float32Array.from(mesh)
    other[13 * 3 + 1]! += 20
    const aligned = alignMesh(other, mesh)
    expect(aligned[13 * 3 + 1]! - mesh[13 * 3 + 1]!).toBeCloseTo(20, 0)
  })
})

describe('shake', () => {
  it('is 0 for even motion and grows with trembling', () => {
    const [a, b, c] = [0, 1, 2].map((step) => randomMesh(3).map((value, i) => value + (i % 3 === 0 ? step * 5 : 0))) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    expect(shake(a, b, c)).toBeCloseTo(0, 4)
    const trembling = b.map((value, i) => value + (i % 3 === 1 ? 2 : 0))
    expect(shake(a, trembling, c)).toBeCloseTo(4, 3)
    expect(interocular(a)).toBeGreaterThan(0)
  })
})

describe('poseDifference', () => {
  it('is the L2 norm of the angles, the short way round', () => {
    expect(poseDifference({ yaw: 3, pitch: 0, roll: 179 }, { yaw: 0, pitch: 4, roll: -181 + 2 }).total).toBeCloseTo(Math.hypot(3, 4, 2), 9)
  })
})
