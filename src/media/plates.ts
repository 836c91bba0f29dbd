import { rm, writeFile } from 'node:fs/promises'
import { checkInterrupted, DfkError } from '../work/errors.ts'
import { colourTagOptions, fieldOptions, fileUrl, frameFilters, inputOptions, passthroughOptions } from './arguments.ts'
import { ffmpegHas, findFfmpeg } from './binaries.ts'
import type { ColourTags } from './colour.ts'
import { writeFailure } from './failures.ts'
import { FramePipe } from './framePipe.ts'
import type { Rational } from './probe.ts'
import { startFfmpeg } from './process.ts'
import type { SegmentWriter } from './segment.ts'
import type { Fields } from './streams.ts'

/** How raw video in Matroska names yuva444p10le (ffmpeg's raw tags). */
const YUVA_TAG = Uint8Array.of(0x59, 0x34, 0, 10)
/** Quantiser of ProRes: 64 dB on footage, well beyond what the format's usual bit rate asks for. */
const QUANTISER = '2'

/** What the plates of a clip have in common. */
export interface PlatePlan {
  readonly width: number
  readonly height: number
  /** Width of a pixel by its height. */
  readonly sar: Rational
  readonly fps: Rational
  readonly timeBase: Rational
  readonly tags: ColourTags
  readonly fields?: Fields | undefined
}

/** Output options that encode plates as ProRes 4444 with their alpha, in a NUT file to be joined. */
function plateOptions({ sar, timeBase, tags, fields }: PlatePlan, version: string): string[] {
  return [
    ...['-map', '0:v:0', '-vf', frameFilters({ sar, fields }).join(','), ...fieldOptions({ fields, encoder: 'prores_ks' })],
    ...['-c:v', 'prores_ks', '-profile:v', '4444', '-pix_fmt', 'yuva444p10le', '-alpha_bits', '16', '-q:v', QUANTISER, '-vendor', 'apl0'],
    ...colourTagOptions({ ...tags, range: 'tv' }),
    ...[...passthroughOptions(version), '-enc_time_base', `${timeBase.num}:${timeBase.den}`, '-f', 'nut'],
  ]
}

/** Throws DfkError where this ffmpeg cannot write ProRes. */
export async function requireProres(): Promise<void> {
  if (await ffmpegHas('prores_ks')) return
  throw new DfkError('expected an ffmpeg with the encoder prores_ks but it has none', {
    hint: 'set FFMPEG_PATH to a fuller ffmpeg, or choose --layers-format png or exr',
  })
}

/** Opens a ProRes file for some plates of a clip, yuva444p10le each (see `plateYuva`). `output`: what errors call it. */
export async function openPlates(
  plan: PlatePlan,
  { file, output, signal }: { file: string; output: string; signal?: AbortSignal | undefined },
): Promise<Pick<SegmentWriter, 'write' | 'finish' | 'abort'>> {
  const { path: ffmpeg, version } = await findFfmpeg()
  const { width, height, fps, timeBase } = plan
  const pipe = new FramePipe({
    ...{ output, file, ffmpeg, width, height, fps, timeBase, tag: YUVA_TAG, keepsStart: false, signal },
    outputOptions: plateOptions(plan, version),
  })
  return {
    write: (bytes, timeS) => pipe.write(bytes, timeS),
    finish: () => pipe.finish(),
    async abort() {
      await pipe.abort()
      await rm(file, { force: true })
    },
  }
}

/** A path as ffmpeg's concat lists quote it. */
function quoted(path: string): string {
  return `'file:${path.replaceAll("'", "'\\''")}'`
}

/** A list that dfk wrote itself, of files that it wrote itself: what footage may not be. */
const OWN_LIST = ['-format_whitelist', 'concat,nut'] as const

/** Joins ProRes files to a MOV by copying; `startS`: when the first frame of each is shown, and where the whole begins. */
export async function joinPlates(
  plan: PlatePlan,
  segments: readonly { readonly path: string; readonly startS: number }[],
  { file, output, startS, signal }: { file: string; output: string; startS: number; signal?: AbortSignal | undefined },
): Promise<void> {
  const list = `${file}.txt`
  const lines = segments.flatMap((segment, i) => {
    const next = segments[i + 1]
    return [`file ${quoted(segment.path)}`, ...(next === undefined ? [] : [`duration ${(next.startS - segment.startS).toFixed(6)}`])]
  })
  await writeFile(list, `ffconcat version 1.0\n${lines.join('\n')}\n`)
  const { path } = await findFfmpeg()
  checkInterrupted(signal)
  const run = startFfmpeg(path, {
    inputs: [
      { source: fileUrl(list), options: [...inputOptions(), ...OWN_LIST, '-f', 'concat', '-safe', '0', '-itsoffset', startS.toFixed(6)] },
    ],
    output: fileUrl(file),
    outputOptions: [
      ...['-map', '0:v:0', '-c', 'copy', ...colourTagOptions({ ...plan.tags, range: 'tv' })],
      ...['-video_track_timescale', String(plan.timeBase.den), '-movflags', '+faststart+write_colr', '-f', 'mov'],
    ],
  })
  const stop = () => void run.kill()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    await run.done
  } catch (failure) {
    checkInterrupted(signal)
    throw writeFailure(output, failure)
  } finally {
    signal?.removeEventListener('abort', stop)
    await rm(list, { force: true })
  }
}

/** Encodes interleaved RGBA of 16 bits, [height, width, 4], as PNG. */
export async function encodePng16(rgba: Uint16Array, width: number, height: number): Promise<Buffer> {
  const { default: sharp } = await import('sharp')
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .toColourspace('rgb16')
    .png({ compressionLevel: 3, adaptiveFiltering: false })
    .toBuffer()
}
