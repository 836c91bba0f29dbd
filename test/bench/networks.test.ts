import { expect, it } from 'vitest'
import { networkRows } from '../../bench/networks.ts'

it('sets the target and tfjs-node beside what ours took', () => {
  const time = { network: 'face detector', batch: 1, ms: 30, firstMs: 200, targetMs: 100 }
  const rows = networkRows('cpu', [time, { ...time, batch: 8 }], [{ ...time, ms: 95 }])
  expect(rows[0]).toEqual([
    'dfk, cpu: face detector alone, batch 1',
    '    30.0 ms a picture, target below 100; tfjs-node 95.0; first look 200 ms',
  ])
  expect(rows[1]?.[1]).not.toContain('tfjs-node')
})
