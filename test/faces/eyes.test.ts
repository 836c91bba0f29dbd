import { describe, expect, it } from 'vitest'
import { CANONICAL } from '../../src/faces/canonical.ts'
import type { Eye, Landmarks } from '../../src/faces/face.ts'
import { angleBetween, gazeOf } from '../../src/faces/gaze.ts'

const WIDTH = 30

/** A face of 200 px that looks at the camera; the mesh is the canonical face, eyes' corners included, the rest at its middle. */
function frontal(): Landmarks {
  const mesh = new Float32Array(468 * 3)
  for (const [index, x, y, z] of CANONICAL) mesh.set([100 + x * 200, 100 + y * 200, z * 200], index * 3)
  return { mesh, points68: new Float32Array(136), confidence: 1 }
}

function eye(over: Partial<Eye> = {}): Eye {
  return { opening: 0.3, iris: [50, 50], corners: [[35, 50], [65, 50]], pictureSizePx: WIDTH, ...over } // biome-ignore format: points
}

describe('gaze', () => {
  it('is straight at the camera where the irises lie in the middle of a frontal face', () => {
    const [x, y, z] = gazeOf([eye(), eye()], frontal())!
    expect(Math.hypot(x, y)).toBeLessThan(0.02)
    expect(z).toBeCloseTo(-1, 3)
  })

  it('turns with the irises, to the picture’s right and down', () => {
    const [x, y] = gazeOf([eye({ iris: [53, 52] }), eye({ iris: [53, 52] })], frontal())!
    expect(x).toBeGreaterThan(0.15)
    expect(y).toBeGreaterThan(0.1)
    const straight = gazeOf([eye(), eye()], frontal())!
    const angle = angleBetween(straight, gazeOf([eye({ iris: [53, 50] }), eye({ iris: [53, 50] })], frontal())!)
    expect(angle).toBeGreaterThan(10)
    expect(angle).toBeLessThan(25)
  })

  it('goes by the eye that can be read, and is null where neither can', () => {
    const shut = eye({ opening: 0.05, iris: [40, 50] })
    expect(gazeOf([shut, eye()], frontal())).toEqual(gazeOf([eye(), eye()], frontal()))
    expect(gazeOf([shut, shut], frontal())).toBeNull()
    expect(gazeOf([eye({ pictureSizePx: 8 }), eye({ pictureSizePx: 8 })], frontal())).toBeNull()
  })

  it('never leaves the half of directions that a picture can show', () => {
    const far = gazeOf([eye({ iris: [90, 50] }), eye({ iris: [90, 50] })], frontal())!
    expect(Math.hypot(...far)).toBeCloseTo(1, 6)
    expect(far[2]).toBeLessThan(0)
  })

  it('measures angles in degrees, exactly 0 for the same', () => {
    const direction = [0.1, 0.2, -Math.sqrt(0.95)] as const
    expect(angleBetween(direction, direction)).toBe(0)
    expect(angleBetween([0, 0, -1], [1, 0, 0])).toBeCloseTo(90, 6)
  })
})
