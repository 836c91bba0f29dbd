import { expect, it } from 'vitest'
import { autoencoderSignature, autoencoderStep } from '../../bench/autoencoder.ts'
import { countFlops, openGemm } from '../../bench/flops.ts'
import { openDevice, type ProgramFn, tf } from '../../src/tensor/index.ts'

it('counts matrix products', () => {
  const program: ProgramFn = ({ a, b }) => ({ outputs: { y: tf.matMul(a!, b!, true) } })
  expect(countFlops(program, { inputs: { a: { shape: [5, 3] }, b: { shape: [5, 7] } } })).toBe(2 * 3 * 5 * 7)
  expect(countFlops(program, { inputs: { a: { shape: [2, 5, 3] }, b: { shape: [2, 5, 7] } } })).toBe(2 * 2 * 3 * 5 * 7)
})

it('counts a convolution by its taps, and nothing that no output needs', () => {
  const program: ProgramFn = ({ x, w }) => {
    tf.matMul(tf.reshape(x!, [64, 16]), tf.reshape(x!, [16, 64]))
    return { outputs: { y: tf.relu(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')) } }
  }
  const signature = { inputs: { x: { shape: [1, 8, 8, 16] }, w: { shape: [3, 3, 16, 32] } } }
  expect(countFlops(program, signature)).toBe(2 * 8 * 8 * 9 * 16 * 32)
})

/** 2 × output pixels × taps × channels in × channels out. */
const convolution = (side: number, taps: number, from: number, to: number) => 2 * 8 * side * side * taps * from * to

it("counts DESIGN.md's step by the formulas of its layers: forward, both gradients, none for the picture", () => {
  const first = convolution(32, 25, 3, 64)
  const layers = [
    ...[convolution(16, 25, 64, 128), convolution(8, 25, 128, 256), convolution(4, 25, 256, 512)],
    ...[2 * 8 * 8192 * 256, 2 * 8 * 256 * 4096],
    ...[convolution(4, 9, 256, 1024), convolution(8, 9, 256, 512), convolution(16, 9, 128, 256), convolution(32, 9, 64, 128)],
    convolution(64, 25, 32, 3),
  ]
  const expected = 2 * first + 3 * layers.reduce((sum, flops) => sum + flops, 0)
  // Some input gradients multiply one row of zeros more.
  expect(Math.abs(countFlops(autoencoderStep, autoencoderSignature) / expected - 1)).toBeLessThan(1e-3)
})

it('measures products on a device', async () => {
  const gemm = await openGemm(await openDevice('cpu'))
  await gemm.measure()
  expect(gemm.peak()).toBeGreaterThan(0)
  expect(gemm.peak()).toBeLessThan(Number.POSITIVE_INFINITY)
  await gemm.dispose()
})
