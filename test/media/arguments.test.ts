import { describe, expect, it } from 'vitest'
import {
  audioOptions,
  decodeOptions,
  type EncodePlan,
  encodeOptions,
  fileUrl,
  inputOptions,
  passthroughOptions,
} from '../../src/media/arguments.ts'
import { hdrTransfer, matrixOf, outputTags } from '../../src/media/colour.ts'

const plan: EncodePlan = {
  encoder: 'libx264',
  quality: 18,
  preset: 'medium',
  width: 400,
  height: 300,
  matrix: 'bt601',
  tags: {},
  timeBase: { num: 1, den: 12_800 },
  container: 'mp4',
  audio: [],
  version: '5.1.9',
}

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
    expect(graph).toContain('not(mod(n\\,5))')
    expect(graph).toContain('showinfo')
    expect(graph).toContain('scale=768:576:in_color_matrix=bt709:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp')
    expect(valueAfter(args, '-frames:v')).toBe('3')
    expect(decodeOptions({ width: 2, height: 2, matrix: 'bt601', every: 1, version: '4.1' }).join(' ')).not.toContain('select')
  })

  it('encodes 4:2:0 for even sides, full chroma for odd ones, on the ticks of the clip', () => {
    expect(valueAfter(encodeOptions(plan), '-vf')).toContain('format=yuv420p')
    expect(valueAfter(encodeOptions({ ...plan, width: 321 }), '-vf')).toContain('format=yuv444p')
    expect(valueAfter(encodeOptions(plan), '-enc_time_base')).toBe('1:12800')
    expect(valueAfter(encodeOptions(plan), '-video_track_timescale')).toBe('12800')
    expect(valueAfter(encodeOptions(plan), '-movflags')).toBe('+faststart')
    expect(encodeOptions({ ...plan, container: 'matroska' })).not.toContain('-movflags')
  })

  it('tags colours as the clip did and leaves untagged what was untagged', () => {
    expect(encodeOptions(plan)).not.toContain('-colorspace')
    expect(valueAfter(encodeOptions({ ...plan, tags: { matrix: 'bt709' } }), '-colorspace')).toBe('bt709')
  })

  it('copies sound that the container holds and transcodes the rest, track by track', () => {
    const audio = [
      { codec: 'aac', channels: 2, sampleRate: 48_000 },
      { codec: 'pcm_s16le', channels: 2, sampleRate: 48_000 },
    ]
    expect(audioOptions(audio, 'mp4')).toEqual(['-c:a:0', 'copy', '-c:a:1', 'aac', '-b:a:1', '192k'])
    expect(audioOptions(audio, 'matroska')).toEqual(['-c:a:0', 'copy', '-c:a:1', 'copy'])
    expect(audioOptions(audio, 'webm')).toEqual(['-c:a:0', 'libopus', '-c:a:1', 'libopus'])
    expect(encodeOptions({ ...plan, audio }).join(' ')).toContain('-map 1:a:0 -map 1:a:1')
  })
})

describe('colour', () => {
  it('believes the tag, and guesses by height without one', () => {
    expect(matrixOf({ matrix: 'smpte170m' }, 1080)).toBe('bt601')
    expect(matrixOf({ matrix: 'bt709' }, 288)).toBe('bt709')
    expect(matrixOf({}, 1080)).toBe('bt709')
    expect(matrixOf({}, 576)).toBe('bt601')
  })

  it('brings HDR to standard range, and says so in the output', () => {
    const pq = { matrix: 'bt2020nc', primaries: 'bt2020', transfer: 'smpte2084' }
    expect(hdrTransfer(pq)).toBe('smpte2084')
    expect(hdrTransfer({ transfer: 'bt709' })).toBeUndefined()
    expect(outputTags(pq).transfer).toBe('bt709')
    expect(outputTags({ matrix: 'smpte170m' })).toEqual({ matrix: 'smpte170m' })
    const args = decodeOptions({ width: 2, height: 2, matrix: 'bt2020', hdr: 'smpte2084', every: 1, version: '5.1' })
    expect(valueAfter(args, '-filter_complex')).toContain('tonemap')
  })
})
