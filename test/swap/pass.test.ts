import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { extname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findFfmpeg } from '../../src/media/binaries.ts'
import { containerOf } from '../../src/media/containers.ts'
import { joinSegments, type MediaInfo } from '../../src/media/index.ts'
import { pixelDetails } from '../../src/media/streams.ts'
import { renderClip } from '../../src/swap/clip.ts'
import { joinPlan } from '../../src/swap/finishClip.ts'
import { RenderJob } from '../../src/swap/job.ts'
import { indexOf, planPicture } from '../../src/swap/plan.ts'
import { WHOLE_CLIP } from '../../src/swap/range.ts'
import { Segmentation } from '../../src/swap/segments.ts'
import type { SwapSession } from '../../src/swap/session.ts'
import { differences, isSameSound, lookOver } from '../media/compare.ts'
import { INPUTS, makeInput } from '../media/inputs-table.ts'
import { scratchFolder } from '../support/data.ts'

const folder = scratchFolder('pass')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A session that finds nobody: what is rendered is the footage. */
const NOBODY = {
  generators: new Map(),
  label: false,
  permission: { castFor: () => ({ choice: 'target', members: [] }) },
  request: { look: {}, choice: 'target', threshold: 0.5, shots: [] },
  analyser: { find: () => Promise.resolve([]) },
  finisher: { threads: 1, finish: () => Promise.reject(new Error('expected nothing to draw')) },
} as unknown as SwapSession

/** Renders a clip in segments of 7 frames, without any loss where the container allows, and joins them. */
async function pass(info: MediaInfo, output: string): Promise<{ frames: number; pixels: string }> {
  const encoder = extname(output) === '.webm' ? 'auto' : 'lossless'
  const picture = await planPicture(info, output, { encoder, quality: 18, preset: 'veryfast' })
  const job = await RenderJob.open(output, 'pass', () => ({ outputId: '0123456789abcdef', picture }))
  const segments = new Segmentation(await indexOf(info, undefined), WHOLE_CLIP, 7)
  await renderClip({ session: NOBODY, info, pixels: picture.pixels, job, segments, range: WHOLE_CLIP, output, onFrame: () => {} })
  const { frames } = await joinSegments({
    ...joinPlan(info, picture, job.done, WHOLE_CLIP),
    ...{ segments: job.done.map(({ number }) => job.pathOf(number)), container: containerOf(output), output },
  })
  await job.remove()
  return { frames, pixels: picture.pixels }
}

/** MD5 of every frame as ffmpeg decodes it to these samples. */
async function pictures(path: string, pixels: string): Promise<string[]> {
  const { path: ffmpeg } = await findFfmpeg()
  const args = [
    '-v',
    'error',
    '-nostdin',
    '-i',
    path,
    '-map',
    '0:V:0',
    '-fps_mode',
    'passthrough',
    '-pix_fmt',
    pixels,
    '-f',
    'framemd5',
    '-',
  ]
  const said = execFileSync(ffmpeg, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return said.split('\n').flatMap((line) => (line.startsWith('#') || line === '' ? [] : [line.split(',').at(-1)!.trim()]))
}

describe('a clip in which nobody is found comes out as it went in', () => {
  it.each(INPUTS.map((input) => [input.name, input] as const))('%s', async (name, input) => {
    const { path: ffmpeg } = await findFfmpeg()
    const path = makeInput(ffmpeg, folder, input)
    if (path === undefined) return
    const before = await lookOver(path)
    const output = join(folder, `passed-${name.replace(/\W/g, '-')}.${input.output ?? extname(name).slice(1)}`)
    const { frames, pixels } = await pass(before.info, output)
    const after = await lookOver(output)
    expect(frames).toBe(before.times.length)
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
