import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { between, STEADY_REACH, steadied } from '../../src/swap/steady.ts'
import { syntheticFace } from '../faces/support.ts'

const around = (index: number, of: (index: number) => ReturnType<typeof syntheticFace> | undefined) =>
  Array.from({ length: 2 * STEADY_REACH + 1 }, (_, k) => of(index + k - STEADY_REACH))
/** The synthetic face has no chin of its own: 100 px below its top. */
function withChin(landmarks: ReturnType<typeof syntheticFace>) {
  landmarks.mesh.set([landmarks.mesh[30]!, landmarks.mesh[31]! + 100, 0], 152 * 3)
  return landmarks
}
const xOf = (landmarks: ReturnType<typeof syntheticFace>) => landmarks.mesh[6 * 3]!

describe('steadying', () => {
  it('calms jitter at rest', () => {
    const random = seedRandom(3)
    const noise = Array.from({ length: 100 }, () => random.uniform() - 0.5)
    const face = (index: number) => syntheticFace({ x: 200 + 0.2 * noise[index]! })
    let [raw, steady] = [0, 0]
    for (let index = STEADY_REACH + 1; index < 90; index += 1) {
      raw += Math.abs(xOf(face(index)) - xOf(face(index - 1)))
      steady += Math.abs(xOf(steadied(around(index, face))) - xOf(steadied(around(index - 1, face))))
    }
    expect(steady).toBeLessThan(raw * 0.45)
  })

  it('leaves even movement as it is, and shifts a turning point by no more than a thousandth of the face', () => {
    const even = (index: number) => syntheticFace({ x: 100 + 7 * index, yaw: index })
    expect(xOf(steadied(around(10, even)))).toBeCloseTo(xOf(even(10)), 1)
    const turning = (index: number) => withChin(syntheticFace({ x: 200 - 6 * Math.abs(index - 10) }))
    const shift = Math.abs(xOf(steadied(around(10, turning))) - xOf(turning(10)))
    expect(shift).toBeGreaterThan(0.01)
    expect(shift).toBeLessThanOrEqual(0.101)
  })

  it('does not look over a gap, and takes the face as it is at an end', () => {
    const atEnd = (index: number) => (index < 5 ? undefined : syntheticFace({ x: 100 + index * index }))
    expect(xOf(steadied(around(5, atEnd)))).toBeCloseTo(xOf(atEnd(5)!), 3)
  })

  it('goes half-way between two faces', () => {
    expect(xOf(between(syntheticFace({ x: 100 }), syntheticFace({ x: 110 }), 0.5))).toBeCloseTo(xOf(syntheticFace({ x: 105 })), 3)
  })
})
