import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { LANDMARK_NUMBERS, landmarkOffsets, meanLandmarks } from '../../src/train/landmarks.ts'
import { fillBatch } from './batch.ts'

const STILL = { cos: 1, sin: 0, shiftX: 0, shiftY: 0 }

function offsets(points: Float32Array, mean: Float32Array, place = STILL, mirrored = false): Float32Array {
  const into = new Float32Array(LANDMARK_NUMBERS)
  landmarkOffsets(points, mean, place, mirrored, into)
  return into
}

const random = seedRandom(3)
const some = () => Float32Array.from({ length: LANDMARK_NUMBERS }, () => 0.2 + 0.6 * random.uniform())

describe('landmarks as the encoder names them', () => {
  it('are nothing for the mean, and twenty times what lies beside it', () => {
    const mean = some()
    expect(Math.max(...offsets(mean, mean).map(Math.abs))).toBeLessThan(1e-5)
    const lowered = mean.slice()
    lowered[2 * 57 + 1]! += 0.05
    const found = offsets(lowered, mean)
    expect(found[2 * 57 + 1]).toBeCloseTo(1, 4)
    expect(found.filter((value) => Math.abs(value) > 1e-5)).toHaveLength(1)
  })

  it('say the same of two people who open their mouths alike', () => {
    const [a, b] = [some(), some()]
    const open = (mean: Float32Array) => mean.map((value, i) => (i === 2 * 66 + 1 ? value + 0.04 : value))
    const [x, y] = [offsets(open(a), a), offsets(open(b), b)]
    for (let i = 0; i < LANDMARK_NUMBERS; i += 1) expect(x[i]).toBeCloseTo(y[i]!, 4)
  })

  it('swap sides in the mirror', () => {
    const mean = new Float32Array(LANDMARK_NUMBERS).fill(0.5)
    const winking = mean.slice()
    winking[2 * 36] = 0.3
    const mirrored = offsets(winking, mean, STILL, true)
    expect(mirrored[2 * 45]).toBeCloseTo(20 * 0.2, 4)
    expect(mirrored[2 * 36]).toBeCloseTo(0, 5)
    expect(meanLandmarks(Float32Array.from([...mean, ...winking]))[2 * 36]).toBeCloseTo(0.4, 5)
  })

  it('move with the picture: where a dot lands, its landmark says', () => {
    const [side, size] = [64, 64]
    const spot = { x: 0.62, y: 0.4 }
    const faces = new Uint8Array(side * side * 3)
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        const near = Math.hypot((x + 0.5) / side - spot.x, (y + 0.5) / side - spot.y)
        faces.fill(Math.round(255 * Math.exp(-((near / 0.04) ** 2))), (y * side + x) * 3, (y * side + x) * 3 + 3)
      }
    }
    const landmarks = Float32Array.from({ length: LANDMARK_NUMBERS }, (_, i) => (i % 2 === 0 ? spot.x : spot.y))
    const plane = new Uint8Array(side * side)
    for (const seed of [1, 2, 3]) {
      const into = {
        warped: new Float32Array(size * size * 3),
        faces: new Float32Array(size * size * 3),
        masks: new Float32Array(size * size),
        accents: new Float32Array(size * size),
        landmarks: new Float32Array(LANDMARK_NUMBERS),
      }
      const pictures = { sizePx: side, count: 1, faces, masks: plane, accents: plane, landmarks, meanLandmarks: landmarks }
      fillBatch(pictures, into, size, 1, seedRandom(seed), { flip: true, strength: 1 })
      const sums = { x: 0, y: 0, all: 0 }
      for (let p = 0; p < size * size; p += 1) {
        const value = into.faces[p * 3]!
        sums.x += value * (((p % size) + 0.5) / size)
        sums.y += value * ((Math.floor(p / size) + 0.5) / size)
        sums.all += value
      }
      expect(into.landmarks[0]! / 20 + spot.x).toBeCloseTo(sums.x / sums.all, 2)
      expect(into.landmarks[1]! / 20 + spot.y).toBeCloseTo(sums.y / sums.all, 2)
    }
  })
})
