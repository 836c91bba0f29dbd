import type { Landmarks } from '../../src/faces/index.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { warpAffine } from '../../src/picture/warp.ts'

/** Weight of the blended face at a pixel: 1 inside an ellipse around the landmarks, falling to 0 over a few pixels. */
function weightAt(x: number, y: number, { left, top, right, bottom }: Record<'left' | 'top' | 'right' | 'bottom', number>): number {
  const u = (2 * (x - (left + right) / 2)) / (right - left)
  const v = (2 * (y - (top + bottom) / 2)) / (bottom - top)
  return Math.min(1, Math.max(0, (1.05 - Math.hypot(u, v)) * 6))
}

function boundsOf({ points68 }: Landmarks): Record<'left' | 'top' | 'right' | 'bottom', number> {
  const xs = points68.filter((_, i) => i % 2 === 0)
  const ys = points68.filter((_, i) => i % 2 === 1)
  const top = Math.min(...ys)
  const bottom = Math.max(...ys)
  return { left: Math.min(...xs), right: Math.max(...xs), top: top - 0.2 * (bottom - top), bottom }
}

/** Few pixels, as a small generator's face has: down to `sizePx` a face width and up again. */
export function soften(picture: Picture, scale: number): Picture {
  const small = warpAffine(
    picture,
    { a: scale, b: 0, tx: 0, c: 0, d: scale, ty: 0 },
    Math.ceil(picture.width * scale),
    Math.ceil(picture.height * scale),
    'replicate',
  )
  return warpAffine(small, { a: 1 / scale, b: 0, tx: 0, c: 0, d: 1 / scale, ty: 0 }, picture.width, picture.height, 'replicate')
}

/** A picture whose face is replaced by a shifted, softened and recoloured copy of itself: a fake with the traces of a swap. */
export function blendSelf(picture: Picture, landmarks: Landmarks): Picture {
  const bounds = boundsOf(landmarks)
  const face = bounds.right - bounds.left
  const shift = { a: 1.03, b: 0.02, tx: -0.03 * bounds.left + 0.02 * face, c: -0.02, d: 1.03, ty: -0.03 * bounds.top + 0.02 * face }
  const source = soften(warpAffine(picture, shift, picture.width, picture.height, 'replicate'), Math.min(0.8, 72 / face))
  const out = createPicture(picture.width, picture.height)
  for (let y = 0, i = 0; y < picture.height; y += 1) {
    for (let x = 0; x < picture.width; x += 1) {
      const weight = weightAt(x + 0.5, y + 0.5, bounds)
      for (let c = 0; c < 3; c += 1, i += 1) {
        const recoloured = source.data[i]! * (1 + 0.06 * (1 - c)) + 4
        out.data[i] = Math.max(0, Math.min(255, Math.round(weight * recoloured + (1 - weight) * picture.data[i]!)))
      }
    }
  }
  return out
}
