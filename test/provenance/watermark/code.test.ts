import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CODED_BITS, decodeBits, encodeBits, PAYLOAD_BITS } from '../../../src/provenance/watermark/code.ts'
import { decodePayload, encodePayload } from '../../../src/provenance/watermark/payload.ts'

const payloads = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: PAYLOAD_BITS, maxLength: PAYLOAD_BITS })

describe('the code of the watermark', () => {
  it('gives any payload back, with any eleven of its 416 signs turned over', () => {
    const turned = fc.uniqueArray(fc.integer({ min: 0, max: CODED_BITS - 1 }), { minLength: 11, maxLength: 11 })
    fc.assert(
      fc.property(payloads, turned, (payload, places) => {
        const signs = encodeBits(payload)
        for (const place of places) signs[place]! *= -1
        expect([...decodeBits(signs)]).toEqual(payload)
      }),
      { numRuns: 40, seed: 1 },
    )
  })

  it('keeps payloads 24 signs apart', () => {
    fc.assert(
      fc.property(payloads, payloads, (a, b) => {
        fc.pre(a.some((bit, i) => bit !== b[i]))
        const [x, y] = [encodeBits(a), encodeBits(b)]
        expect(x.filter((sign, i) => sign !== y[i]).length).toBeGreaterThanOrEqual(24)
      }),
      { numRuns: 200, seed: 1 },
    )
    for (let bit = 0; bit < PAYLOAD_BITS; bit++) {
      const one = encodeBits(Array.from({ length: PAYLOAD_BITS }, (_, i) => (i === bit ? 1 : 0)))
      expect(one.filter((sign) => sign === 1).length).toBeGreaterThanOrEqual(24)
    }
  })

  it('reads no id out of noise, nor out of another key’s mark', () => {
    const votes = Float32Array.from(encodePayload('0123456789abcdef', 'dfk'))
    expect(decodePayload(votes, 'dfk')).toBe('0123456789abcdef')
    expect(decodePayload(votes, 'studio')).toBeUndefined()
    const noise = Float32Array.from({ length: CODED_BITS }, (_, i) => Math.sin(i * i * 12.9898))
    expect(decodePayload(noise, 'dfk')).toBeUndefined()
    expect(encodePayload(0xfedcba9876543210n, 'dfk')).toEqual(encodePayload('fedcba9876543210', 'dfk'))
  })
})
