import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { extname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findFfmpeg, findFfprobe } from '../../src/media/binaries.ts'
import { type EncoderChoice, pixelsLost, probeMedia } from '../../src/media/index.ts'
import { pixelDetails } from '../../src/media/streams.ts'
import { planPicture } from '../../src/swap/plan.ts'
import { DfkError, RefusedError } from '../../src/work/errors.ts'
import { differences, isSameSound, lookOver } from '../media/compare.ts'
import { addHdr10Plus } from '../media/hdr10plus.ts'
import { INPUTS, MARKED, makeInput } from '../media/inputs-table.ts'
import { scratchFolder } from '../support/data.ts'
import { pass, pictures } from './nobody.ts'

const folder = scratchFolder('pass')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a clip in which nobody is found comes out as it went in', () => {
  it.for(INPUTS)('$name', async (input, { skip }) => {
    const { name } = input
    const { path: ffmpeg } = await findFfmpeg()
    const path = makeInput(ffmpeg, folder, input)
    if (path === undefined) return skip(`no ${input.shared} here`)
    const before = await lookOver(path)
    if (input.frames !== undefined) expect(before.times.length).toBe(input.frames)
    const output = join(folder, `passed-${name.replace(/\W/g, '-')}.${input.output ?? extname(name).slice(1)}`)
    const { frames, pixels } = await pass(before.info, output, { segment: Math.max(4, Math.ceil(before.times.length / 3)) })
    const after = await lookOver(output)
    expect(frames).toBe(before.times.length)
    expect(after.types).toBe(input.streams)
    expect(differences(before, after, input.slackS)).toEqual([])
    const sounds = before.info.details!.streams.filter(({ type }) => type === 'audio')
    for (const [order, { codec }] of sounds.entries())
      if (!codec.startsWith('pcm_')) expect(await isSameSound(path, output, order)).toBe(true)
    // Samples are the footage's own, unless its kind is one that no encoder takes.
    const model = before.info.details!.pixels?.model
    const isFull = before.info.colour.range === 'pc' && pixelDetails(pixels)!.bits === 8
    if (model === 'yuv' && extname(output) !== '.webm') {
      const shown = isFull ? pixels.replace('yuv', 'yuvj') : pixels
      expect(await pictures(output, shown)).toEqual(await pictures(path, shown))
    }
  })
})

/** A clip of the table, and where a render of it by an encoder goes. */
async function marked(name: string, encoder: EncoderChoice, output: string) {
  const { path: ffmpeg } = await findFfmpeg()
  const { info } = await lookOver(makeInput(ffmpeg, folder, MARKED.find((input) => input.name === name)!)!)
  const file = join(folder, `${encoder}-${name.replace('.', '-')}.${output}`)
  return { info, file, plan: () => planPicture(info, file, { encoder, quality: 18, preset: 'veryfast' }) }
}

/** What ffprobe says of each decoded frame's fields, chroma and light. */
async function frameReports(path: string): Promise<Record<string, unknown>[]> {
  const { path: ffprobe } = await findFfprobe()
  const args = ['-v', 'error', '-select_streams', 'V:0', '-show_frames', '-of', 'json', path]
  return JSON.parse(execFileSync(ffprobe, args, { encoding: 'utf8' })).frames
}

describe('interlaced footage', () => {
  it.for([
    ['dv.avi', 'auto', 'mov', 0],
    ['dv.avi', 'prores', 'mov', 0],
    ['deepFields.mov', 'auto', 'mp4', 1],
    ['deepFields.mov', 'ffv1', 'mkv', 1],
  ] as const)('%s by %s in %s decodes to frames of the same fields', async ([name, encoder, output, top]) => {
    const { info, file } = await marked(name, encoder, output)
    await pass(info, file, { segment: 5, encoder })
    const fields = (await frameReports(file)).map((frame) => [frame['interlaced_frame'], frame['top_field_first']])
    expect(fields).toEqual(Array.from({ length: 5 }, () => [1, top]))
    expect((await probeMedia(file)).details!.fieldOrder).toBe(top === 1 ? 'tt' : 'bb')
  })

  it.for([
    ['dv.avi', 'auto', 'webm'],
    ['dv.avi', 'libvpx-vp9', 'mkv'],
    ['deepFields.mov', 'libx265', 'mp4'],
  ] as const)('%s is refused for %s in %s, with a hint', async ([name, encoder, output]) => {
    const { plan } = await marked(name, encoder, output)
    const failure = await plan().catch((error: Error) => error)
    expect(failure).toBeInstanceOf(DfkError)
    expect(failure).toHaveProperty('message', expect.stringMatching(/^expected progressive footage for \S+, .* but found interlaced$/))
    expect(failure).toHaveProperty('hint', expect.stringMatching(/bwdif/))
  })
})

describe('HDR10', () => {
  const light = (frame: Record<string, unknown>) =>
    (frame['side_data_list'] as { side_data_type: string }[]).filter(({ side_data_type: type }) => /^(?:Mastering|Content)/.test(type))

  it('keeps display, light levels and place of chroma with the encoder that is chosen unasked', async () => {
    const { info, file } = await marked('hdr10.mp4', 'auto', 'mp4')
    await pass(info, file, { segment: 3, encoder: 'auto' })
    const [before, after] = [await frameReports(info.path), await frameReports(file)]
    expect(light(before[0]!)).toHaveLength(2)
    // Each segment says it for itself.
    for (const frame of [after[0]!, after[3]!]) expect(light(frame)).toEqual(light(before[0]!))
    expect(after.map((frame) => frame['chroma_location'])).toEqual(before.map(() => 'topleft'))
  })

  it.for([
    ['auto', 'mp4', undefined],
    ['libx264', 'mp4', 'the mastering display (SMPTE ST 2086) is left out, the light levels (MaxCLL, MaxFALL) are left out'],
    ['libvpx-vp9', 'mkv', /MaxFALL\) are left out, chroma at topleft becomes left$/],
  ] as const)('by %s in %s: what is lost is said', async ([encoder, output, lost]) => {
    const { info, plan } = await marked('hdr10.mp4', encoder, output)
    const said = pixelsLost(info.details?.pixels, await plan())
    if (lost instanceof RegExp) expect(said).toMatch(lost)
    else expect(said).toBe(lost)
  })

  it('that changes from frame to frame (HDR10+) is said to be left out, the rest is kept', async () => {
    const { path: ffmpeg } = await findFfmpeg()
    const { info: plain } = await marked('hdr10.mp4', 'auto', 'mp4')
    const path = join(folder, 'hdr10plus.mp4')
    addHdr10Plus(ffmpeg, plain.path, path)
    const info = await probeMedia(path)
    const plan = await planPicture(info, join(folder, 'from-plus.mp4'), { encoder: 'auto', quality: 18, preset: 'veryfast' })
    expect(pixelsLost(info.details?.pixels, plan)).toBe('the dynamic metadata of HDR10+ are left out')
    expect(plan.hdr).toEqual(plain.details!.hdr)
  })
})

it('a clip whose consent is taken back while it is rendered is rendered no further', async () => {
  const { path: ffmpeg } = await findFfmpeg()
  const { info } = await lookOver(makeInput(ffmpeg, folder, INPUTS.find(({ name }) => name.endsWith('.mp4'))!)!)
  let asked = 0
  const recheck = async () => {
    asked += 1
    if (asked > 1) throw new RefusedError('revocation', 'expected consent but found it revoked')
  }
  const passed = pass(info, join(folder, 'taken-back.mp4'), { segment: 5, recheck })
  await expect(passed).rejects.toMatchObject({ clause: 'revocation', exitCode: 3 })
  expect(asked).toBe(2)
})
