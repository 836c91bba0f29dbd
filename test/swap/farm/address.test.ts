import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/swap/farm/address.ts'
import { UsageError } from '../../../src/work/errors.ts'

describe("a queue's address", () => {
  it('is read from a URL, and shown without the password', () => {
    expect(parseAddress('rediss://ann:p%40ss@farm:7000/3', 'show')).toEqual({
      ...{ host: 'farm', port: 7000, database: 3, tls: true, username: 'ann', password: 'p@ss', queue: 'show' },
      shown: 'rediss://farm:7000/3 (show)',
    })
    expect(parseAddress('redis://farm', 'dfk', 'other')).toMatchObject({ port: 6379, database: 0, tls: false, password: 'other' })
    expect(parseAddress('redis://:mine@[::1]', 'dfk', 'other')).toMatchObject({ host: '::1', password: 'mine' })
  })

  it.each(['', 'farm', 'farm:6379', 'http://farm', 'redis://', 'redis://farm/a', 'redis://farm/1?x=2', 'redis://farm:99999'])(
    'is not %s',
    (text) => {
      expect(() => parseAddress(text, 'dfk')).toThrow(UsageError)
    },
  )

  it('never tells the password, right or wrong as the URL is', () => {
    const scheme = fc.constantFrom('redis:', 'rediss:', 'http:', 'redis', 'redis:/')
    const rest = fc.constantFrom('@farm', '@farm:70000', '@farm/x', '@farm/2', '@', '')
    fc.assert(
      fc.property(scheme, fc.stringMatching(/^[a-z0-9/?#[\]]{1,8}$/), rest, (begin, tail, end) => {
        const secret = `zq${tail}`
        try {
          const { shown } = parseAddress(`${begin}//user:${secret}${end}`, 'dfk')
          return !shown.includes('zq')
        } catch (error) {
          return error instanceof UsageError && !`${error.message}${error.hint}`.includes('zq')
        }
      }),
    )
  })
})
