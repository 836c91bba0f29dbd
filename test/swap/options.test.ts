import { describe, expect, it } from 'vitest'
import { swapOptions } from '../../src/commands/swap-options.ts'
import { requestOf } from '../../src/commands/swap-request.ts'

describe('the look that is asked for', () => {
  it.each([
    [{}, { kind: 'both', erodePercent: 1, blurPercent: 4 }],
    [
      { mask: 'hull', maskErode: 1, maskBlur: 1 },
      { kind: 'hull', erodePercent: 1, blurPercent: 1 },
    ],
    [{ mask: 'learned' }, { kind: 'learned', erodePercent: 1, blurPercent: 4 }],
  ])('%o', (asked, mask) => {
    const request = requestOf('/home', swapOptions.parse({ run: 'x', output: 'out.mp4', ...asked }), {})
    expect(request.look.mask).toEqual(mask)
  })
})
