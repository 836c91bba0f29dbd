import { blurred, recompressed } from '../media/index.ts'
import { seedRandom } from '../models/random.ts'
import type { Picture } from '../picture/picture.ts'
import { resizePicture } from '../picture/resize.ts'

const JPEG_QUALITY = 50
const BLUR_SIGMA_PX = 1.5
const NOISE_SIGMA = 8

/** The same noise for the same size, every time. */
function noisy({ width, height, data }: Picture): Picture {
  const random = seedRandom(width * height)
  const out = Uint8Array.from(data, (value) => Math.max(0, Math.min(255, Math.round(value + NOISE_SIGMA * random.normal()))))
  return { width, height, data: out }
}

const half = (px: number) => Math.max(1, Math.round(px / 2))

/** What pictures and frames go through on their way, by name. */
export const PICTURE_WEAR: Readonly<Record<string, (picture: Picture) => Promise<Picture>>> = {
  'JPEG 50': (picture) => recompressed(picture, JPEG_QUALITY),
  'half size': async (picture) => resizePicture(picture, half(picture.width), half(picture.height)),
  'blur 1.5 px': (picture) => blurred(picture, BLUR_SIGMA_PX),
  'noise 8': async (picture) => noisy(picture),
}

/** Constant rate factors of x264 that clips are encoded with once more. */
export const CLIP_WEAR: Readonly<Record<string, number>> = { 'CRF 23': 23, 'CRF 35': 35 }
