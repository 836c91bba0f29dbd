import { affineScale, invertAffine } from './affine.ts'
import { get, type Kernels, kernels, put, room } from './kernels/index.ts'
import type { Affine, GrayPicture, Picture } from './picture.ts'

export { affineScale, applyAffine, applyAffineToPoints, composeAffine, IDENTITY, invertAffine } from './affine.ts'

/** What lies outside of the source: black, or the nearest edge pixel. */
export type Border = 'black' | 'replicate'

const MOST_SUBSAMPLES = 12

function channelsOf({ width, height, data }: Picture | GrayPicture): 1 | 3 {
  if (data.length === width * height) return 1
  if (data.length === width * height * 3) return 3
  throw new RangeError(`expected ${width}×${height} pixels of 1 or 3 bytes but found ${data.length} bytes`)
}

/**
 * Draws `picture` through `matrix` (source → destination, continuous coordinates with pixel centres at .5) into a new
 * picture of `width` × `height`. Bilinear; where the map shrinks, averages n × n bilinear samples a pixel, n ≈ 1/scale, so that nothing aliases.
 */
export function warpAffine<P extends Picture | GrayPicture>(
  picture: P,
  matrix: Affine,
  width: number,
  height: number,
  border: Border = 'black',
): P {
  const channels = channelsOf(picture)
  const out = warpInside(kernels(), picture, matrix, width, height, border)
  return { width, height, data: get(out, new Uint8Array(width * height * channels)) } as unknown as P
}

/** The same as real numbers [size, size, 3], 0…255 divided by `divisor`: what networks take. `into`: where to put them; default: a new array. */
export function warpToReal(
  picture: Picture,
  matrix: Affine,
  sizePx: number,
  divisor: number,
  border: Border = 'black',
  into: Float32Array = new Float32Array(sizePx * sizePx * 3),
): Float32Array {
  const loops = kernels()
  const from = warpInside(loops, picture, matrix, sizePx, sizePx, border)
  const out = room(4 * into.length)
  loops.toReal(from, into.length, divisor, out)
  return get(out, into)
}

/** Draws into the kernels' memory, and returns where. */
function warpInside(
  { warp }: Kernels,
  picture: Picture | GrayPicture,
  matrix: Affine,
  width: number,
  height: number,
  border: Border,
): number {
  const channels = channelsOf(picture)
  const { a, b, tx, c, d, ty } = invertAffine(matrix)
  const n = Math.min(MOST_SUBSAMPLES, Math.max(1, Math.round(1 / affineScale(matrix))))
  // Only the lines that the map reaches go into the kernels' memory.
  const ends = [ty, c * width + ty, d * height + ty, c * width + d * height + ty]
  const line = (value: number) => Math.max(0, Math.min(picture.height - 1, value))
  const [first, last] = [line(Math.floor(Math.min(...ends)) - 1), line(Math.ceil(Math.max(...ends)) + 1)]
  const stride = picture.width * channels
  const from = put(picture.data.subarray(first * stride, (last + 1) * stride)) - first * stride
  const out = room(width * height * channels)
  warp(from, picture.width, picture.height, channels, a, b, tx, c, d, ty, n, width, height, border === 'replicate' ? 1 : 0, out)
  return out
}
