/** Colour tags of a video stream as ffprobe names them; `undefined` where the file does not say. */
export interface ColourTags {
  readonly matrix?: string
  readonly primaries?: string
  readonly transfer?: string
  readonly range?: 'tv' | 'pc'
}

/** swscale's names for the YCbCr matrices that it can convert. */
export type Matrix = 'bt601' | 'bt709' | 'bt2020' | 'smpte240m' | 'fcc'

/** First height, in lines, at which players take untagged video for BT.709 rather than BT.601. */
const HD_HEIGHT = 720

/** The matrix to convert with: the tagged one, else what players assume for this height. The same one is used both ways. */
export function matrixOf(tags: ColourTags, height: number): Matrix {
  switch (tags.matrix) {
    case 'bt709':
      return 'bt709'
    case 'bt470bg':
    case 'smpte170m':
      return 'bt601'
    case 'bt2020nc':
    case 'bt2020c':
      return 'bt2020'
    case 'smpte240m':
      return 'smpte240m'
    case 'fcc':
      return 'fcc'
    default:
      return height >= HD_HEIGHT ? 'bt709' : 'bt601'
  }
}

/** The transfer curve of HDR footage (PQ or HLG), which 8-bit frames cannot hold without a tone map; undefined for any other. */
export function hdrTransfer(tags: ColourTags): string | undefined {
  return tags.transfer === 'smpte2084' || tags.transfer === 'arib-std-b67' ? tags.transfer : undefined
}
