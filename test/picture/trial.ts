import type { Patch } from '../../src/picture/compose.ts'
import type { Affine } from '../../src/picture/picture.ts'
import { type YuvPicture, yuvBytes, yuvPicture } from '../../src/picture/yuv.ts'

/** Numbers in 0–1 by Park and Miller's generator. */
export function randomFrom(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

/** A picture, a patch and a place, all by chance. */
export interface Trial {
  readonly picture: YuvPicture
  readonly patch: Patch
  readonly place: Affine
}

const SITING = [
  [1, 1],
  [1, 0],
  [0, 0],
] as const

/** One of them, the same for the same seed. */
export function yuvTrial(seed: number): Trial {
  const random = randomFrom(seed)
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from))
  const [chromaX, chromaY] = SITING[whole(0, 3)]!
  const bits = random() < 0.5 ? 8 : 10
  const format = {
    width: whole(20, 90),
    height: whole(20, 70),
    sar: 1,
    bits,
    chromaX,
    chromaY,
    fullRange: random() < 0.5,
    kr: 0.2126,
    kb: 0.0722,
  } as const
  const picture = yuvPicture(format, new Uint8Array(yuvBytes(format)))
  for (const plane of [picture.y, picture.u, picture.v]) for (let i = 0; i < plane.length; i++) plane[i] = whole(0, 1 << bits)
  const [sizePx, side] = [whole(8, 50), whole(4, 40)]
  const rgb = Float32Array.from({ length: sizePx * sizePx * 3 }, random)
  const mask = { width: side, height: side, data: Float32Array.from({ length: side * side }, () => (random() < 0.5 ? 0 : random())) }
  const [scale, angle] = [0.3 + 2 * random(), 2 * Math.PI * random()]
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)]
  // Somewhere in the picture lies the patch's middle.
  const [x, y] = [random() * format.width, random() * format.height]
  const place = { a: cos, b: -sin, tx: sizePx / 2 - cos * x + sin * y, c: sin, d: cos, ty: sizePx / 2 - sin * x - cos * y }
  return { picture, patch: { sizePx, rgb, mask }, place }
}
