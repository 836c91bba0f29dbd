import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import type { Metadata, Sharp } from 'sharp'
import type { Picture } from '../picture/picture.ts'
import { DfkError } from '../work/errors.ts'
import { cleanExif } from './exif.ts'
import { MAX_PIXELS } from './limits.ts'
import { describePng } from './png-chunks.ts'
import { requireFile } from './requireFile.ts'
import { inFormat, placeEncoded, type WriteOptions } from './stills.ts'

/** A still image in the samples and the colour space of its file, upright. */
export interface Still {
  readonly width: number
  readonly height: number
  /** 4 with alpha, which is not premultiplied. */
  readonly channels: 3 | 4
  readonly bits: 8 | 16
  /** Interleaved R, G, B and alpha. [height, width, channels] */
  readonly data: Uint8Array | Uint16Array
  /** Profile that the samples are in; undefined for sRGB. */
  readonly icc?: Buffer | undefined
  /** EXIF without position, thumbnail and orientation. */
  readonly exif?: Buffer | undefined
  /** Pixels an inch. */
  readonly density?: number | undefined
}

const LIMITS = { failOn: 'error', limitInputPixels: MAX_PIXELS } as const

async function load(source: string | Buffer, ignoreIcc: boolean): Promise<Sharp> {
  const { default: sharp } = await import('sharp')
  return sharp(source, { ...LIMITS, ignoreIcc })
}

async function samples(image: Sharp, is16: boolean): Promise<Pick<Still, 'width' | 'height' | 'channels' | 'bits' | 'data'>> {
  const { data, info } = await image
    .toColourspace(is16 ? 'rgb16' : 'srgb')
    .raw({ depth: is16 ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true })
  const bytes = Uint8Array.from(data)
  return {
    width: info.width,
    height: info.height,
    channels: info.channels === 4 ? 4 : 3,
    bits: is16 ? 16 : 8,
    data: is16 ? new Uint16Array(bytes.buffer) : bytes,
  }
}

/** Whether samples are RGB already: gray and CMYK ones cannot be drawn on and are brought to sRGB. */
function isRgb({ space }: Metadata): boolean {
  return space === 'srgb' || space === 'rgb' || space === 'rgb16'
}

/** Of several pages one would come out, and the others be lost. */
function severalPages(path: string, { pages, format }: Metadata): DfkError {
  return new DfkError(`expected a picture of one page but ${path} has ${pages} (${format})`, {
    hint: format === 'webp' ? 'make it a GIF or a clip, or a picture of each frame' : 'save each page as a picture of its own',
  })
}

/** Reads a still image in its own samples: 16 bits stay 16, alpha and profile stay; gray and CMYK become sRGB. Throws DfkError where it is damaged, too large or has several pages. */
export async function readStill(path: string): Promise<Still> {
  await requireFile(path)
  try {
    const metadata = await (await load(path, true)).metadata()
    if ((metadata.pages ?? 1) > 1) throw severalPages(path, metadata)
    const isOwn = isRgb(metadata)
    const is16 = metadata.depth === 'ushort'
    const image = (await load(path, isOwn)).autoOrient()
    return {
      ...(await samples(image, is16)),
      icc: isOwn ? metadata.icc : undefined,
      exif: metadata.exif === undefined ? undefined : cleanExif(metadata.exif),
      density: metadata.density,
    }
  } catch (cause) {
    if (cause instanceof DfkError) throw cause
    throw new DfkError(`expected a whole image of at most ${MAX_PIXELS} pixels in ${path} but it cannot be read`, {
      hint: 'check that it opens in an image viewer, and scale it down if it is very large',
      cause,
    })
  }
}

/** The samples as a PNG that says all that the still says: what sharp reads without loss. */
async function asPng({ width, height, channels, bits, data, icc, exif, density }: Still): Promise<Buffer> {
  const { default: sharp } = await import('sharp')
  const image = sharp(data, { raw: { width, height, channels }, limitInputPixels: MAX_PIXELS })
  const png = await (bits === 16 ? image.toColourspace('rgb16') : image).png({ compressionLevel: 1 }).toBuffer()
  return describePng(png, { icc, exif, density })
}

/** The still as networks want it: 8-bit sRGB without alpha. */
export async function stillPicture(still: Still): Promise<Picture> {
  const image = (await load(await asPng(still), false)).toColourspace('srgb').removeAlpha()
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data: Uint8Array.from(data) }
}

/**
 * Brings an sRGB picture, such as a rendered face, into the still's own space and depth: [height, width, 3] samples to lay over its own.
 * Colours that the space cannot hold are clipped.
 */
export async function intoStillSpace(
  { data, width, height }: Picture,
  { icc, bits }: Pick<Still, 'icc' | 'bits'>,
): Promise<Uint8Array | Uint16Array> {
  const { default: sharp } = await import('sharp')
  const image = sharp(data, { raw: { width, height, channels: 3 } })
  if (icc === undefined) return bits === 8 ? data : Uint16Array.from(data, (value) => value * 257)
  // sharp takes a profile to convert to by its file's name only.
  const folder = await mkdtemp(join(tmpdir(), 'dfk-icc-'))
  try {
    const profile = join(folder, 'own.icc')
    await writeFile(profile, icc)
    const png = await (bits === 16 ? image.toColourspace('rgb16') : image).withIccProfile(profile).png({ compressionLevel: 1 }).toBuffer()
    return (await samples(await load(png, true), bits === 16)).data
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The still with what changed from `before` (see `stillPicture`) to `after` in sRGB, brought into its own space and depth as a difference: samples of pixels that did not
 * change stay as they are.
 */
export async function alterStill(still: Still, before: Picture, after: Picture): Promise<Still> {
  const [from, to] = [await intoStillSpace(before, still), await intoStillSpace(after, still)]
  const data = still.data.slice()
  const most = still.bits === 16 ? 65_535 : 255
  const { channels } = still
  for (let i = 0, p = 0; p < data.length; i += 3, p += channels) {
    for (let k = 0; k < 3; k += 1) {
      if (before.data[i + k] === after.data[i + k]) continue
      data[p + k] = Math.max(0, Math.min(most, data[p + k]! + to[i + k]! - from[i + k]!))
    }
  }
  return { ...still, data }
}

/** The still in the format that `extension` names: profile and EXIF kept (TIFF drops EXIF), 16 bits in PNG and TIFF, alpha where the format has it. */
async function encodeStill(still: Still, extension: string, quality?: number): Promise<Buffer> {
  const keepsDepth = still.bits === 16 && /^\.?(png|tiff?)$/i.test(extension)
  const read = (await load(await asPng(still), true)).keepIccProfile().keepExif()
  return inFormat(keepsDepth ? read.toColourspace('rgb16') : read, extension, quality, still.density)
}

/** Writes a still beside its place and renames it there. */
export async function writeStill(path: string, still: Still, { quality, before }: WriteOptions = {}): Promise<void> {
  await placeEncoded(path, await encodeStill(still, extname(path), quality), before)
}
