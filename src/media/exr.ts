import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import type { Box } from '../picture/picture.ts'

// OpenEXR 2, scan lines, ZIP (openexr.com, "OpenEXR File Layout"). Written here because ffmpeg does so only from 4.4 on, in whole frames and without tags.

const MAGIC = 20_000_630
/** Lines that ZIP packs together. */
const LINES = 16
const HALF = 1
const ZIP = 3

const zip = promisify(deflate)

/** A picture to write as EXR. */
export interface ExrPicture {
  readonly width: number
  readonly height: number
  /** The part that has pixels; all else is empty. */
  readonly window: Box
  /** Half-precision bits of the window, by channel name. */
  readonly channels: Readonly<Record<string, Uint16Array>>
  /** Width of a pixel by its height. */
  readonly pixelAspect: number
  /** x and y of red, green, blue and white (CIE 1931). */
  readonly chromaticities?: readonly number[] | undefined
  readonly fps: { readonly num: number; readonly den: number }
  /** Further text attributes. */
  readonly texts: Readonly<Record<string, string>>
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`, 'utf8')
}

function int32(...values: number[]): Buffer {
  return Buffer.from(Int32Array.from(values).buffer)
}

function float32(...values: number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer)
}

function attribute(name: string, type: string, value: Buffer): Buffer {
  return Buffer.concat([text(name), text(type), int32(value.length), value])
}

function corners({ x, y, width, height }: Box): Buffer {
  return int32(x, y, x + width - 1, y + height - 1)
}

function headerOf(picture: ExrPicture, names: readonly string[]): Buffer {
  const { width, height, window, pixelAspect, chromaticities, fps, texts } = picture
  const channels = names.map((name) => Buffer.concat([text(name), int32(HALF, 0, 1, 1)]))
  return Buffer.concat([
    int32(MAGIC, 2),
    attribute('channels', 'chlist', Buffer.concat([...channels, Buffer.of(0)])),
    ...(chromaticities === undefined ? [] : [attribute('chromaticities', 'chromaticities', float32(...chromaticities))]),
    attribute('compression', 'compression', Buffer.of(ZIP)),
    attribute('dataWindow', 'box2i', corners(window)),
    attribute('displayWindow', 'box2i', corners({ x: 0, y: 0, width, height })),
    attribute('framesPerSecond', 'rational', int32(fps.num, fps.den)),
    attribute('lineOrder', 'lineOrder', Buffer.of(0)),
    attribute('pixelAspectRatio', 'float', float32(pixelAspect)),
    attribute('screenWindowCenter', 'v2f', float32(0, 0)),
    attribute('screenWindowWidth', 'float', float32(1)),
    ...Object.entries(texts).map(([name, value]) => attribute(name, 'string', Buffer.from(value, 'utf8'))),
    Buffer.of(0),
  ])
}

/** Even bytes, then odd ones, each as its difference to the one before: what makes halves compress. */
function foretold(bytes: Uint8Array): Uint8Array {
  const apart = new Uint8Array(bytes.length)
  const middle = (bytes.length + 1) >> 1
  for (let i = 0; i < bytes.length; i += 1) apart[(i & 1) * middle + (i >> 1)] = bytes[i]!
  for (let i = apart.length - 1; i > 0; i -= 1) apart[i] = apart[i]! - apart[i - 1]! + 128
  return apart
}

async function blockOf({ window, channels }: ExrPicture, names: readonly string[], first: number): Promise<Buffer> {
  const { width, height, y } = window
  const lines = Math.min(LINES, height - first)
  const raw = new Uint16Array(lines * names.length * width)
  for (let line = 0; line < lines; line += 1)
    for (const [i, name] of names.entries())
      raw.set(channels[name]!.subarray((first + line) * width, (first + line + 1) * width), (line * names.length + i) * width)
  const bytes = new Uint8Array(raw.buffer)
  const packed = await zip(foretold(bytes))
  const data = packed.length < bytes.length ? packed : bytes
  return Buffer.concat([int32(y + first, data.length), data])
}

/** Encodes a picture as an EXR file of half floats. */
export async function encodeExr(picture: ExrPicture): Promise<Buffer> {
  const names = Object.keys(picture.channels).sort()
  const header = headerOf(picture, names)
  const starts = Array.from({ length: Math.ceil(picture.window.height / LINES) }, (_, i) => i * LINES)
  const blocks = await Promise.all(starts.map((first) => blockOf(picture, names, first)))
  const offsets = Buffer.alloc(8 * blocks.length)
  let at = header.length + offsets.length
  for (const [i, block] of blocks.entries()) {
    offsets.writeBigUInt64LE(BigInt(at), 8 * i)
    at += block.length
  }
  return Buffer.concat([header, offsets, ...blocks])
}
