import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findFfmpeg, findFfprobe } from '../../src/media/binaries.ts'
import { joinPlates, openPlates, type PlatePlan, requireProres } from '../../src/media/plates.ts'
import { plateYuva } from '../../src/picture/plateFrames.ts'
import { scratchFolder } from '../support/data.ts'

const folder = scratchFolder('plates')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const WIDTH = 64
const HEIGHT = 32
const RATE = { num: 25, den: 1 }
const COMMON: PlatePlan = { width: WIDTH, height: HEIGHT, sar: { num: 1, den: 1 }, fps: RATE, timeBase: { num: 1, den: 12_800 }, tags: {} }

/** Two plates in two segments: nothing, but for every other row, which is opaque. Returns the joined file. */
async function write(name: string, fields: PlatePlan['fields']): Promise<string> {
  const plan = { ...COMMON, fields }
  const rows = plateYuva(undefined, WIDTH, HEIGHT, 'straight')
  const samples = new Uint16Array(rows.buffer, rows.byteOffset, rows.byteLength / 2)
  for (let y = 0; y < HEIGHT; y += 2) samples.fill(1023, 3 * WIDTH * HEIGHT + y * WIDTH, 3 * WIDTH * HEIGHT + (y + 1) * WIDTH)
  const segments = [0, 1].map((index) => ({ path: join(folder, `${name}${index}.nut`), startS: index / 25 }))
  for (const { path, startS } of segments) {
    const writer = await openPlates(plan, { file: path, output: name })
    await writer.write(rows, startS)
    await writer.finish()
  }
  const file = join(folder, `${name}.mov`)
  await joinPlates(plan, segments, { file, output: name, startS: 0 })
  return file
}

it.each([
  [undefined, 0, 0],
  ['top', 1, 1],
  ['bottom', 1, 0],
] as const)('plates of footage whose first field is %s say so, and keep every row of their alpha', async (fields, interlaced, top) => {
  await requireProres()
  const file = await write(`of-${fields ?? 'none'}`, fields)
  const { path: ffprobe } = await findFfprobe()
  const frames = JSON.parse(execFileSync(ffprobe, ['-v', 'error', '-show_frames', '-of', 'json', file], { encoding: 'utf8' })).frames
  expect(frames.map((frame: Record<string, number>) => [frame['interlaced_frame'], frame['top_field_first']])).toEqual([
    [interlaced, top],
    [interlaced, top],
  ])
  const { path: ffmpeg } = await findFfmpeg()
  const alpha = execFileSync(ffmpeg, ['-v', 'error', '-i', file, '-vf', 'alphaextract,format=gray', '-f', 'rawvideo', '-'])
  expect(alpha.length).toBe(2 * WIDTH * HEIGHT)
  for (const [at, value] of alpha.entries()) expect(value).toBe(Math.floor((at % (WIDTH * HEIGHT)) / WIDTH) % 2 === 0 ? 255 : 0)
})
