import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { depthAt, turnOf } from '../../src/train/depth.ts'
import { LANDMARK_NUMBERS, NAMED_NUMBERS, nameFace, restingFace } from '../../src/train/landmarks.ts'
import { fillBatch } from './batch.ts'

const STILL = { cos: 1, sin: 0, shiftX: 0, shiftY: 0 }

function offsets(points: Float32Array, mean: Float32Array, place = STILL, mirrored = false): Float32Array {
  const rest = restingFace(mean, new Float32Array(3))
  const into = new Float32Array(NAMED_NUMBERS)
  nameFace(points, rest, { place, mirrored }, into)
  return into.subarray(0, LANDMARK_NUMBERS)
}

const random = seedRandom(3)
const some = () => Float32Array.from({ length: LANDMARK_NUMBERS }, () => 0.2 + 0.6 * random.uniform())

const still = (landmarks: Float32Array) => {
  const poses = new Float32Array(3)
  return { poses, rest: restingFace(landmarks, poses) }
}

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
    expect(restingFace(Float32Array.from([...mean, ...winking]), new Float32Array(6))[2 * 36]).toBeCloseTo(0.4, 5)
  })

  it('say the same of two people who look up alike, whatever their usual pose', () => {
    const face = Float32Array.from({ length: LANDMARK_NUMBERS }, (_, i) => 0.5 + 0.25 * (i % 2 === 0 ? Math.cos(i / 20) : Math.sin(i / 20)))
    const turned = (pitch: number) => {
      const { y } = turnOf(0, pitch)
      return face.map((value, i) => (i % 2 === 1 ? value + y * depthAt(face[i - 1]!, value) : value))
    }
    const named = (rest: Float32Array) => {
      const into = new Float32Array(NAMED_NUMBERS)
      nameFace(turned(9), rest, { place: STILL, mirrored: false }, into)
      return into.subarray(0, LANDMARK_NUMBERS)
    }
    // One person's footage is of a straight head, the other's looks up all the time.
    const straight = named(restingFace(face, new Float32Array(3)))
    const upward = named(restingFace(turned(9), Float32Array.of(0, 9, 0)))
    const off = Math.max(...straight.map((value, i) => Math.abs(value - upward[i]!)))
    expect(Math.max(...straight.map(Math.abs))).toBeGreaterThan(0.3)
    expect(off).toBeLessThan(0.1)
  })

  it('tell how far eyes and mouth are open beside the person at rest, each eye on its side', () => {
    const points = new Float32Array(LANDMARK_NUMBERS)
    const put = (i: number, x: number, y: number) => points.set([x, y], 2 * i)
    const eye = (first: number, x: number, open: number) => {
      put(first, x - 0.05, 0.4)
      put(first + 3, x + 0.05, 0.4)
      for (const [i, dx] of [
        [first + 1, -0.02],
        [first + 2, 0.02],
      ] as const)
        put(i, x + dx, 0.4 - open / 2)
      for (const [i, dx] of [
        [first + 5, -0.02],
        [first + 4, 0.02],
      ] as const)
        put(i, x + dx, 0.4 + open / 2)
    }
    eye(36, 0.35, 0.03)
    eye(42, 0.65, 0.03)
    const rest = restingFace(points, new Float32Array(3))
    eye(42, 0.65, 0.01)
    const named = (mirrored: boolean) => {
      const into = new Float32Array(NAMED_NUMBERS)
      nameFace(points, rest, { place: STILL, mirrored }, into)
      return Array.from(into.subarray(LANDMARK_NUMBERS), (value) => Math.round(value * 100) / 100 + 0)
    }
    expect(named(false)).toEqual([0, -2.4, 0])
    expect(named(true)).toEqual([-2.4, 0, 0])
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
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const into = {
        warped: new Float32Array(size * size * 3),
        faces: new Float32Array(size * size * 3),
        masks: new Float32Array(size * size),
        accents: new Float32Array(size * size),
        landmarks: new Float32Array(NAMED_NUMBERS),
      }
      const pictures = { sizePx: side, count: 1, faces, masks: plane, accents: plane, landmarks, ...still(landmarks) }
      // Half of the heads are turned, by whatever the first random numbers say.
      fillBatch(pictures, into, size, 1, seedRandom(seed), { flip: true, strength: 1, towards: Float32Array.of(12, -9, 0) })
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
