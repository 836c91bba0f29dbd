import { describe, expect, it } from 'vitest'
import { parseProbe, parseRational } from '../../src/media/probe.ts'

function report(stream: object, format: object = {}): string {
  return JSON.stringify({ streams: [{ codec_type: 'video', codec_name: 'h264', width: 720, height: 576, ...stream }], format })
}

describe('probe', () => {
  it('reads ratios', () => {
    expect(parseRational('30000/1001')).toEqual({ num: 30_000, den: 1001 })
    expect(parseRational('16:15')).toEqual({ num: 16, den: 15 })
    expect(parseRational('0/0')).toBeUndefined()
    expect(parseRational(undefined)).toBeUndefined()
  })

  it('gives the size as displayed: square pixels, quarter turns applied', () => {
    expect(parseProbe('a', report({ sample_aspect_ratio: '16:15' }))).toMatchObject({ width: 768, height: 576, rotation: 0 })
    expect(parseProbe('a', report({ side_data_list: [{ rotation: -90 }] }))).toMatchObject({ width: 576, height: 720, rotation: 90 })
    expect(parseProbe('a', report({ tags: { rotate: '270' } }))).toMatchObject({ width: 576, height: 720, rotation: 270 })
  })

  it('counts the start of the picture from the start of the file', () => {
    expect(parseProbe('a', report({ start_time: '0.540000' }, { start_time: '0.500000' })).startS).toBeCloseTo(0.04)
  })

  it('takes a still that only ffmpeg can open for a damaged one', () => {
    for (const format_name of ['image2', 'jpeg_pipe', 'png_pipe'])
      expect(() => parseProbe('cut.jpg', report({ codec_name: 'mjpeg' }, { format_name }))).toThrow(/cut\.jpg is damaged/)
    expect(parseProbe('clip.avi', report({ codec_name: 'mjpeg' }, { format_name: 'avi' })).kind).toBe('video')
  })

  it('takes no cover art for the picture, and says when there is only sound', () => {
    const cover = { codec_type: 'video', width: 500, height: 500, disposition: { attached_pic: 1 } }
    const text = JSON.stringify({ streams: [{ codec_type: 'audio', codec_name: 'mp3' }, cover], format: {} })
    expect(() => parseProbe('song.mp3', text)).toThrow(/only sound in song.mp3/)
  })
})
