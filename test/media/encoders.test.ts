import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { pictureOptions } from '../../src/media/arguments.ts'
import { ffmpegEncoders, findFfmpeg, findFfprobe } from '../../src/media/binaries.ts'
import type { Container } from '../../src/media/containers.ts'
import { encoderOptions } from '../../src/media/encoder-options.ts'
import { ENCODER_NAMES, type EncoderName } from '../../src/media/encoderNames.ts'
import { chooseEncoder, choosePixels, pixelsLost, ticksFor } from '../../src/media/encoders.ts'
import { pixelDetails } from '../../src/media/streams.ts'
import { tryEncoders } from '../../src/media/trial.ts'
import { scratchFolder } from '../support/data.ts'
import { PICTURE_PLAN } from './plan.ts'

const folder = scratchFolder('encoders')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ALL = ['libx264', 'libx265', 'libvpx-vp9', 'prores_ks', 'ffv1', 'h264_nvenc', 'mpeg4'] as const

describe('encoder', () => {
  it.each([
    ['auto', 'mp4', 'yuv420p', 'libx264'],
    ['auto', 'mp4', 'yuv420p10le', 'libx265'],
    ['auto', 'webm', 'yuv420p', 'libvpx-vp9'],
    ['prores', 'mov', 'yuv420p', 'prores_ks'],
    ['lossless', 'mp4', 'yuv420p', 'libx264'],
    ['ffv1', 'matroska', 'yuv420p', 'ffv1'],
  ] as const)('%s in %s for %s is %s', (asked, container, source, wanted) => {
    expect(chooseEncoder(asked, container, ALL, pixelDetails(source))).toBe(wanted)
  })

  it('is the next best where the best is missing, never an intermediate one', () => {
    expect(chooseEncoder('auto', 'mov', ['prores_ks', 'ffv1', 'mpeg4'])).toBe('mpeg4')
    expect(() => chooseEncoder('auto', 'matroska', ['prores_ks', 'ffv1'])).toThrow(/expected an ffmpeg with the encoder libx264/)
    expect(() => chooseEncoder('prores', 'mp4', ALL)).toThrow(/mp4 does not hold/)
    expect(() => chooseEncoder('libx264', 'webm', ALL)).toThrow(/webm does not hold/)
  })

  it('is H.264 unasked, by whatever there is for it, before HEVC', () => {
    const hardware = ['h264_vaapi', 'hevc_vaapi', 'libvpx-vp9', 'prores_ks'] as const
    expect(chooseEncoder('auto', 'mp4', hardware)).toBe('h264_vaapi')
    expect(chooseEncoder('auto', 'webm', hardware)).toBe('libvpx-vp9')
    expect(() => chooseEncoder('hevc_vaapi', 'webm', hardware)).toThrow(/webm does not hold/)
  })

  it('of interlaced footage is one that keeps fields: asked for another, it is refused', () => {
    const deep = pixelDetails('yuv422p10le')
    expect(chooseEncoder('auto', 'mp4', ENCODER_NAMES, deep, true)).toBe('libx264')
    expect(chooseEncoder('auto', 'mp4', ['libx265', 'h264_nvenc', 'mpeg4'], deep, true)).toBe('mpeg4')
    expect(() => chooseEncoder('auto', 'webm', ENCODER_NAMES, deep, true)).toThrow(/libvpx-vp9, which does not keep fields/)
    const keeps = ENCODER_NAMES.filter((name) => {
      const container = (['mov', 'matroska'] as const).find((candidate) => {
        try {
          return chooseEncoder(name, candidate, ENCODER_NAMES, deep, true)
        } catch {
          return undefined
        }
      })
      return container !== undefined
    })
    expect(keeps).toEqual(['libx264', 'prores_ks', 'ffv1', 'mpeg4'])
  })

  it('gets frames from the memory of its device where it is VAAPI', () => {
    const options = pictureOptions({ ...PICTURE_PLAN, encoder: 'hevc_vaapi', encode: 'p010le', fields: 'top' }, '5.1.9')
    const joined = options.join(' ')
    expect(joined).toContain(
      '-init_hw_device vaapi=va -filter_hw_device va -vf setsar=1/1,setfield=tff,format=p010le,hwupload -c:v hevc_vaapi -qp 18',
    )
    // ffmpeg would convert what the upload made.
    expect(options).not.toContain('-pix_fmt')
    expect(pictureOptions(PICTURE_PLAN, '5.1.9').join(' ')).not.toMatch(/hwupload|init_hw_device/)
  })

  it.each([
    ['h264_vaapi', 17.4, ['-qp', '17']],
    ['hevc_vaapi', 0, ['-qp', '1']],
    ['hevc_qsv', 0, ['-global_quality', '1']],
    ['hevc_amf', 20, ['-rc', 'cqp', '-qp_i', '20', '-qp_p', '20']],
    ['hevc_nvenc', 0, ['-rc', 'vbr', '-cq', '1', '-b:v', '0', '-preset', 'slow']],
    ['hevc_videotoolbox', 20, ['-q:v', '60']],
  ] as const)('%s at quality %s is asked for it in its own words', (encoder, quality, wanted) => {
    expect(encoderOptions(encoder, { quality, preset: 'medium' })).toEqual(wanted)
  })

  it('counts as there only once it has encoded something', async () => {
    const { working, failing } = await tryEncoders()
    expect([...working, ...failing].sort()).toEqual([...(await ffmpegEncoders())].sort())
    expect(working).toContain('libx264')
    expect(failing.filter((name) => /^(?:lib|prores_ks|ffv1|mpeg4)/.test(name))).toEqual([])
  })

  it('writes ticks that its codec can hold', () => {
    expect(ticksFor('mpeg4', { num: 1, den: 90_000 })).toEqual({ num: 1, den: 30_000 })
    expect(ticksFor('libx264', { num: 1, den: 90_000 })).toEqual({ num: 1, den: 90_000 })
  })
})

describe('pixels', () => {
  it.each([
    ['yuv420p', 'libx264', 'yuv420p', undefined],
    ['yuv422p10le', 'libx264', 'yuv422p10le', undefined],
    ['yuvj444p', 'libx265', 'yuv444p', undefined],
    ['yuv420p12le', 'libx264', 'yuv420p10le', '12 bits become 10'],
    ['yuv422p10le', 'h264_nvenc', 'yuv444p', '10 bits become 8'],
    ['yuv444p', 'mpeg4', 'yuv420p', '4:4:4 becomes 4:2:0'],
    ['yuv420p', 'prores_ks', 'yuv422p10le', undefined],
    ['gray', 'libx264', 'yuv420p', undefined],
    ['rgb24', 'libx264', 'yuv420p', '4:4:4 becomes 4:2:0'],
    ['bgra', 'prores_ks', 'yuv444p10le', 'transparency is left out'],
    ['yuv440p', 'ffv1', 'yuv444p', undefined],
    ['yuv411p', 'libx264', 'yuv422p', undefined],
    ['strange', 'libx264', 'yuv420p', undefined],
  ] as const)('of %s for %s are %s', (source, encoder, wanted, lost) => {
    const choice = choosePixels(pixelDetails(source), encoder, 64, 64)
    expect(choice.pipe).toBe(wanted)
    expect(pixelsLost(pixelDetails(source), choice)).toBe(lost)
  })

  it('keep full chroma on odd sides where the encoder cannot halve them', () => {
    const source = pixelDetails('yuv420p')
    expect(choosePixels(source, 'libx264', 63, 64).pipe).toBe('yuv444p')
    expect(choosePixels(source, 'libx264', 64, 63).pipe).toBe('yuv422p')
    expect(choosePixels(source, 'ffv1', 63, 63).pipe).toBe('yuv420p')
    expect(() => choosePixels(source, 'h264_qsv', 63, 64)).toThrow(/even sides/)
  })
})

/** Encodes three frames with an encoder as the table says; returns ffprobe's account. */
async function tried(
  encoder: EncoderName,
  container: Container,
  pixels: string,
  more: { isLossless?: boolean } = {},
): Promise<{ said: string; output: string }> {
  const { path } = await findFfmpeg()
  const output = join(folder, `${encoder}-${pixels}.${container === 'matroska' ? 'mkv' : container}`)
  const { encode, chroma } = choosePixels(pixelDetails(pixels), encoder, 64, 64)
  const hdr = { display: 'G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)', light: [1000, 400] as const }
  const options = encoderOptions(encoder, { quality: 18, preset: 'medium', chroma, hdr, ...more })
  const input = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25:d=0.12', '-vf', `format=${pixels},format=${encode}`]
  execFileSync(path, ['-v', 'error', '-nostdin', '-y', ...input, '-c:v', encoder, ...options, '-f', container, output], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const show = [
    '-v',
    'error',
    '-select_streams',
    'v',
    '-show_entries',
    'stream=codec_name,profile,pix_fmt:frame_side_data',
    '-show_frames',
    '-of',
    'compact',
    output,
  ]
  return { said: execFileSync((await findFfprobe()).path, show, { encoding: 'utf8' }), output }
}

describe('what ffmpeg makes of the table', () => {
  it.for([
    ['libx264', 'mp4', 'yuv420p', /profile=High\|pix_fmt=yuv420p\b/],
    ['libx264', 'mp4', 'yuv420p10le', /profile=High 10\|pix_fmt=yuv420p10le/],
    ['libx265', 'mp4', 'yuv420p10le', /profile=Main 10\|pix_fmt=yuv420p10le/],
    ['prores_ks', 'mov', 'yuv422p10le', /codec_name=prores\|profile=HQ\|pix_fmt=yuv422p10le/],
    ['prores_ks', 'mov', 'yuv444p10le', /codec_name=prores\|profile=4444\|pix_fmt=yuv444p1[02]le/],
    ['ffv1', 'matroska', 'yuv422p12le', /codec_name=ffv1.*pix_fmt=yuv422p12le/],
    ['libvpx-vp9', 'webm', 'yuv420p10le', /profile=Profile 2\|pix_fmt=yuv420p10le/],
    ['libsvtav1', 'mp4', 'yuv420p10le', /codec_name=av1\|profile=Main\|pix_fmt=yuv420p10le/],
    ['mpeg4', 'mp4', 'yuv420p', /codec_name=mpeg4/],
  ] as const)('%s in %s from %s', async ([encoder, container, pixels, wanted], { skip }) => {
    skip(!(await ffmpegEncoders()).includes(encoder), `this ffmpeg has no ${encoder}`)
    const { said } = await tried(encoder, container, pixels)
    expect(said).toMatch(wanted)
    if (encoder === 'libx265') expect(said).toMatch(/Mastering display metadata.*max_luminance=10000000\/10000/)
  })

  it.each(['yuv420p', 'yuv420p10le', 'yuv444p'])('lossless H.264 keeps every sample of %s', async (pixels) => {
    const { path } = await findFfmpeg()
    const { output } = await tried('libx264', 'mp4', pixels, { isLossless: true })
    const hash = (...input: string[]) => execFileSync(path, ['-v', 'error', '-nostdin', ...input, '-f', 'md5', '-'], { encoding: 'utf8' })
    expect(hash('-i', output)).toBe(hash('-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25:d=0.12', '-vf', `format=${pixels}`))
  })
})
