import type { SquareFaces } from '../picture/putIn.ts'
import type { Pictures } from './augment.ts'

/** Most faces of a person that one validation looks at. */
const MOST_FACES = 64

/** Unseen faces as validation takes them, evenly over time. */
export interface Unseen extends SquareFaces {
  readonly count: number
}

/** Pictures as the network takes them, in 0–1. */
export function toUnit(bytes: Uint8Array): Float32Array {
  const out = new Float32Array(bytes.length)
  for (let i = 0; i < out.length; i += 1) out[i] = bytes[i]! / 255
  return out
}

/** Picks at most 64 of the held-out faces. */
export function unseenOf({ faces, masks, count, sizePx }: Pictures): Unseen {
  const kept = Math.min(count, MOST_FACES)
  const pixels = sizePx * sizePx
  const out = { count: kept, sizePx, faces: new Float32Array(kept * pixels * 3), masks: new Float32Array(kept * pixels) }
  for (let i = 0; i < kept; i += 1) {
    const from = Math.floor((i * count) / kept)
    out.faces.set(toUnit(faces.subarray(from * pixels * 3, (from + 1) * pixels * 3)), i * pixels * 3)
    out.masks.set(toUnit(masks.subarray(from * pixels, (from + 1) * pixels)), i * pixels)
  }
  return out
}
