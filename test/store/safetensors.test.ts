import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeSafetensors, readSafetensors, writeSafetensors } from '../../src/store/safetensors.ts'
import { DfkError } from '../../src/work/errors.ts'
import { scratchFolder } from '../support/data.ts'

let folder: string
beforeAll(() => {
  folder = scratchFolder('safetensors')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tensors = {
  weight: { data: Float32Array.of(1, -2.5, 3e-8, Number.MAX_VALUE), shape: [2, 2] },
  count: { data: Int32Array.of(7), shape: [] },
  bytes: { data: Uint8Array.of(1, 2, 3), shape: [3] },
  nothing: { data: new Float32Array(0), shape: [0, 5] },
}

/** A file whose header is what the test says. */
function fileOf(header: string, data: Uint8Array, length = BigInt(Buffer.byteLength(header))): Uint8Array {
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(length)
  return Buffer.concat([head, Buffer.from(header), data])
}

const entry = (offsets: [number, number], shape = [1], dtype = 'F32') => ({ dtype, shape, data_offsets: offsets })

describe('safetensors', () => {
  it('reads back what it wrote, byte for byte the same twice', async () => {
    const first = await writeSafetensors(join(folder, 'a.safetensors'), tensors, { step: '3' })
    const second = await writeSafetensors(join(folder, 'b.safetensors'), tensors, { step: '3' })
    expect(first).toEqual(second)
    expect(await readSafetensors(join(folder, 'a.safetensors'))).toEqual({ tensors, metadata: { step: '3' } })
  })

  it('stores halves, rounded to even, up to infinity and down to subnormals', async () => {
    const values = [0, 1, -2, 65504, 65520, 1e-7, 5.96e-8, 2 ** -14, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 0.1]
    const wanted = [0, 1, -2, 65504, Number.POSITIVE_INFINITY, 2 ** -23, 2 ** -24, 2 ** -14, 1, 1 + 2 ** -9, 0.0999755859375]
    const path = join(folder, 'half.safetensors')
    const { bytes } = await writeSafetensors(path, { x: { data: Float32Array.from(values), shape: [values.length] } }, {}, { half: true })
    expect(bytes % 8).toBe((2 * values.length) % 8)
    expect(Array.from((await readSafetensors(path)).tensors['x']!.data)).toEqual(wanted)
  })

  it.each([
    ['an empty file', new Uint8Array(0)],
    ['a header longer than the file', fileOf('{}', new Uint8Array(4), 1000n)],
    ['a header length of 2^63', fileOf('{}', new Uint8Array(4), 2n ** 63n)],
    ['a header that is not JSON', fileOf('{"a":', new Uint8Array(4))],
    ['a header that is a list', fileOf('[1]', new Uint8Array(4))],
    ['an unknown type', fileOf(JSON.stringify({ a: entry([0, 4], [1], 'F64') }), new Uint8Array(4))],
    ['an end beyond the file', fileOf(JSON.stringify({ a: entry([0, 8], [2]) }), new Uint8Array(4))],
    ['a shape that does not fit its bytes', fileOf(JSON.stringify({ a: entry([0, 4], [2]) }), new Uint8Array(4))],
    ['a shape whose product overflows', fileOf(JSON.stringify({ a: entry([0, 4], [2 ** 40, 2 ** 40]) }), new Uint8Array(4))],
    ['a negative offset', fileOf(JSON.stringify({ a: entry([-4, 0]) }), new Uint8Array(4))],
    ['tensors that overlap', fileOf(JSON.stringify({ a: entry([0, 4]), b: entry([0, 4]) }), new Uint8Array(4))],
    ['a gap between tensors', fileOf(JSON.stringify({ a: entry([4, 8]) }), new Uint8Array(8))],
    ['bytes after the last tensor', fileOf(JSON.stringify({ a: entry([0, 4]) }), new Uint8Array(8))],
    ['metadata that is not text', fileOf(JSON.stringify({ __metadata__: { a: 1 } }), new Uint8Array(0))],
  ])('refuses %s', (_what, bytes) => {
    expect(() => decodeSafetensors(bytes, 'x.safetensors')).toThrow(DfkError)
  })

  it('never throws anything but DfkError, whatever byte is flipped', async () => {
    const path = join(folder, 'flip.safetensors')
    await writeSafetensors(path, tensors)
    const whole = readFileSync(path)
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(whole.length), (at, flip, length) => {
        const bytes = Uint8Array.from(whole)
        bytes[at]! ^= flip
        try {
          decodeSafetensors(bytes.subarray(0, length), 'x')
        } catch (error) {
          expect(error).toBeInstanceOf(DfkError)
        }
      }),
      { seed: 1, numRuns: 300 },
    )
    writeFileSync(path, whole)
  })
})
