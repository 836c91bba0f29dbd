import { describe, expect, it } from 'vitest'
import { hasUntoldFields, parseFirstFrames } from '../../src/media/first-frames.ts'
import { dynamicHdrOf, hdrLevelsOf } from '../../src/media/hdr.ts'
import { parseProbe } from '../../src/media/probe.ts'

const MASTERING = {
  ...{ side_data_type: 'Mastering display metadata', red_x: '34000/50000', red_y: '16000/50000', green_x: '13250/50000' },
  ...{ green_y: '34500/50000', blue_x: '7500/50000', blue_y: '3000/50000', white_point_x: '15635/50000', white_point_y: '16450/50000' },
  ...{ min_luminance: '1/10000', max_luminance: '10000000/10000' },
}
const CONTENT = { side_data_type: 'Content light level metadata', max_content: 1000, max_average: 400 }
const DISPLAY = 'G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)'

describe('the first frames', () => {
  it.each([
    ['h264', 'progressive', false],
    ['h264', 'tt', true],
    ['prores', 'tb', true],
    ['dvvideo', 'unknown', true],
    ['mpeg2video', undefined, true],
    ['vp9', 'unknown', false],
    ['hevc', undefined, false],
    ['mpeg1video', 'unknown', false],
  ] as const)('of %s that says %s are asked for their fields: %s', (codec, stated, wanted) => {
    expect(hasUntoldFields(codec, stated)).toBe(wanted)
  })

  it('tell the order of fields, also where only later ones have any', () => {
    const frame = (interlaced: number, top: number) => ({ interlaced_frame: interlaced, top_field_first: top })
    const order = (...frames: object[]) => parseFirstFrames(JSON.stringify({ frames })).fieldOrder
    expect(order(frame(0, 0), frame(1, 1))).toBe('tt')
    expect(order(frame(1, 0))).toBe('bb')
    expect(order(frame(0, 0))).toBeUndefined()
    expect(parseFirstFrames('{}')).toEqual({})
  })

  it('tell display, light and place of chroma', () => {
    const frames = [{ chroma_location: 'topleft', side_data_list: [MASTERING, CONTENT] }, {}]
    expect(parseFirstFrames(JSON.stringify({ frames }))).toEqual({
      chromaLocation: 'topleft',
      hdr: { display: DISPLAY, light: [1000, 400] },
    })
  })
})

describe('HDR levels', () => {
  it("are the stream's own where it says them", () => {
    const stream = {
      codec_type: 'video',
      width: 64,
      height: 64,
      chroma_location: 'topleft',
      side_data_list: [{ rotation: 90 }, MASTERING, CONTENT],
    }
    const { details } = parseProbe('a', JSON.stringify({ streams: [stream] }))
    expect(details).toMatchObject({ chromaLocation: 'topleft', hdr: { display: DISPLAY, light: [1000, 400] } })
  })

  it('come in whole units, whatever ratios a container has', () => {
    const odd = { ...MASTERING, red_x: '11141/16384', max_luminance: '1000/1', min_luminance: '13743895/137438953472' }
    expect(hdrLevelsOf([odd])).toEqual({ display: DISPLAY })
  })

  it('are none where half of them is missing or nobody measured', () => {
    const { max_luminance: _, ...half } = MASTERING
    expect(hdrLevelsOf([half, { ...CONTENT, max_content: 0, max_average: 0 }])).toBeUndefined()
    expect(hdrLevelsOf([{ ...MASTERING, red_x: '0/0' }])).toBeUndefined()
    expect(hdrLevelsOf()).toBeUndefined()
  })
})

describe('metadata that change from frame to frame', () => {
  it.each([
    ['HDR Dynamic Metadata SMPTE2094-40 (HDR10+)', ['HDR10+']],
    ['DOVI configuration record', ['Dolby Vision']],
    ['Dolby Vision RPU Data', ['Dolby Vision']],
    ['HDR Dynamic Metadata CUVA 005.1 2021 (Vivid)', ['HDR Vivid']],
    ['Mastering display metadata', undefined],
  ])('%s', (type, names) => {
    expect(dynamicHdrOf([{ rotation: 90 }, { side_data_type: type }, { side_data_type: type }])).toEqual(names)
  })
})
