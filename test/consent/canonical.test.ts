import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalHash, canonicalJson } from '../../src/consent/canonical.ts'

/** A double from its 64 bits, as RFC 8785 appendix B lists them. */
function double(hex: string): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt(`0x${hex}`))
  return view.getFloat64(0)
}

describe('canonicalJson', () => {
  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
  ])('prints the double %s as %s', (bits, text) => {
    expect(canonicalJson(double(bits))).toBe(text)
  })

  it('sorts members by UTF-16 code units, at every depth', () => {
    const value = {
      '€': 'Euro',
      '\r': 'CR',
      '\ufb33': 'Hebrew',
      1: 'One',
      '😀': 'Smiley',
      '\u0080': 'Control',
      ö: 'o',
      nested: { b: [{ z: 1, a: 2 }], a: null },
    }
    expect(canonicalJson(value)).toBe(
      '{"\\r":"CR","1":"One","nested":{"a":null,"b":[{"a":2,"z":1}]},"\u0080":"Control","ö":"o","€":"Euro","😀":"Smiley","\ufb33":"Hebrew"}',
    )
  })

  it('escapes only what has to be', () => {
    expect(canonicalJson('€$\u000f\nA\'B"\\\\"/<\u2028')).toBe('"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/<\u2028"')
  })

  it('leaves out members that are undefined and keeps no white space', () => {
    expect(canonicalJson({ b: undefined, a: [1, true, null, 'x'] })).toBe('{"a":[1,true,null,"x"]}')
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, '\ud800', 'a\udc00b', () => 1, 10n])('refuses %s', (value) => {
    expect(() => canonicalJson({ value })).toThrow(/expected a value that JSON can carry/)
  })

  it('does not depend on the order of members and survives JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const shuffled = JSON.parse(JSON.stringify(value), (_, member) =>
          member !== null && typeof member === 'object' && !Array.isArray(member)
            ? Object.fromEntries(Object.entries(member).reverse())
            : member,
        )
        expect(canonicalHash(shuffled)).toBe(canonicalHash(value))
      }),
      { numRuns: 200 },
    )
  })
})
