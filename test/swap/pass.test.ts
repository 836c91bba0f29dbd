import { rmSync } from 'node:fs'
import { extname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findFfmpeg } from '../../src/media/binaries.ts'
import { pixelDetails } from '../../src/media/streams.ts'
import { RefusedError } from '../../src/work/errors.ts'
import { differences, isSameSound, lookOver } from '../media/compare.ts'
import { INPUTS, makeInput } from '../media/inputs-table.ts'
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
