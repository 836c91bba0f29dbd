import type { EncoderName } from './encoderNames.ts'
import type { HdrLevels } from './hdr.ts'

/** How an encoder is asked to work. */
export interface EncoderSettings {
  /** 0 (best) to 51; CRF where the encoder has it. */
  readonly quality: number
  /** Of x264 and x265; others have a fixed one. */
  readonly preset: string
  /** H.264 without any loss. */
  readonly isLossless?: boolean | undefined
  /** Subsampling that ProRes' profile follows. */
  readonly chroma?: number | undefined
  readonly hdr?: HdrLevels | undefined
  /** Where the chroma samples of 4:2:0 lie, by ffmpeg's name; undefined for what players take it to be. */
  readonly chromaLocation?: string | undefined
}

/** Places of chroma in the order in which H.264 and HEVC count them. */
const CHROMA_LOCATIONS = ['left', 'center', 'topleft', 'top', 'bottomleft', 'bottom']

/** For the parameters of x264 and x265, which spell it alike; ffmpeg's own option does not reach them in old builds. */
function chromaParams(location: string | undefined): string[] {
  const place = CHROMA_LOCATIONS.indexOf(location ?? '')
  return place === -1 ? [] : [`chromaloc=${place}`]
}

function x265Params({ hdr, chromaLocation, isLossless = false }: EncoderSettings): string {
  const params = ['log-level=error', ...chromaParams(chromaLocation)]
  if (isLossless) params.push('lossless=1')
  if (hdr?.display !== undefined) params.push(`master-display=${hdr.display}`)
  if (hdr?.light !== undefined) params.push(`max-cll=${hdr.light.join(',')}`)
  // Segments are joined: each says it for itself.
  if (params.some((param) => param.startsWith('m'))) params.push('repeat-headers=1')
  return params.join(':')
}

/** ffmpeg's options for one encoder: quality from 0 (best) to 51, on the encoder's own scale, and what editors expect of its files. */
export function encoderOptions(encoder: EncoderName, settings: EncoderSettings): string[] {
  const { quality, preset, isLossless = false, chroma = 422, chromaLocation } = settings
  const q = String(quality)
  // To most hardware 0 is "as you like".
  const coarse = String(Math.max(1, Math.round(quality)))
  // AV1 and VP9 count to 63.
  const wide = String(Math.round((quality * 63) / 51))
  switch (encoder) {
    case 'libx264':
      return [
        ...[...(isLossless ? ['-qp', '0'] : ['-crf', q]), '-preset', preset],
        ...chromaParams(chromaLocation).flatMap((params) => ['-x264-params', params]),
      ]
    case 'libx265':
      return [...(isLossless ? [] : ['-crf', q]), '-preset', preset, '-x265-params', x265Params(settings)]
    case 'libvpx-vp9':
      return ['-crf', q, '-b:v', '0', '-deadline', 'good', '-cpu-used', '4', '-row-mt', '1']
    case 'libsvtav1':
      return ['-crf', wide, '-preset', '8']
    case 'libaom-av1':
      return ['-crf', wide, '-b:v', '0', '-cpu-used', '6', '-row-mt', '1']
    case 'prores_ks':
      return ['-profile:v', chroma === 444 ? '4' : '3', '-vendor', 'apl0']
    case 'ffv1':
      return ['-level', '3', '-g', '1', '-slices', '4', '-slicecrc', '1']
    case 'h264_nvenc':
    case 'hevc_nvenc':
      return ['-rc', 'vbr', '-cq', coarse, '-b:v', '0', '-preset', 'slow']
    case 'h264_qsv':
    case 'hevc_qsv':
      return ['-global_quality', coarse]
    case 'h264_vaapi':
    case 'hevc_vaapi':
      return ['-qp', coarse]
    case 'h264_amf':
    case 'hevc_amf':
      return ['-rc', 'cqp', '-qp_i', coarse, '-qp_p', coarse]
    case 'h264_videotoolbox':
    case 'hevc_videotoolbox':
      return ['-q:v', String(Math.max(1, Math.min(100, 100 - quality * 2)))]
    case 'mpeg4':
      return ['-q:v', String(Math.max(1, Math.min(31, Math.round(quality / 3) - 3)))]
    case 'h264_mf':
    case 'libopenh264':
      return ['-b:v', '8M']
    default:
      return encoder satisfies never
  }
}
