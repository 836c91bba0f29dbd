import { describe, expect, it } from 'vitest'
import { PacketCollector } from '../../src/media/packets.ts'
import { advanceTimecode } from '../../src/media/timecode.ts'

describe('packet index', () => {
  it('sorts by time, finds key frames, leaves out what an edit list hides, counts what has no time', () => {
    const packets = new PacketCollector({ num: 1, den: 12_800 })
    for (const line of [
      'packet|pts=-512|dts=-1024|flags=KD',
      'packet|pts=0|dts=-512|flags=K_',
      'packet|pts=1536|dts=0|flags=__',
      'packet|pts=512|dts=512|flags=__',
      'packet|pts=N/A|dts=1024|flags=__',
      'packet|pts=2048|dts=2048|flags=K_|',
    ])
      packets.read(line)
    const { pts, keys, timeBase, untimed } = packets.finish()
    expect([...pts]).toEqual([0, 512, 1024, 1536, 2048])
    expect([...keys]).toEqual([0, 4])
    expect(timeBase).toEqual({ num: 1, den: 12_800 })
    expect(untimed).toBe(1)
  })

  it('keeps sixteen bytes a packet at most over two hours', () => {
    const packets = new PacketCollector({ num: 1, den: 12_800 })
    for (let frame = 0; frame < 216_000; frame += 1)
      packets.read(`packet|pts=${frame * 1001}|dts=${frame * 1001}|flags=${frame % 48 === 0 ? 'K_' : '__'}`)
    const { pts, keys } = packets.finish()
    expect(pts.byteLength + keys.byteLength).toBeLessThan(216_000 * 16)
    expect(pts[215_999]).toBe(215_999 * 1001)
    expect(keys.length).toBe(4500)
  })
})

describe('time code', () => {
  it.each([
    ['01:00:00:00', 25, 25, 1, '01:00:01:00'],
    ['00:00:59;29', 1, 30_000, 1001, '00:01:00;02'],
    ['00:09:59;29', 1, 30_000, 1001, '00:10:00;00'],
    ['00:00:00;00', 17_982, 30_000, 1001, '00:10:00;00'],
    ['00:00:00;00', 107_892, 30_000, 1001, '01:00:00;00'],
    ['23:59:59:23', 1, 24_000, 1001, '00:00:00:00'],
  ])('%s and %i frames at %i/%i is %s', (text, frames, num, den, wanted) => {
    expect(advanceTimecode(text, frames, { num, den })).toBe(wanted)
  })
})
