import type { YuvFormat } from '../picture/yuv.ts'
import { type ColourTags, hdrTransfer, matrixOf } from './colour.ts'
import type { MediaInfo } from './probe.ts'

/** Planar pixel formats that frames travel in between ffmpeg and dfk, by ffmpeg's names. */
const PIPE_PIXELS = [
  'yuv420p',
  'yuv422p',
  'yuv444p',
  'yuv420p10le',
  'yuv422p10le',
  'yuv444p10le',
  'yuv420p12le',
  'yuv422p12le',
  'yuv444p12le',
] as const
export type PipePixels = (typeof PIPE_PIXELS)[number]

/** Bits a sample and binary logarithms of the chroma's halving. */
function pixelLayout(pixels: PipePixels): Pick<YuvFormat, 'bits' | 'chromaX' | 'chromaY'> {
  const bits = pixels.endsWith('p10le') ? 10 : pixels.endsWith('p12le') ? 12 : 8
  return { bits, chromaX: pixels.startsWith('yuv444') ? 0 : 1, chromaY: pixels.startsWith('yuv420') ? 1 : 0 }
}

/** The four bytes by which raw video in Matroska names the format (ffmpeg's raw tags). */
export function pixelTag(pixels: PipePixels): Uint8Array {
  const { bits, chromaX, chromaY } = pixelLayout(pixels)
  if (bits > 8) return Uint8Array.of(0x59, 0x33, chromaX === 0 ? 0 : chromaY === 0 ? 10 : 11, bits)
  return new TextEncoder().encode(chromaX === 0 ? '444P' : chromaY === 0 ? 'Y42B' : 'I420')
}

/** The name by which ffmpeg's filters know the format when white is the greatest code: of 8 bits it has names of its own for that. */
export function filterPixels(pixels: PipePixels, fullRange: boolean): string {
  return fullRange && pixelLayout(pixels).bits === 8 ? pixels.replace('yuv', 'yuvj') : pixels
}

/** Luma's weights of red and blue for a matrix (ITU-R BT.601, BT.709, BT.2020, SMPTE 240M, FCC). */
function lumaWeights(tags: ColourTags, height: number): { kr: number; kb: number } {
  const matrix = matrixOf(tags, height)
  switch (matrix) {
    case 'bt601':
      return { kr: 0.299, kb: 0.114 }
    case 'bt709':
      return { kr: 0.2126, kb: 0.0722 }
    case 'bt2020':
      return { kr: 0.2627, kb: 0.0593 }
    case 'smpte240m':
      return { kr: 0.212, kb: 0.087 }
    case 'fcc':
      return { kr: 0.3, kb: 0.11 }
    default:
      return matrix satisfies never
  }
}

/** What the samples of a clip's frames mean when they travel as `pixels`. Sizes are those of the frames, display orientation, pixels as the clip has them. */
export function frameFormat(info: MediaInfo, pixels: PipePixels): YuvFormat {
  const { coded, colour } = info
  return {
    width: coded.width,
    height: coded.height,
    sar: coded.sar.num / coded.sar.den,
    ...pixelLayout(pixels),
    fullRange: colour.range === 'pc',
    ...lumaWeights(colour, coded.height),
    hdr: hdrTransfer(colour),
  }
}
