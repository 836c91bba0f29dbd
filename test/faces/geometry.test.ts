import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detectionTiles, suppress } from '../../src/faces/detect.ts'
import { alignMatrix, faceHull, headPose } from '../../src/faces/index.ts'
import { applyAffine } from '../../src/picture/warp.ts'
import { syntheticFace } from './support.ts'

const angle = fc.double({ min: -50, max: 50, noNaN: true })

describe('alignment', () => {
  it('puts a face upright into the same place, wherever it was', () => {
    fc.assert(
      fc.property(fc.double({ min: -170, max: 170, noNaN: true }), fc.double({ min: 30, max: 900, noNaN: true }), (roll, scale) => {
        const { mesh } = syntheticFace({ roll, scale, x: 40, y: 600 })
        const matrix = alignMatrix({ mesh, points68: new Float32Array(136), confidence: 1 }, 256)
        const bridge = applyAffine(matrix, mesh[6 * 3]!, mesh[6 * 3 + 1]!)
        const top = applyAffine(matrix, mesh[10 * 3]!, mesh[10 * 3 + 1]!)
        expect(bridge.x).toBeCloseTo(128, 1)
        expect(top.x).toBeCloseTo(128, 1)
        expect(top.y).toBeCloseTo(256 * (0.47 - 0.39), 0)
      }),
    )
  })

  it('does not move when mouth and jaw do', () => {
    const still = syntheticFace()
    const open = syntheticFace()
    for (const index of [13, 14, 17, 61, 291, 152, 148, 377, 172, 397]) open.mesh[index * 3 + 1]! += 30
    expect(alignMatrix(open, 256)).toEqual(alignMatrix(still, 256))
  })

  it('masks the hull of the mesh with the forehead', () => {
    const face = syntheticFace({ scale: 300 })
    // The synthetic mesh has the steady points only: the rest lies at the origin, so give it the middle of the face.
    for (let i = 0; i < face.mesh.length; i += 3) if (face.mesh[i] === 0 && face.mesh[i + 1] === 0) face.mesh.set([200, 150, 0], i)
    face.mesh.set([200, 300, 0], 152 * 3)
    const mask = faceHull(face, alignMatrix(face, 128), 128)
    const column = Array.from({ length: 128 }, (_, y) => mask.data[y * 128 + 64]!)
    expect(column[Math.round(128 * 0.06)]).toBe(255)
    expect(column[2]).toBe(0)
    expect(column[127]).toBe(0)
    expect(new Set(mask.data).size).toBeGreaterThan(8)
  })
})

describe('pose', () => {
  it('reads yaw, pitch and roll back, whatever their order of size', () => {
    fc.assert(
      fc.property(angle, angle, angle, (yaw, pitch, roll) => {
        const pose = headPose(syntheticFace({ yaw, pitch, roll }).mesh)
        expect(pose.yaw).toBeCloseTo(yaw, 1)
        expect(pose.pitch).toBeCloseTo(pitch, 1)
        expect(pose.roll).toBeCloseTo(roll, 1)
      }),
    )
  })
})

describe('detection', () => {
  it('looks at the whole picture, and at tiles only where small faces could hide', () => {
    expect(detectionTiles(640, 480, 40)).toHaveLength(1)
    const tiles = detectionTiles(4000, 2000, 60)
    expect(tiles.length).toBeGreaterThan(4)
    for (const { x, y, width, height } of tiles) {
      expect(x).toBeGreaterThanOrEqual(0)
      expect(y).toBeGreaterThanOrEqual(0)
      expect(x + width).toBeLessThanOrEqual(4000)
      expect(y + height).toBeLessThanOrEqual(2000)
    }
  })

  it('keeps the best of boxes on one face', () => {
    const box = { x: 10, y: 10, width: 50, height: 60 }
    const kept = suppress([
      { box, score: 0.5 },
      { box: { ...box, x: 14 }, score: 0.9 },
      { box: { x: 20, y: 20, width: 20, height: 20 }, score: 0.4 },
      { box: { ...box, x: 300 }, score: 0.3 },
    ])
    expect(kept.map(({ score }) => score)).toEqual([0.9, 0.3])
  })
})
