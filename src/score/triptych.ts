import type { FoundFace } from '../faces/index.ts'
import { pastePicture } from '../picture/paste.ts'
import { createPicture, type Picture } from '../picture/picture.ts'
import { warpAffine } from '../picture/warp.ts'
import type { FramePair } from './lockstep.ts'

const TILE_PX = 224
/** How much of the picture around the face is shown, as a multiple of the face box. */
const AROUND = 1.7
/** Differences are shown this many times stronger, on grey. */
const DIFFERENCE_GAIN = 3

/** Target, swap and their difference around the face, each TILE_PX square, in one picture. */
export function triptych({ target, swap }: FramePair, { box }: FoundFace): Picture {
  const side = Math.max(box.width, box.height) * AROUND
  const scale = TILE_PX / side
  const left = box.x + box.width / 2 - side / 2
  const top = box.y + box.height / 2 - side / 2
  const matrix = { a: scale, b: 0, tx: -left * scale, c: 0, d: scale, ty: -top * scale }
  const [a, b] = [target, swap].map((picture) => warpAffine(picture, matrix, TILE_PX, TILE_PX)) as [Picture, Picture]
  const out = createPicture(TILE_PX * 3, TILE_PX)
  pastePicture(out, a, 0, 0)
  pastePicture(out, b, TILE_PX, 0)
  for (let y = 0; y < TILE_PX; y++) {
    const from = y * TILE_PX * 3
    const to = from * 3
    for (let i = 0; i < TILE_PX * 3; i++) {
      const difference = 128 + (b.data[from + i]! - a.data[from + i]!) * DIFFERENCE_GAIN
      out.data[to + TILE_PX * 6 + i] = Math.max(0, Math.min(255, difference))
    }
  }
  return out
}
