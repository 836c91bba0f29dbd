import { beforeAll, describe, expect, it } from 'vitest'
import { adversarialLoss, aroundMask, gaussianWindow, LOSSES, reconstructionLoss, ssim, windowSize } from '../../src/models/losses.ts'
import { seedRandom } from '../../src/models/random.ts'
import { tf } from '../../src/tensor/index.ts'

const SIZE = 16
const random = seedRandom(5)

beforeAll(async () => {
  await tf.setBackend('cpu')
})

function noise(shape: [number, number, number, number]): tf.Tensor4D {
  return tf.tensor4d(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform()),
    shape,
  )
}

/** Compares a gradient with central differences along a few random directions. */
function checkGradient(loss: (x: tf.Tensor4D) => tf.Scalar, x: tf.Tensor4D): void {
  const gradient = tf
    .grad((value: tf.Tensor) => loss(value as tf.Tensor4D))(x)
    .dataSync() as Float32Array
  const base = x.dataSync() as Float32Array
  // A random direction's derivative is about as large as the gradient.
  const norm = Math.hypot(...gradient)
  for (let trial = 0; trial < 5; trial += 1) {
    const direction = Float32Array.from(base, () => random.normal())
    const step = 1e-3
    const at = (sign: number) =>
      loss(
        tf.tensor4d(
          base.map((value, i) => value + sign * step * direction[i]!),
          x.shape,
        ),
      ).dataSync()[0]!
    const measured = (at(1) - at(-1)) / (2 * step)
    const claimed = gradient.reduce((sum, value, i) => sum + value * direction[i]!, 0)
    expect(Math.abs(claimed - measured)).toBeLessThan(0.02 * norm + 1e-3)
  }
}

describe('structural similarity', () => {
  it('is 1 of a picture with itself and falls with noise', () => {
    const a = noise([1, SIZE, SIZE, 3])
    expect(ssim(a, a, 5).dataSync()[0]).toBeCloseTo(1, 5)
    const little = ssim(a, tf.add(a, tf.mul(noise([1, SIZE, SIZE, 3]), 0.1)), 5).dataSync()[0]!
    const much = ssim(a, noise([1, SIZE, SIZE, 3]), 5).dataSync()[0]!
    expect(little).toBeGreaterThan(0.9)
    expect(much).toBeLessThan(0.3)
  })

  it('equals the formula computed place by place', () => {
    const [a, b] = [noise([1, 8, 8, 1]), noise([1, 8, 8, 1])]
    const weights = gaussianWindow(5)
    const [x, y] = [a.dataSync(), b.dataSync()]
    let total = 0
    for (let top = 0; top < 4; top += 1) {
      for (let left = 0; left < 4; left += 1) {
        const mean = (f: (i: number) => number) =>
          weights.reduce((sum, p, r) => sum + weights.reduce((row, q, c) => row + p * q * f((top + r) * 8 + left + c), 0), 0)
        const [mx, my] = [mean((i) => x[i]!), mean((i) => y[i]!)]
        const [vx, vy, cov] = [mean((i) => x[i]! ** 2) - mx ** 2, mean((i) => y[i]! ** 2) - my ** 2, mean((i) => x[i]! * y[i]!) - mx * my]
        total += ((2 * mx * my + 1e-4) * (2 * cov + 9e-4)) / ((mx ** 2 + my ** 2 + 1e-4) * (vx + vy + 9e-4))
      }
    }
    expect(ssim(a, b, 5).dataSync()[0]).toBeCloseTo(total / 16, 4)
  })

  it('has a window that adds up to 1 and suits the size', () => {
    expect(gaussianWindow(11).reduce((a, b) => a + b)).toBeCloseTo(1, 12)
    expect([32, 64, 128, 256].map(windowSize)).toEqual([5, 5, 11, 23])
  })
})

describe('where differences count', () => {
  const side = 64
  const values = (of: (x: number, y: number) => number) =>
    aroundMask(
      tf.tensor4d(
        Float32Array.from({ length: side * side }, (_, i) => of(i % side, Math.floor(i / side))),
        [1, side, side, 1],
      ),
    ).dataSync()

  it('is whole in the mask, falls beyond it on all sides alike, and ends', () => {
    const around = values((x, y) => (x >= 24 && x < 40 && y >= 24 && y < 40 ? 1 : 0))
    const across = (x: number) => around[32 * side + x]!
    const down = (y: number) => around[y * side + 32]!
    for (let at = 25; at < 39; at += 1) expect([across(at), down(at)]).toEqual([1, 1])
    expect(across(41)).toBeCloseTo(0.45, 1)
    expect(across(43)).toBeLessThan(across(41) / 2)
    for (let at = 0; at < side; at += 1) {
      expect(across(at)).toBeCloseTo(down(at), 5)
      expect(across(at)).toBeCloseTo(across(side - 1 - at), 5)
    }
    expect(across(14)).toBeLessThan(1e-4)
  })

  it('is whole at the border of a picture that is all face', () => {
    expect(Math.min(...values(() => 1))).toBe(1)
  })
})

describe('gradients by finite differences', () => {
  it('of the similarity', () => {
    const b = noise([2, SIZE, SIZE, 3])
    checkGradient((a) => ssim(a, b, 5), noise([2, SIZE, SIZE, 3]))
  })

  it('of the reconstruction loss, by colours and by mask', () => {
    // Truth above what was rendered: absolute differences have no gradient where they are zero.
    const [above, below] = [
      (x: tf.Tensor4D) => tf.add(tf.mul(x, 0.4), 0.6) as tf.Tensor4D,
      (x: tf.Tensor4D) => tf.mul(x, 0.4) as tf.Tensor4D,
    ]
    const plane = () => noise([2, SIZE, SIZE, 1])
    const truth = { faces: above(noise([2, SIZE, SIZE, 3])), masks: above(plane()), around: plane(), accents: plane() }
    const mask = below(plane())
    const rgb = below(noise([2, SIZE, SIZE, 3]))
    checkGradient((x) => reconstructionLoss({ rgb: x, mask }, truth, LOSSES), rgb)
    checkGradient((x) => reconstructionLoss({ rgb, mask: x }, truth, LOSSES), mask)
  })

  it('of the adversarial loss', () => {
    const other = noise([1, 2, 2, 1])
    for (const real of [true, false]) checkGradient((x) => adversarialLoss([x, other], real), tf.mul(noise([1, 4, 4, 1]), 4))
  })
})
