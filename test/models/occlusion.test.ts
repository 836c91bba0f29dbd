import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parametersOf } from '../../src/models/layers.ts'
import { OCCLUSION_PX, occlusionProgram, occlusionSignature } from '../../src/models/occlusion.ts'
import { decodeSafetensors } from '../../src/store/safetensors.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { generatedPixels } from './generated.ts'

const SIZE = OCCLUSION_PX
const file = fileURLToPath(new URL('../../models/occlusion.safetensors', import.meta.url))
const { tensors: stored } = decodeSafetensors(readFileSync(file), file)
const tensors = parametersOf(stored)

/** PyTorch's answer to `generatedPixels`, the face between a quarter and three quarters of the width, with the weights of the repository: printed by scripts/occlusion/export.py. */
const PYTORCH = {
  mean: 0.49171748757362366,
  some: [
    [0, 0, 0.03067],
    [5, 60, 0.54199],
    [17, 33, 0.88839],
    [31, 8, 0.30914],
    [40, 40, 0.97878],
    [63, 63, 0.01376],
  ],
} as const

function input(): Float32Array {
  const rgb = generatedPixels(SIZE)
  const data = new Float32Array(SIZE * SIZE * 4)
  for (let i = 0; i < SIZE * SIZE; i += 1) {
    data.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i)
    data[4 * i + 3] = i % SIZE >= SIZE / 4 && i % SIZE < (3 * SIZE) / 4 ? 1 : 0
  }
  return data
}

describe('the occlusion network', () => {
  it('computes what PyTorch computes, for each face of a batch', async () => {
    const device = await openDevice('cpu')
    const program = await device.compile(occlusionProgram(tensors), occlusionSignature(2))
    const one = input()
    const data = Float32Array.from([...one.map((value) => 1 - value), ...one])
    const out = await program.run({ faces: { data, shape: [2, SIZE, SIZE, 4] } })
    await program.dispose()
    expect(out['covered']!.shape).toEqual([2, SIZE, SIZE])
    const covered = (out['covered']!.data as Float32Array).subarray(SIZE * SIZE)
    expect(covered.reduce((sum, value) => sum + value, 0) / covered.length).toBeCloseTo(PYTORCH.mean, 3)
    for (const [y, x, value] of PYTORCH.some) expect(Math.abs(covered[y * SIZE + x]! - value)).toBeLessThan(2e-3)
  })

  it('names a weight that is missing', async () => {
    const device = await openDevice('cpu')
    const { 'deep2b.bias': _, ...others } = tensors
    await expect(device.compile(occlusionProgram(others), occlusionSignature(1))).rejects.toThrow(/deep2b\.bias/)
  })
})
