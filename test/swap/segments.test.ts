import { describe, expect, it } from 'vitest'
import { Segmentation, WARM_UP_FRAMES } from '../../src/swap/segments.ts'

const ALL = { fromS: Number.NEGATIVE_INFINITY, toS: Number.POSITIVE_INFINITY }

/** 1000 frames at 25 a second, the 500th a second late, a key frame each 40. */
function index() {
  const timesS = Float64Array.from({ length: 1000 }, (_, i) => i / 25 + (i >= 500 ? 1 : 0))
  return { timesS, keysS: timesS.filter((_, i) => i % 40 === 0) }
}

describe('segments', () => {
  it('take every frame once, in order, and none after the last', () => {
    const { timesS, keysS } = index()
    const segments = new Segmentation({ timesS, keysS }, ALL, 300)
    expect(segments.count).toBe(4)
    const found = Array.from(timesS, (timeS) => segments.segmentOf(segments.numberOf(timeS, 0)))
    expect(found.slice(0, 300)).toEqual(new Array(300).fill(0))
    expect(found.slice(300, 600)).toEqual(new Array(300).fill(1))
    expect(found.slice(900)).toEqual(new Array(100).fill(3))
  })

  it('begin where they begin whoever reads them: a time that is a rounding off is the same frame', () => {
    const segments = new Segmentation(index(), ALL, 300)
    expect(segments.numberOf(12 + 4e-6, 7)).toBe(300)
    expect(segments.numberOf(12 - 4e-6, 7)).toBe(300)
  })

  it('of a range count from its first frame', () => {
    const segments = new Segmentation(index(), { fromS: 4, toS: 8 }, 30)
    expect(segments.first).toBe(100)
    expect(segments.count).toBe(4)
    expect(segments.segmentOf(99)).toBe(-1)
    expect(segments.begin(1)).toBe(130)
  })

  it('warm up on what comes before, and seek one key frame more than that needs', () => {
    const segments = new Segmentation(index(), ALL, 300)
    expect(segments.warmBegin(0)).toBe(0)
    expect(segments.warmBegin(1)).toBe(300 - WARM_UP_FRAMES)
    // Frame 260 lies behind the key frames 240 and 200.
    expect(segments.seekS(260)).toBeCloseTo(200 / 25, 9)
    expect(segments.seekS(30)).toBeUndefined()
  })

  it('without an index are cut while the clip is read', () => {
    const segments = new Segmentation(undefined, ALL, 300)
    expect(segments.count).toBeUndefined()
    expect(segments.segmentOf(segments.numberOf(123, 899))).toBe(2)
    expect(segments.seekS(899)).toBeUndefined()
  })
})
