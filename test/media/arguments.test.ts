import { describe, expect, it } from 'vitest'
import { decodeOptions, fileUrl, inputOptions, passthroughOptions, pictureOptions } from '../../src/media/arguments.ts'
import { hdrTransfer, matrixOf } from '../../src/media/colour.ts'
import { fate } from '../../src/media/containers.ts'
import { PICTURE_PLAN } from './plan.ts'

function valueAfter(args: readonly string[], flag: string): string | undefined {
  return args[args.indexOf(flag) + 1]
}

describe('ffmpeg arguments', () => {
  it('lets ffmpeg open local files only, and never takes a path for an option', () => {
    expect(valueAfter(inputOptions(), '-protocol_whitelist')).toBe('file,pipe')
    expect(fileUrl('-i.mp4')).toBe('file:-i.mp4')
  })

  it.each([
    ['5.1.9-0+deb12u1', '-fps_mode'],
    ['n6.1', '-fps_mode'],
    ['8.0', '-fps_mode'],
    ['N-110000-gabc', '-fps_mode'],
    ['5.0', '-vsync'],
    ['4.4.2', '-vsync'],
    ['N-47683-g0e8eb07980-static', '-vsync'],
  ])('names the pass-through mode as ffmpeg %s knows it', (version, flag) => {
    expect(passthroughOptions(version)[0]).toBe(flag)
  })

  it('decodes with the asked matrix, accurately, every nth frame, and prints times', () => {
    const args = decodeOptions({ width: 768, height: 576, matrix: 'bt709', every: 5, maxFrames: 3, version: '5.1' })
    const graph = valueAfter(args, '-filter_complex')
    expect(graph).toContain('lt(mod(n\\,5)\\,1)')
    expect(graph).toContain('showinfo')
    expect(graph).toContain('scale=768:576:in_color_matrix=bt709:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp')
    expect(valueAfter(args, '-frames:v')).toBe('3')
    expect(decodeOptions({ width: 2, height: 2, matrix: 'bt601', every: 1, version: '4.1' }).join(' ')).not.toContain('select')
  })

  it('encodes samples as they are, on the ticks of the clip, field by field where it has fields', () => {
    const options = pictureOptions(PICTURE_PLAN, '5.1.9')
    expect(valueAfter(options, '-pix_fmt')).toBe('yuv420p')
    expect(valueAfter(options, '-enc_time_base')).toBe('1:12800')
    expect(valueAfter(options, '-vf')).toBe('setsar=1/1')
    const interlaced = pictureOptions({ ...PICTURE_PLAN, fields: 'bottom' }, '5.1.9')
    expect(valueAfter(interlaced, '-vf')).toBe('setsar=1/1,setfield=bff')
    expect(valueAfter(interlaced, '-flags')).toBe('+ilme+ildct')
  })

  it('tags colours as the clip did and leaves untagged what was untagged', () => {
    expect(pictureOptions(PICTURE_PLAN, '5.1.9')).not.toContain('-colorspace')
    expect(valueAfter(pictureOptions({ ...PICTURE_PLAN, tags: { matrix: 'bt709' } }, '5.1.9'), '-colorspace')).toBe('bt709')
  })

  it.each([
    ['aac', 'mp4', 'copy'],
    ['pcm_s16le', 'mp4', 'aac'],
    ['aac', 'matroska', 'copy'],
    ['pcm_s16le', 'matroska', 'copy'],
    ['aac', 'webm', 'libopus'],
    ['pcm_s16le', 'webm', 'libopus'],
  ] as const)('makes of %s in %s: %s', (codec, container, expected) => {
    const sound = { index: 1, type: 'audio', codec, tag: '', disposition: [], isCover: false, startS: 0 } as const
    expect(fate(sound, container)).toBe(expected)
  })
})

describe('colour', () => {
  it('believes the tag, and guesses by height without one', () => {
    expect(matrixOf({ matrix: 'smpte170m' }, 1080)).toBe('bt601')
    expect(matrixOf({ matrix: 'bt709' }, 288)).toBe('bt709')
    expect(matrixOf({}, 1080)).toBe('bt709')
    expect(matrixOf({}, 576)).toBe('bt601')
  })

  it('brings HDR to standard range', () => {
    const pq = { matrix: 'bt2020nc', primaries: 'bt2020', transfer: 'smpte2084' }
    expect(hdrTransfer(pq)).toBe('smpte2084')
    expect(hdrTransfer({ transfer: 'bt709' })).toBeUndefined()
    const args = decodeOptions({ width: 2, height: 2, matrix: 'bt2020', hdr: 'smpte2084', every: 1, version: '5.1' })
    expect(valueAfter(args, '-filter_complex')).toContain('tonemap')
  })
})
