/** The video encoders of ffmpeg that dfk knows how to drive, best first. */
export const ENCODER_NAMES = [
  'libx264',
  'h264_videotoolbox',
  'h264_nvenc',
  'h264_qsv',
  'h264_amf',
  'h264_vaapi',
  'h264_mf',
  'libopenh264',
  'libx265',
  'hevc_videotoolbox',
  'hevc_nvenc',
  'hevc_qsv',
  'hevc_amf',
  'hevc_vaapi',
  'libvpx-vp9',
  'libsvtav1',
  'libaom-av1',
  'prores_ks',
  'ffv1',
  'mpeg4',
] as const

export type EncoderName = (typeof ENCODER_NAMES)[number]
