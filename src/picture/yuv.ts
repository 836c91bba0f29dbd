/** How a planar Y'CbCr picture lies in memory and what its numbers mean. */
export interface YuvFormat {
  /** Pixels of the luma plane, in display orientation; not square where `sar` is not 1. */
  readonly width: number
  readonly height: number
  /** Width of a pixel by its height. */
  readonly sar: number
  /** Bits a sample: one byte each for 8, else two, little-endian. */
  readonly bits: 8 | 10 | 12
  /** Binary logarithm of how many luma samples a chroma sample stands for, across and down: 1, 1 is 4:2:0. */
  readonly chromaX: 0 | 1
  readonly chromaY: 0 | 1
  /** Whether black is 0 and white the greatest code, rather than 16 and 235 of 255. */
  readonly fullRange: boolean
  /** Luma's weights of red and blue, which name the matrix. */
  readonly kr: number
  readonly kb: number
  /** Transfer curve of HDR footage (`smpte2084`, `arib-std-b67`); undefined for standard range. */
  readonly hdr?: string | undefined
}

/** Samples of one plane. */
export type Samples = Uint8Array | Uint16Array

/** A picture as video codecs hold it. Nothing is converted that nobody draws on. */
export interface YuvPicture {
  readonly format: YuvFormat
  /** [height, width] */
  readonly y: Samples
  /** [height >> chromaY, width >> chromaX], rounded up. */
  readonly u: Samples
  readonly v: Samples
}

/** Size of a chroma plane. */
export function chromaSize({ width, height, chromaX, chromaY }: YuvFormat): { width: number; height: number } {
  return { width: (width + chromaX) >> chromaX, height: (height + chromaY) >> chromaY }
}

/** Bytes of a whole picture, its planes one after the other. */
export function yuvBytes(format: YuvFormat): number {
  const chroma = chromaSize(format)
  return (format.width * format.height + 2 * chroma.width * chroma.height) * (format.bits > 8 ? 2 : 1)
}

/** The planes in `bytes`, laid out as ffmpeg's rawvideo has them; shares their memory. */
export function yuvPicture(format: YuvFormat, bytes: Uint8Array): YuvPicture {
  const chroma = chromaSize(format)
  const [luma, each] = [format.width * format.height, chroma.width * chroma.height]
  const whole: Samples = format.bits > 8 ? new Uint16Array(bytes.buffer, bytes.byteOffset, luma + 2 * each) : bytes
  return { format, y: whole.subarray(0, luma), u: whole.subarray(luma, luma + each), v: whole.subarray(luma + each, luma + 2 * each) }
}

/** Codes of black and of the span to white, for luma and for chroma (whose middle is half of the codes). */
export function yuvScales({ bits, fullRange }: YuvFormat): { black: number; luma: number; middle: number; chroma: number; most: number } {
  const unit = 1 << (bits - 8)
  const most = (1 << bits) - 1
  const middle = 128 * unit
  return fullRange
    ? { black: 0, luma: most, middle, chroma: most, most }
    : { black: 16 * unit, luma: 219 * unit, middle, chroma: 224 * unit, most }
}
