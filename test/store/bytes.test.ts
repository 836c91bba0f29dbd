import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { packBytes, unpackBytes } from '../../src/store/bytes.ts'

const random = seedRandom(3)
const values = (length: number, scale: (i: number) => number) => Float32Array.from({ length }, (_, i) => scale(i) * random.normal())
/** Four channels, each a hundred times as large as the one before; the last is nothing. */
const filter = { data: values(9 * 8 * 4, (i) => [0.01, 1, 100, 0][i % 4]!), shape: [3, 3, 8, 4] }
const tensors = { 'a.weight': filter, 'a.bias': { data: values(4, () => 1), shape: [4] }, steps: { data: Int32Array.of(3), shape: [] } }

describe('weights in bytes', () => {
  it('are off by no more than half a step of their own channel', () => {
    const back = unpackBytes(packBytes(tensors), 'file')
    const largest = [0, 0, 0, 0]
    for (const [i, value] of filter.data.entries()) largest[i % 4] = Math.max(largest[i % 4]!, Math.abs(value))
    const data = back['a.weight']!.data as Float32Array
    for (const [i, value] of filter.data.entries()) expect(Math.abs(data[i]! - value)).toBeLessThanOrEqual((largest[i % 4]! / 127) * 0.5001)
    expect(back['a.weight']!.shape).toEqual([3, 3, 8, 4])
  })

  it('take a byte a number, and leave biases and whole numbers alone', () => {
    const packed = packBytes(tensors)
    expect(packed['a.weight']!.data).toBeInstanceOf(Uint8Array)
    expect(packed['a.weight.scale']!.shape).toEqual([4])
    const back = unpackBytes(packed, 'file')
    expect(Object.keys(back)).toEqual(Object.keys(tensors))
    expect(back['a.bias']).toEqual(tensors['a.bias'])
    expect(back['steps']).toEqual(tensors.steps)
  })

  it('give the same bytes when they are packed again', () => {
    const packed = packBytes(tensors)
    expect(packBytes(unpackBytes(packed, 'file'))['a.weight']).toEqual(packed['a.weight'])
  })

  it('are refused where a scale is of another length, or missing', () => {
    const packed = { ...packBytes(tensors), 'a.weight.scale': { data: Float32Array.of(1), shape: [1] } }
    expect(() => unpackBytes(packed, 'base.safetensors')).toThrow('expected 4 scales for a.weight in base.safetensors but found 1')
    const { 'a.weight.scale': _, ...without } = packed
    expect(() => unpackBytes(without, 'base.safetensors')).toThrow('expected 4 scales for a.weight in base.safetensors but found none')
  })

  it('are not made of what is no number', () => {
    const broken = { 'a.weight': { data: Float32Array.of(1, Number.NaN), shape: [1, 2] } }
    expect(() => packBytes(broken)).toThrow('expected finite weights but a.weight has others')
  })
})
