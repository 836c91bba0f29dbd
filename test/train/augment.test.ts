import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { likeness } from '../../src/train/quality.ts'
import { fillBatch } from './batch.ts'

const SIDE = 64
const SIZE = 32

/** A picture whose red is its x and green its y, with a mask in the middle. */
function gradients(count: number) {
  const faces = new Uint8Array(count * SIDE * SIDE * 3)
  const masks = new Uint8Array(count * SIDE * SIDE)
  for (let i = 0; i < count * SIDE * SIDE; i += 1) {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE]
    faces.set([x * 4, y * 4, 128], i * 3)
    masks[i] = Math.hypot(x - 31.5, y - 31.5) < 20 ? 255 : 0
  }
  return {
    sizePx: SIDE,
    count,
    faces,
    masks,
    accents: masks,
    landmarks: new Float32Array(count * 136).fill(0.5),
    poses: new Float32Array(count * 3),
    rest: new Float32Array(139).fill(0.5),
  }
}

function buffers(count: number) {
  const plane = (channels: number) => new Float32Array(count * SIZE * SIZE * channels)
  return { warped: plane(3), faces: plane(3), masks: plane(1), accents: plane(1), landmarks: new Float32Array(count * 139) }
}

function batch(seed: number, flip = false) {
  const into = buffers(4)
  fillBatch(gradients(3), into, SIZE, 4, seedRandom(seed), { flip, strength: 1 })
  return into
}

describe('augmentation', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(batch(1)).toEqual(batch(1))
    expect(batch(1).warped).not.toEqual(batch(2).warped)
    expect(batch(1, true).faces).not.toEqual(batch(1).faces)
  })

  it('turns, scales and shifts within its limits, and keeps mask and face together', () => {
    const { faces, masks } = batch(3)
    for (let i = 0; i < 4; i += 1) {
      const middle = (i * SIZE * SIZE + 16 * SIZE + 16) * 3
      expect(Math.abs(faces[middle]! - 0.5)).toBeLessThan(0.1)
      expect(Math.abs(faces[middle + 1]! - 0.5)).toBeLessThan(0.1)
      expect(faces[middle + 2]).toBeCloseTo(128 / 255, 5)
      const [left, right] = [middle - 30, middle + 30]
      // 20 pixels of 32 across a slope: scaled by at most 8 % and turned by at most 10°.
      expect(faces[right]! - faces[left]!).toBeGreaterThan((20 / 32) * 0.9)
      expect(faces[right]! - faces[left]!).toBeLessThan((20 / 32) * 1.1)
      for (let p = 0; p < SIZE * SIZE; p += 1) {
        const at = (i * SIZE * SIZE + p) * 3
        const inside = Math.hypot(faces[at]! * 255 - 126, faces[at + 1]! * 255 - 126) < 72
        if (inside) expect(masks[i * SIZE * SIZE + p]).toBeGreaterThan(0.9)
      }
    }
  })

  it('warps the input, and not at all at strength 0', () => {
    // Red says where a pixel of the picture lies; whatever happens to the colours, it stays linear in that where nothing is warped.
    const pictures = gradients(1)
    const soft = { ...pictures, faces: pictures.faces.map((value) => 96 + value / 4) }
    const bent = (strength: number) => {
      const into = buffers(1)
      fillBatch(soft, into, SIZE, 1, seedRandom(5), { flip: false, strength })
      const red = (x: number, y: number) => into.warped[(y * SIZE + x) * 3]!
      const [low, far] = [6, SIZE - 13]
      const across = (red(low + far, low) - red(low, low)) / far
      const down = (red(low, low + far) - red(low, low)) / far
      let off = 0
      for (let y = low; y <= low + far; y += 1) {
        for (let x = low; x <= low + far; x += 1)
          off = Math.max(off, Math.abs(red(x, y) - red(low, low) - across * (x - low) - down * (y - low)))
      }
      return off / (Math.abs(across) + Math.abs(down))
    }
    expect(bent(0)).toBeLessThan(0.3)
    expect(bent(1)).toBeGreaterThan(1)
  })

  it('keeps colours within 0–1', () => {
    for (const seed of [1, 2, 3]) {
      const { warped } = batch(seed)
      expect(Math.max(...warped)).toBeLessThanOrEqual(1)
      expect(Math.min(...warped)).toBeGreaterThanOrEqual(0)
    }
  })
})

describe('likeness', () => {
  const noise = (seed: number) => {
    const random = seedRandom(seed)
    return Float32Array.from({ length: SIZE * SIZE * 3 }, () => random.uniform())
  }

  it('is 1 and 0 of a face with itself, and looks inside the mask only', () => {
    const a = noise(1)
    const half = Float32Array.from({ length: SIZE * SIZE }, (_, i) => (i < (SIZE * SIZE) / 2 ? 1 : 0))
    const b = a.map((value, i) => (i < (SIZE * SIZE * 3) / 2 ? value : 1 - value))
    expect(likeness(a, a, half, SIZE)).toEqual({ ssim: expect.closeTo(1, 6), error: 0, psnr: 99, sharpness: expect.closeTo(1, 6) })
    expect(likeness(a, b, half, SIZE).error).toBe(0)
    expect(likeness(a, noise(2), half, SIZE).ssim).toBeLessThan(0.2)
  })
})
