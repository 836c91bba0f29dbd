import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findFfmpeg, probeMedia } from '../../src/media/index.ts'
import { yuvPicture } from '../../src/picture/yuv.ts'
import { readProvenance } from '../../src/provenance/index.ts'
import { finishFrame } from '../../src/swap/finish/finish.ts'
import type { FinishPool } from '../../src/swap/finish/pool.ts'
import { jobFolder } from '../../src/swap/job.ts'
import { WHOLE_CLIP } from '../../src/swap/range.ts'
import type { RenderOptions } from '../../src/swap/renderOptions.ts'
import type { SwapSession } from '../../src/swap/session.ts'
import { swapFile } from '../../src/swap/swap.ts'
import { InterruptedError } from '../../src/work/errors.ts'
import { scratchFolder } from '../support/data.ts'
import { makeClip, openMan, PLAIN_LOOK, WALL } from './man.ts'

// The merged clip carries a watermark over all of the frame (45 dB), the plate only its own part of it: to compare the two, both are rendered without.
/** What frames.jsonl says of a face. */
interface Told {
  readonly who: string
  readonly landmarks68: number[][]
  readonly aligned: { readonly sizePx: number; readonly matrix: number[] }
}

const marks = vi.hoisted(() => ({ on: true }))
vi.mock('../../src/provenance/watermark/embed.ts', async (original) => {
  const real = await original<typeof import('../../src/provenance/watermark/embed.ts')>()
  return { ...real, embedWatermark: (...args: Parameters<typeof real.embedWatermark>) => marks.on && real.embedWatermark(...args) }
})

const home = scratchFolder('layers')
const file = (name: string) => join(home, name)
const FRAMES = 24
let ffmpeg: string
let session: SwapSession

beforeAll(async () => {
  ffmpeg = (await findFfmpeg()).path
  await makeClip(home, file('clip.mp4'), FRAMES)
  const opened = await openMan(home, file('clip.mp4'))
  // In this thread, where the mark can be left off.
  const finish: FinishPool['finish'] = async (format, bytes, finishing) => ({
    bytes,
    plate: finishFrame(yuvPicture(format, bytes), finishing),
  })
  session = { ...opened, finisher: { ...opened.finisher, finish } }
})

afterAll(async () => {
  await session?.dispose()
  rmSync(home, { recursive: true, force: true })
})

type Layers = Omit<NonNullable<RenderOptions['layers']>, 'folder'>

async function render(name: string, layers: Layers, work: Parameters<typeof swapFile>[3] = {}, clip = 'clip.mp4') {
  const job = { path: file(clip), kind: 'video', output: file(`${name}.mp4`) } as const
  // Without loss, so that only what the layers lose is measured; segments of ten frames, so that they are joined.
  const options = { encoder: 'libx264', quality: 0, preset: 'veryfast', range: WHOLE_CLIP, preview: undefined, segment: 10 } as const
  return swapFile(session, job, { ...options, layers: { folder: file(name), ...layers } }, work)
}

const made = new Map<string, Promise<string>>()

/** Renders without a watermark, once for all tests; returns the name. */
function unmarked(layers: Layers, clip = 'clip.mp4'): Promise<string> {
  const name = `${clip === 'clip.mp4' ? '' : 'deep-'}${layers.format}-${layers.alpha}`
  const rendering = async () => {
    marks.on = false
    await render(name, layers, {}, clip).finally(() => {
      marks.on = true
    })
    return name
  }
  made.set(name, made.get(name) ?? rendering())
  return made.get(name)!
}

/** Mean PSNR over all planes, or a part of them, of what a filter graph makes of the clip [0] and the plates [1] against the merged clip [2]. */
function likeness(name: string, plates: string, graph: string, { part = 'null', clip = 'clip.mp4', pixels = 'yuv420p' } = {}): number {
  const input = plates.endsWith('.mov') ? [] : ['-framerate', '25', '-f', 'image2']
  const inputs = ['-i', file(clip), ...input, '-i', join(file(name), plates), '-i', file(`${name}.mp4`)]
  const chain = `${graph},${part},format=${pixels}[laid];[2:v]${part},format=${pixels}[merged];[laid][merged]psnr`
  const script = `"$0" -hide_banner "$@" 2>&1`
  const said = execFileSync('sh', ['-c', script, ffmpeg, ...inputs, '-lavfi', chain, '-f', 'null', '-'], { encoding: 'utf8' })
  const found = /average:(\S+)/.exec(said)?.[1]
  return found === 'inf' ? Number.POSITIVE_INFINITY : Number(found)
}

/** From RGB that is not tagged to the matrix of the clip, whose height says BT.601. */
const TO_CLIP = 'scale=out_color_matrix=bt601:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int,format=yuva444p10le'

describe('layers laid over the footage are the merged clip', () => {
  const cases: [string, Layers, string, string][] = [
    ['ProRes, straight', { format: 'prores', alpha: 'straight' }, 'plates.mov', '[0:v][1:v]overlay=format=yuv420'],
    [
      'ProRes, premultiplied',
      { format: 'prores', alpha: 'premultiplied' },
      'plates.mov',
      '[1:v]format=yuva444p10le,unpremultiply=inplace=1[plate];[0:v][plate]overlay=format=yuv420',
    ],
    ['PNG, straight', { format: 'png', alpha: 'straight' }, 'frame_%06d.png', `[1:v]${TO_CLIP}[plate];[0:v][plate]overlay=format=yuv420`],
    [
      'PNG, premultiplied',
      { format: 'png', alpha: 'premultiplied' },
      'frame_%06d.png',
      `[1:v]format=gbrap16le,unpremultiply=inplace=1,${TO_CLIP}[plate];[0:v][plate]overlay=format=yuv420`,
    ],
  ]
  it.each(cases)('%s', async (_, layers, plates, graph) => {
    const name = await unmarked(layers)
    expect(likeness(name, plates, graph)).toBeGreaterThan(55)
  })

  it('of 10 bits as well', async () => {
    const deep = 'scale=flags=accurate_rnd,format=yuv420p10le,noise=c0s=3:c0f=u'
    execFileSync(ffmpeg, ['-v', 'error', '-i', file('clip.mp4'), '-vf', deep, '-c:v', 'ffv1', file('deep.mkv')])
    const name = await unmarked({ format: 'prores', alpha: 'straight' }, 'deep.mkv')
    const { details } = await probeMedia(file(`${name}.mp4`))
    expect(details!.pixels!.bits).toBe(10)
    const options = { clip: 'deep.mkv', pixels: 'yuv420p10le' }
    expect(likeness(name, 'plates.mov', '[0:v][1:v]overlay=format=yuv420p10', options)).toBeGreaterThan(50)
    // Without the plates it is not the merged clip.
    expect(likeness(name, 'plates.mov', '[1:v]nullsink;[0:v]null', options)).toBeLessThan(40)
  })
})

/** Samples of the first `count` pictures of a sequence, as ffmpeg decodes them. */
function samples(pattern: string, pixels: string, count: number): Buffer {
  const input = ['-v', 'error', '-f', 'image2', '-i', pattern, '-frames:v', String(count)]
  return execFileSync(ffmpeg, [...input, '-pix_fmt', pixels, '-f', 'rawvideo', '-'], { maxBuffer: 1 << 28 })
}

/** BT.709's camera curve. */
function signal(light: number): number {
  return light < 0.018 ? 4.5 * light : 1.099 * light ** 0.45 - 0.099
}

describe('layers', () => {
  it('hold every frame, with a black matte where there is no face, and say where the faces are', async () => {
    await unmarked({ format: 'png', alpha: 'straight' })
    const names = readdirSync(file('png-straight')).filter((name) => name.endsWith('.png'))
    expect(names).toEqual(Array.from({ length: FRAMES }, (_, i) => `frame_${String(i + 1).padStart(6, '0')}.png`))
    const rgba = samples(join(file('png-straight'), 'frame_%06d.png'), 'rgba64le', FRAMES)
    const shown = Array.from({ length: FRAMES }, (_, frame) => {
      const codes = new Uint16Array(rgba.buffer, rgba.byteOffset + frame * 400 * 300 * 8, 400 * 300 * 4)
      return codes.reduce((sum, code, i) => sum + (i % 4 === 3 ? code : 0), 0) / 65_535
    })
    expect(shown.slice(0, WALL)).toEqual(new Array(WALL).fill(0))
    expect(Math.min(...shown.slice(WALL))).toBeGreaterThan(2000)
    const lines = readFileSync(join(file('png-straight'), 'frames.jsonl'), 'utf8')
      .trim()
      .split('\n')
    const told = lines.map((line) => JSON.parse(line) as { frame: number; timeS: number; faces: Told[] })
    expect(told.map(({ frame }) => frame)).toEqual(Array.from({ length: FRAMES }, (_, i) => i + 1))
    expect(told.map(({ faces }) => faces.length)).toEqual(Array.from({ length: FRAMES }, (_, i) => (i < WALL ? 0 : 1)))
    expect(told[10]!.timeS).toBeCloseTo(10 / 25, 5)
    // All that is asked for, the mask's settings apart from the others: whatever a look gains, a compositor reads.
    const { mask, occlusion, hair, ...look } = PLAIN_LOOK
    expect(told[10]!.faces[0]).toMatchObject({ who: 'bob', look, mask: { ...mask, occlusion, hair, strength: 1 } })
    const [face] = told[10]!.faces
    expect(face!.landmarks68).toHaveLength(68)
    // Of the face as it is drawn, four times as large as the small generator here makes it: nearly as fine as the frame.
    const [a, b, tx, c, d, ty] = face!.aligned.matrix as [number, number, number, number, number, number]
    expect(Math.hypot(a, c)).toBeGreaterThan(0.8)
    for (const [x, y] of face!.landmarks68 as [number, number][]) {
      for (const at of [a * x + b * y + tx, c * x + d * y + ty])
        expect(at / face!.aligned.sizePx).toSatisfy((share: number) => share > 0 && share < 1)
    }
    const about = JSON.parse(readFileSync(join(file('png-straight'), 'layers.json'), 'utf8'))
    expect(about).toMatchObject({ format: 'png', alpha: 'straight', frames: { first: 1, count: FRAMES }, colour: { range: 'pc' } })
  })

  it('as EXR are linear light that leads back to the signal', async () => {
    const exrs = await unmarked({ format: 'exr', alpha: 'premultiplied' })
    await unmarked({ format: 'png', alpha: 'straight' })
    const at = WALL + 4
    const exr = samples(join(file(exrs), 'frame_%06d.exr'), 'gbrapf32le', at).subarray((at - 1) * 400 * 300 * 16)
    const png = samples(join(file('png-straight'), 'frame_%06d.png'), 'rgba64le', at).subarray((at - 1) * 400 * 300 * 8)
    const light = new Float32Array(exr.buffer.slice(exr.byteOffset, exr.byteOffset + exr.length))
    const codes = new Uint16Array(png.buffer.slice(png.byteOffset, png.byteOffset + png.length))
    const area = 400 * 300
    // What lies beyond the signal's range is in the EXR alone.
    let [worst, worstAlpha, compared] = [0, 0, 0]
    for (let i = 0; i < area; i += 1) {
      const alpha = light[3 * area + i]!
      worstAlpha = Math.max(worstAlpha, Math.abs(alpha - codes[4 * i + 3]! / 65_535))
      if (alpha < 0.05) continue
      compared += 1
      for (const [k, plane] of [2, 0, 1].entries())
        worst = Math.max(worst, Math.abs(Math.max(0, Math.min(1, signal(light[plane * area + i]! / alpha))) - codes[4 * i + k]! / 65_535))
    }
    expect(compared).toBeGreaterThan(2000)
    expect(worstAlpha).toBeLessThan(1e-3)
    expect(worst).toBeLessThan(2e-3)
  })

  it('are whole or not there: a render that is stopped leaves the older ones, and the same call goes on to the same ones', async () => {
    await unmarked({ format: 'png', alpha: 'straight' })
    const name = 'stopped'
    mkdirSync(file(name))
    writeFileSync(join(file(name), 'layers.json'), '{"old":true}')
    const stop = new AbortController()
    const onProgress = ({ done }: { done: number }) => done > 14 && stop.abort(new InterruptedError())
    marks.on = false
    try {
      const stopped = render(name, { format: 'png', alpha: 'straight' }, { signal: stop.signal, onProgress })
      await expect(stopped).rejects.toThrow(InterruptedError)
      expect(readdirSync(file(name))).toEqual(['layers.json'])
      const left = readdirSync(jobFolder(file(`${name}.mp4`)))
      expect(left).toContain('000000.layers')
      expect(left.filter((each) => each.endsWith('.part'))).toEqual([])
      // What a kill leaves rather than an interruption.
      mkdirSync(join(jobFolder(file(`${name}.mp4`)), '000001.layers.1.part'))
      mkdirSync(join(home, `.${name}.part`))
      writeFileSync(join(home, `.${name}.part`, 'frame_000099.png'), '')
      await render(name, { format: 'png', alpha: 'straight' })
    } finally {
      marks.on = true
    }
    expect(readdirSync(file(name))).toEqual(readdirSync(file('png-straight')))
    const all = (folder: string) => samples(join(file(folder), 'frame_%06d.png'), 'rgba64le', FRAMES)
    expect(all(name).equals(all('png-straight'))).toBe(true)
    expect(readdirSync(home).filter((each) => each.startsWith('.'))).toEqual(['.dfk'])
  })

  it('are marked as the merged clip is: signed, and the face carries the same watermark, once', async () => {
    await unmarked({ format: 'png', alpha: 'straight' })
    const { manifest } = await render('marked', { format: 'prores', alpha: 'straight' })
    expect((await readProvenance(join(file('marked'), 'plates.mov'))).c2pa).toMatchObject({ state: 'valid', outputId: manifest.outputId })
    expect((await readProvenance(join(file('png-straight'), 'frames.sha256'))).c2pa).toMatchObject({ state: 'valid' })
    // Inside the matte only: beside the face the merged clip is marked and the footage is not.
    const centre = 'crop=40:48:188:150'
    expect(likeness('marked', 'plates.mov', '[0:v][1:v]overlay=format=yuv420', { part: centre })).toBeGreaterThan(48)
  })

  it('never take the place of something else', async () => {
    mkdirSync(file('mine'))
    writeFileSync(join(file('mine'), 'thesis.txt'), 'years')
    await expect(render('mine', { format: 'png', alpha: 'straight' })).rejects.toThrow(/holds thesis\.txt/)
    // Nor of something that was put beside earlier layers.
    writeFileSync(join(file('mine'), 'layers.json'), '{}')
    await expect(render('mine', { format: 'png', alpha: 'straight' })).rejects.toThrow(/holds thesis\.txt/)
    rmSync(join(file('mine'), 'layers.json'))
    expect(existsSync(file('mine.mp4'))).toBe(false)
    expect(readdirSync(file('mine'))).toEqual(['thesis.txt'])
  })
})
