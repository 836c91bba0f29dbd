import type { MediaInfo } from '../media/index.ts'

const D65 = [0.3127, 0.329]

/** x and y of red, green, blue and white for a clip's primaries (ITU-R BT.709, BT.601, BT.2020, SMPTE RP 431-2); undefined where they are of another kind. */
export function chromaticitiesOf({ primaries }: MediaInfo['colour']): readonly number[] | undefined {
  switch (primaries) {
    case undefined:
    case 'bt709':
      return [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, ...D65]
    case 'bt470bg':
      return [0.64, 0.33, 0.29, 0.6, 0.15, 0.06, ...D65]
    case 'smpte170m':
    case 'smpte240m':
      return [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...D65]
    case 'bt2020':
      return [0.708, 0.292, 0.17, 0.797, 0.131, 0.046, ...D65]
    case 'smpte432':
      return [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, ...D65]
    default:
      return undefined
  }
}
