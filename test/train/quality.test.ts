import { describe, expect, it } from 'vitest'
import { picturesOf, putIn } from '../../src/picture/putIn.ts'
import { likeness } from '../../src/train/quality.ts'
import { unseenOf } from '../../src/train/unseen.ts'

const SIZE = 16
const ramp = Float32Array.from({ length: SIZE * SIZE * 3 }, (_, i) => (i % 7) / 10)
const everywhere = new Float32Array(SIZE * SIZE).fill(1)

describe('likeness', () => {
  it('of equal pictures is 1, 99 dB and as sharp', () => {
    const { ssim, error, psnr, sharpness } = likeness(ramp, ramp, everywhere, SIZE)
    expect([error, psnr, sharpness]).toEqual([0, 99, 1])
    expect(ssim).toBeCloseTo(1, 9)
  })

  it('gives the PSNR of the mean squared error inside the mask alone', () => {
    const left = everywhere.map((_, i) => (i % SIZE < SIZE / 2 ? 1 : 0))
    const off = ramp.map((value, i) => value + (Math.floor(i / 3) % SIZE < SIZE / 2 ? 0.1 : 0.9))
    expect(likeness(off, ramp, left, SIZE).psnr).toBeCloseTo(20, 4)
    const two = (a: Float32Array) => Float32Array.from([...a, ...ramp])
    const masks = Float32Array.from([...left, ...left])
    expect(likeness(two(off), two(ramp), masks, SIZE).psnr).toBeCloseTo(10 * Math.log10(1 / 0.005), 4)
  })
})

describe('unseen faces', () => {
  const of = (count: number) => ({
    ...{
      sizePx: 1,
      count,
      faces: Uint8Array.from({ length: count * 3 }, (_, i) => Math.floor(i / 3)),
      masks: new Uint8Array(count).fill(255),
    },
    ...{ accents: new Uint8Array(count), landmarks: new Float32Array(0), meanLandmarks: new Float32Array(0) },
  })

  it('are at most 64, evenly over time', () => {
    const { count, faces } = unseenOf(of(128))
    expect(count).toBe(64)
    expect([faces[0], faces[63 * 3]! * 255]).toEqual([0, expect.closeTo(126, 4)])
    expect(unseenOf(of(3)).count).toBe(3)
  })

  it('take a rendered face, in their own colours, where both masks have one', () => {
    const faces = Float32Array.from([0.2, 0.4, 0.9, 0.9].flatMap((value) => [value, value, value]))
    const unseen = { count: 1, sizePx: 2, faces, masks: Float32Array.of(1, 1, 0, 1) }
    const rgb = Float32Array.from([0.8, 0.6, 0.5, 0.5].flatMap((value) => [value, value, value]))
    const swapped = putIn(unseen, { rgb, mask: Float32Array.of(1, 1, 1, 0) })
    const expected = [0.4, 0.2, 0.9, 0.9].flatMap((value) => [value, value, value])
    for (const [i, value] of swapped.entries()) expect(value).toBeCloseTo(expected[i]!, 3)
  })

  it('become pictures large enough to look at', () => {
    const [small] = picturesOf(new Float32Array(64 * 64 * 3).fill(2), 64)
    expect([small!.width, small!.data.length, small!.data[0]]).toEqual([128, 128 * 128 * 3, 255])
    expect(picturesOf(new Float32Array(224 * 224 * 3), 224)[0]!.width).toBe(224)
  })
})
