import type { Sharp } from 'sharp'
import type { Picture } from '../picture/picture.ts'
import { fileUrl, inputOptions, passthroughOptions } from './arguments.ts'
import { findFfmpeg } from './binaries.ts'
import { writeFailure } from './failures.ts'
import { startFfmpeg } from './process.ts'

async function imageOf({ width, height, data }: Picture): Promise<Sharp> {
  const { default: sharp } = await import('sharp')
  return sharp(data, { raw: { width, height, channels: 3 } })
}

async function pictureOf(image: Sharp): Promise<Picture> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data: Uint8Array.from(data) }
}

/** The picture after JPEG of a quality, 1–100, colours at half the size. */
export async function recompressed(picture: Picture, quality: number): Promise<Picture> {
  const { default: sharp } = await import('sharp')
  return pictureOf(sharp(await (await imageOf(picture)).jpeg({ quality }).toBuffer()))
}

/** The picture under a Gaussian of that deviation. */
export async function blurred(picture: Picture, sigmaPx: number): Promise<Picture> {
  return pictureOf((await imageOf(picture)).blur(sigmaPx))
}

/** Output options that encode the picture once more with x264. */
function reencodeOptions(crf: number, version: string): string[] {
  // x264 takes even sides only.
  const even = "crop='trunc(iw/2)*2':'trunc(ih/2)*2',format=yuv420p"
  return ['-map', '0:V:0', '-vf', even, '-c:v', 'libx264', '-crf', String(crf), '-preset', 'medium', ...passthroughOptions(version)]
}

/** Encodes a clip's picture once more as `output`, an MP4 file. Throws DfkError where ffmpeg cannot. */
export async function reencodeClip(path: string, output: string, crf: number, signal?: AbortSignal): Promise<void> {
  const { path: ffmpeg, version } = await findFfmpeg()
  const inputs = [{ source: fileUrl(path), options: ['-nostdin', '-y', ...inputOptions()] }]
  const run = startFfmpeg(ffmpeg, { inputs, output: fileUrl(output), outputOptions: reencodeOptions(crf, version) })
  const stop = () => void run.kill()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    await run.done
  } catch (failure) {
    throw writeFailure(output, failure)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
