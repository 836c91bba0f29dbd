import { describe, expect, it } from 'vitest'
import { CANONICAL } from '../../src/faces/canonical.ts'
import type { AlignedFaces, Landmarks } from '../../src/faces/index.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { movement, swapMeter } from '../../src/train/swapQuality.ts'
import { syntheticFace } from '../faces/support.ts'

/** A face that turns with `t` and whose mouth opens as it does. */
function face(t: number, { turned = 0, still = false } = {}): Landmarks {
  const landmarks = syntheticFace({ yaw: 10 * Math.sin(t) + turned })
  // Points that the canonical face lacks go where one of its own is, so that all turn together.
  for (let i = 0; i < 468; i += 1) {
    const own = CANONICAL[i % CANONICAL.length]![0]
    if (landmarks.mesh[i * 3] === 0) landmarks.mesh.copyWithin(i * 3, own * 3, own * 3 + 3)
  }
  const open = 8 + (still ? 0 : 5 * Math.sin(3 * t))
  landmarks.mesh[14 * 3 + 1] = landmarks.mesh[13 * 3 + 1]! + open
  return landmarks
}
const TIMES = Array.from({ length: 12 }, (_, i) => i / 2)

describe('movement', () => {
  it('is followed to the full by the same face', () => {
    const { pose, motion, mouthR } = movement(TIMES.map((t) => ({ target: face(t), swap: face(t) })))
    expect(pose).toBe(0)
    expect(motion).toBeLessThan(1e-4)
    expect(mouthR).toBeCloseTo(1, 6)
  })

  it('tells a frozen face and one that is turned away', () => {
    const { pose, motion, mouthR } = movement(TIMES.map((t) => ({ target: face(t), swap: face(t, { turned: 3, still: true }) })))
    expect(pose).toBeCloseTo(3, 1)
    expect(motion).toBeCloseTo(1, 1)
    expect(mouthR).toBeNull()
  })

  it('cannot be told of too few faces', () => {
    expect(movement([])).toEqual({ pose: null, motion: null, mouthR: null, eyesR: null })
  })
})

describe('swapMeter', () => {
  const picture = (value: number): Picture => ({ ...createPicture(1, 1), data: Uint8Array.of(value, value, value) })
  /** Sees a face in every picture but black ones; its descriptor turns from the target's to the source's with the brightness. */
  const faces: AlignedFaces = {
    landmarks: async (pictures) => pictures.map(({ data }, i) => (data[0] === 0 ? undefined : face(i / 2))),
    descriptors: async (pictures) => pictures.map(({ data }) => Float32Array.of(data[0]! / 255, Math.sqrt(1 - (data[0]! / 255) ** 2))),
    dispose: async () => {},
  }
  const seenIn = (target: readonly Picture[]) => ({ target, targetLandmarks: () => faces.landmarks(target) })
  const reference = { ...seenIn([51, 51, 51, 51].map(picture)), source: [255, 255].map(picture), descriptor: [2, 0] }

  it('puts the identity between the untouched target and the source', async () => {
    const meter = swapMeter(faces, reference)
    expect((await meter(reference.target)).identity).toBeCloseTo(0, 6)
    expect((await meter(reference.target.map(() => picture(255)))).identity).toBeCloseTo(1, 6)
    const half = await meter(reference.target.map(() => picture(153)))
    expect(half.identity).toBeCloseTo(0.5, 6)
    expect(half.faces).toBe(4)
  })

  it('leaves out swaps that show no face', async () => {
    const { identity, faces: found } = await swapMeter(faces, reference)([picture(255), picture(0), picture(255), picture(0)])
    expect([identity, found]).toEqual([1, 2])
  })

  it('says null where nothing can be told', async () => {
    const nothing = { identity: null, pose: null, motion: null, mouthR: null, eyesR: null, faces: 0 }
    expect(await swapMeter(faces, { ...reference, ...seenIn([picture(0)]) })([picture(255)])).toEqual(nothing)
    expect(await swapMeter(faces, reference)(reference.target.map(() => picture(0)))).toEqual(nothing)
    expect((await swapMeter(faces, { ...reference, source: [] })(reference.target)).identity).toBeNull()
    expect((await swapMeter(faces, { ...reference, descriptor: [0, 1] })(reference.target)).identity).toBeNull()
  })
})
