import { alignMatrix, type Eyes, type Landmarks } from '../../src/faces/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { composeAffine, invertAffine, warpAffine } from '../../src/picture/warp.ts'
import { hullMask } from '../../src/score/pixels.ts'

/** A picture with the landmarks of its face. */
export interface Still {
  readonly picture: Picture
  readonly landmarks: Landmarks
}

export interface PasteOptions {
  /** Where the face goes to, relative to where it belongs, px. */
  readonly dx?: number
  readonly dy?: number
  /** Paste inside the target's own hull (true) or where the moved face lies. */
  readonly moveMask?: boolean
}

/** Pastes the face of one picture over the face of another by similarity: what one can do without training anything. */
export function pasteFace(from: Still, onto: Still, { dx = 0, dy = 0, moveMask = true }: PasteOptions = {}): Picture {
  const { width, height, data } = onto.picture
  const move = { a: 1, b: 0, tx: dx, c: 0, d: 1, ty: dy }
  const there = composeAffine(move, composeAffine(invertAffine(alignMatrix(onto.landmarks, 256)), alignMatrix(from.landmarks, 256)))
  const face = warpAffine(from.picture, there, width, height, 'replicate')
  const shifted = onto.landmarks.mesh.map((value, i) => value + (moveMask ? (i % 3 === 0 ? dx : i % 3 === 1 ? dy : 0) : 0))
  const mask = hullMask(shifted, 1, width, height)
  const out = data.slice()
  for (let i = 0; i < out.length; i++) {
    const share = mask.data[Math.floor(i / 3)]! / 255
    out[i] = Math.round(data[i]! * (1 - share) + face.data[i]! * share)
  }
  return { width, height, data: out }
}

/** Blurs by `times` passes of a 3×3 box inside the face. */
export function blurFace(onto: Still, times: number): Picture {
  const { width, height } = onto.picture
  const mask = hullMask(onto.landmarks.mesh, 1, width, height)
  let data = onto.picture.data
  for (let pass = 0; pass < times; pass++) {
    const next = data.slice()
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        if (mask.data[y * width + x] === 0) continue
        for (let c = 0; c < 3; c++) {
          let sum = 0
          for (let v = -1; v <= 1; v++) for (let u = -1; u <= 1; u++) sum += data[((y + v) * width + x + u) * 3 + c]!
          next[(y * width + x) * 3 + c] = sum / 9
        }
      }
    }
    data = next
  }
  return { width, height, data }
}

/** Moves what is around an iris sideways by `dx` px, as an eye does that looks elsewhere. */
export function moveIris({ width, height, data }: Picture, { iris: [x, y], pictureSizePx }: Eyes[number], dx: number): Picture {
  const out = data.slice()
  const [a, b] = [pictureSizePx * 0.42, pictureSizePx * 0.2]
  for (let v = Math.max(0, Math.floor(y - b)); v < Math.min(height, y + b); v++) {
    for (let u = Math.max(0, Math.floor(x - a)); u < Math.min(width, x + a); u++) {
      const share = Math.max(0, 1 - ((u - x) / a) ** 2 - ((v - y) / b) ** 2) ** 0.3
      // Bent, not cut: the whole shift in the middle, none at the rim.
      const from = Math.max(0, Math.min(width - 1, u - Math.round(dx * share)))
      for (let c = 0; c < 3; c++) out[(v * width + u) * 3 + c] = data[(v * width + from) * 3 + c]!
    }
  }
  return { width, height, data: out }
}

/** The second picture shining through the first. */
export function blend(a: Picture, b: Picture, share: number): Picture {
  return { ...a, data: a.data.map((value, i) => Math.round(value * (1 - share) + b.data[i]! * share)) }
}

/** Paints the face away with one colour. */
export function eraseFace(onto: Still): Picture {
  const mask = hullMask(onto.landmarks.mesh, 1.3, onto.picture.width, onto.picture.height)
  return { ...onto.picture, data: onto.picture.data.map((value, i) => (mask.data[Math.floor(i / 3)] === 0 ? value : 128)) }
}
