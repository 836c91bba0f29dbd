import { openFaceAnalyser } from '../src/faces/index.ts'
import { decodeFrames } from '../src/media/index.ts'
import type { Picture } from '../src/picture/picture.ts'
import { sampledPlane } from '../src/picture/plane.ts'
import { warpAffine } from '../src/picture/warp.ts'
import { cutFace } from '../src/swap/cut.ts'
import { viewOf } from '../src/swap/view.ts'
import type { Device } from '../src/tensor/index.ts'
import { type Found, type Look, type Overlaps, overlapsOf } from './covered.ts'

/** Of a clip each n-th frame. */
const EVERY = 4
/** Frames in which less of the face is covered say nothing. */
const LEAST = 0.02

/** Frames of two clips of one length beside each other. */
async function* together(one: string, other: string): AsyncGenerator<[Picture, Picture]> {
  const others = decodeFrames(other, { every: EVERY })[Symbol.asyncIterator]()
  for await (const { picture } of decodeFrames(one, { every: EVERY })) {
    const own = { ...picture, data: picture.data.slice() }
    const next = await others.next()
    if (next.done === true) return
    yield [own, next.value.picture]
  }
}

/** How well a hand that passes before a face (scripts/occlusion/wave.py) is found in single frames of a clip; `masks`: a clip of where it is. */
export async function measureWaved(device: Device, clip: string, masks: string, sizePx: number, look: Look): Promise<Overlaps[]> {
  const analyser = await openFaceAnalyser(device)
  const overlaps: Overlaps[] = []
  try {
    for await (const [picture, mask] of together(clip, masks)) {
      const [face] = await analyser.find(picture, { max: 1 })
      if (face === undefined) continue
      const cut = cutFace(viewOf(picture), face.landmarks, sizePx, false)
      const inside = sampledPlane(cut.hull, sizePx)
      const there = warpAffine(mask, cut.matrix, sizePx, sizePx).data
      const where = Uint8Array.from(inside, (_, i) => Number(there[3 * i]! > 127))
      const covered = where.filter((value, i) => value === 1 && inside[i]! > 0.5).length
      if (covered < LEAST * inside.filter((value) => value > 0.5).length) continue
      const found: Found = await look(cut)
      overlaps.push(overlapsOf(found, where, inside)!)
    }
  } finally {
    await analyser.dispose()
  }
  return overlaps
}
