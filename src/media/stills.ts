import { randomBytes } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import type { Metadata, Sharp } from 'sharp'
import type { Picture } from '../picture/picture.ts'
import { DfkError, UsageError } from '../work/errors.ts'
import { MAX_PIXELS } from './limits.ts'
import type { MediaInfo } from './probe.ts'
import { requireFile } from './requireFile.ts'

const STILL_FORMATS = new Set(['jpeg', 'png', 'webp', 'tiff', 'heif'])
const JPEG_QUALITY = 95

async function open(path: string): Promise<Sharp> {
  const { default: sharp } = await import('sharp')
  return sharp(path, { failOn: 'error', limitInputPixels: MAX_PIXELS })
}

async function metadataOf(path: string): Promise<Metadata | undefined> {
  const metadata = await (await open(path)).metadata().catch(() => undefined)
  if (metadata === undefined || !STILL_FORMATS.has(metadata.format)) return undefined
  return metadata
}

/** Describes a still image as displayed (EXIF orientation applied); undefined where the file is no still image. */
export async function probePicture(path: string): Promise<MediaInfo | undefined> {
  const metadata = await metadataOf(path)
  if (metadata === undefined) return undefined
  return {
    path,
    kind: 'image',
    width: metadata.autoOrient.width,
    height: metadata.autoOrient.height,
    coded: { ...metadata.autoOrient, sar: { num: 1, den: 1 } },
    fps: { num: 0, den: 1 },
    timeBase: { num: 1, den: 1 },
    frames: 1,
    durationS: 0,
    startS: 0,
    audio: [],
    codec: metadata.format,
    pixelFormat: metadata.hasAlpha ? 'rgba' : 'rgb24',
    colour: {},
    rotation: 0,
  }
}

/** Reads a still image as 8-bit sRGB: EXIF orientation and ICC profile applied, transparency on black dropped, 16 bits rounded to 8. */
export async function readPicture(path: string): Promise<Picture> {
  await requireFile(path)
  if ((await metadataOf(path)) === undefined)
    throw new DfkError(`expected an image (JPEG, PNG, WebP, TIFF, AVIF) but ${path} is none, or is damaged`, {
      hint: 'check that it opens in an image viewer',
    })
  const raw = (await open(path)).autoOrient().toColourspace('srgb').removeAlpha().raw({ depth: 'uchar' })
  const { data, info } = await raw.toBuffer({ resolveWithObject: true }).catch((cause: Error) => {
    throw new DfkError(`expected a whole image in ${path} but it is damaged or truncated`, { hint: 'copy or download it again', cause })
  })
  return { width: info.width, height: info.height, data: info.channels === 3 ? bytes(data) : grayToRgb(bytes(data), info.channels) }
}

function bytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

function grayToRgb(data: Uint8Array, channels: number): Uint8Array {
  const count = data.length / channels
  const rgb = new Uint8Array(count * 3)
  for (let i = 0; i < count; i += 1) rgb.fill(data[i * channels]!, i * 3, i * 3 + 3)
  return rgb
}

/** A name in the same folder for a file that is being written; it keeps the extension. */
function besideName(path: string): string {
  const extension = extname(path)
  return join(dirname(path), `.${basename(path, extension)}.part-${randomBytes(4).toString('hex')}${extension}`)
}

/** Whether a name is one that dfk writes pictures to. */
export function writesPicture(path: string): boolean {
  return /\.(png|jpe?g|webp|tiff?|avif)$/i.test(path)
}

/** An image in the format that `extension` names, with or without the dot; `density`: pixels an inch, which TIFF is told here. */
export async function inFormat(image: Sharp, extension: string, quality = JPEG_QUALITY, density?: number | undefined): Promise<Buffer> {
  switch (extension.replace(/^\./, '').toLowerCase()) {
    case 'png':
      return image.png({ compressionLevel: 6 }).toBuffer()
    case 'jpg':
    case 'jpeg':
      return image.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer()
    case 'webp':
      return image.webp({ quality }).toBuffer()
    case 'tif':
    case 'tiff':
      return image.tiff({ compression: 'lzw', ...(density && { xres: density / 25.4, yres: density / 25.4 }) }).toBuffer()
    case 'avif':
      return image.avif({ quality }).toBuffer()
    default:
      throw new UsageError(`expected an image name ending in .png, .jpg, .webp, .tif or .avif but found "${extension}"`)
  }
}

/** Encodes a picture (RGB, or gray with one byte a pixel) in the format that `extension` names, with or without the dot. */
export async function encodePicture(picture: Picture, extension: string, quality?: number): Promise<Buffer> {
  const { default: sharp } = await import('sharp')
  const channels = picture.data.length === picture.width * picture.height ? 1 : 3
  return inFormat(sharp(picture.data, { raw: { width: picture.width, height: picture.height, channels } }), extension, quality)
}

/** How a picture is written. */
export interface WriteOptions {
  /** Of formats that lose some, 1–100. */
  readonly quality?: number
  /** May change the finished file before it is in its place (provenance). */
  readonly before?: (partial: string) => Promise<void>
}

/** Writes an encoded picture beside its place and renames it there; whatever fails, nothing of it stays. */
export async function placeEncoded(path: string, encoded: Buffer, before: WriteOptions['before']): Promise<void> {
  const partial = besideName(path)
  try {
    await writeFile(partial, encoded)
    await before?.(partial)
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

/** Writes a picture beside its place and renames it there. */
export async function writePicture(path: string, picture: Picture, { quality, before }: WriteOptions = {}): Promise<void> {
  await placeEncoded(path, await encodePicture(picture, extname(path), quality), before)
}
