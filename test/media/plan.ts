import type { PicturePlan } from '../../src/media/index.ts'

/** H.264 of 8 bits, 25 frames a second. */
export const PICTURE_PLAN: PicturePlan = {
  encoder: 'libx264',
  quality: 18,
  preset: 'veryfast',
  bits: 8,
  chroma: 420,
  pixels: 'yuv420p',
  encode: 'yuv420p',
  fullRange: false,
  tags: {},
  sar: { num: 1, den: 1 },
  timeBase: { num: 1, den: 12_800 },
  threads: 2,
}
