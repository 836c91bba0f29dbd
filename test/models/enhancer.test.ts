import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { enhancerProgram, enhancerSignature } from '../../src/models/enhancer.ts'
import { parametersOf } from '../../src/models/layers.ts'
import { decodeSafetensors } from '../../src/store/safetensors.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { generatedPixels } from './generated.ts'

const SIZE = 64
const file = fileURLToPath(new URL('../../models/enhancer.safetensors', import.meta.url))
const { tensors: stored } = decodeSafetensors(readFileSync(file), file)
const tensors = parametersOf(stored)

/** PyTorch's answer to `generatedPixels` with the weights of the repository: printed by scripts/enhancer/export.py. */
const PYTORCH = {
  mean: 0.5012876987457275,
  changed: 0.031574755907058716,
  some: [
    [0, 0, 0, 0.02198],
    [5, 60, 1, 0.16431],
    [17, 33, 2, 0.23732],
    [31, 8, 0, 0.80588],
    [40, 40, 1, 0.4248],
    [63, 63, 2, 0.59309],
  ],
} as const

const mean = (data: ArrayLike<number>) => Array.from(data).reduce((sum, value) => sum + value, 0) / data.length

describe('the enhancer', () => {
  it('computes what PyTorch computes, for each face of a batch', async () => {
    const device = await openDevice('cpu')
    const program = await device.compile(enhancerProgram(tensors), enhancerSignature(2, SIZE))
    const input = generatedPixels(SIZE)
    const out = await program.run({
      faces: { data: Float32Array.from([...input.map((value) => 1 - value), ...input]), shape: [2, SIZE, SIZE, 3] },
    })
    await program.dispose()
    const made = (out['faces']!.data as Float32Array).subarray(input.length)
    expect(mean(made)).toBeCloseTo(PYTORCH.mean, 4)
    expect(mean(made.map((value, i) => Math.abs(value - input[i]!)))).toBeCloseTo(PYTORCH.changed, 4)
    for (const [y, x, c, value] of PYTORCH.some) expect(Math.abs(made[(y * SIZE + x) * 3 + c]! - value)).toBeLessThan(1e-3)
  })

  it('wants a side that it can halve three times', () => {
    expect(() => enhancerSignature(1, 252)).toThrow(/multiple of 8/)
  })

  it('names a weight that is missing', async () => {
    const device = await openDevice('cpu')
    const { 'deep2b.bias': _, ...others } = tensors
    await expect(device.compile(enhancerProgram(others), enhancerSignature(1, SIZE))).rejects.toThrow(/deep2b\.bias/)
  })
})
