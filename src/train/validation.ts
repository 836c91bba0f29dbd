import { PEOPLE, type Person } from '../models/generator.ts'
import type { Pictures } from './augment.ts'
import type { Faceset } from './faceset.ts'
import { type Likeness, likeness, meanFace } from './quality.ts'
import type { Renderer } from './renderer.ts'

/** How well one person's held-out faces are rendered, beside always showing the mean training face. */
export interface PersonValidation extends Likeness {
  readonly faces: number
  readonly mean: Likeness
}
export type Validation = Record<Person, PersonValidation>

/** Pictures as the network takes them, in 0–1. */
export function toUnit(bytes: Uint8Array): Float32Array {
  return Float32Array.from(bytes, (value) => value / 255)
}

/** Renders every held-out face by its own person's decoder and compares inside the true mask. */
export async function validate(renderer: Renderer, facesets: Record<Person, Faceset>): Promise<Validation> {
  const result: Partial<Validation> = {}
  for (const person of PEOPLE) {
    const { heldOut, train } = facesets[person]
    const real = toUnit(heldOut.faces)
    const masks = toUnit(heldOut.masks)
    const made = (await renderer.render(real))[person].rgb
    const mean = halve(meanFace(train.faces, train.count), train, heldOut.sizePx)
    const always = new Float32Array(real.length)
    for (let i = 0; i < heldOut.count; i += 1) always.set(mean, i * mean.length)
    result[person] = {
      faces: heldOut.count,
      ...likeness(made, real, masks, heldOut.sizePx),
      mean: likeness(always, real, masks, heldOut.sizePx),
    }
  }
  return result as Validation
}

/** Brings the mean face, which is stored at twice the size, down to `sizePx`. */
function halve(face: Float32Array, { sizePx: side }: Pictures, sizePx: number): Float32Array {
  const out = new Float32Array(sizePx * sizePx * 3)
  for (let y = 0; y < sizePx; y += 1) {
    for (let x = 0; x < sizePx; x += 1) {
      for (let c = 0; c < 3; c += 1) {
        const at = (2 * y * side + 2 * x) * 3 + c
        out[(y * sizePx + x) * 3 + c] = (face[at]! + face[at + 3]! + face[at + side * 3]! + face[at + side * 3 + 3]!) / 4
      }
    }
  }
  return out
}

/** One line a person. */
export function describeValidation(validation: Validation): string {
  return PEOPLE.map((person) => {
    const { ssim, error, mean, faces } = validation[person]
    const beaten = ssim > mean.ssim && error < mean.error
    const gain = `${(ssim - mean.ssim).toFixed(3)} SSIM and ${(100 * (1 - error / mean.error)).toFixed(0)} % of the error`
    const verdict = beaten ? `beaten by ${gain}` : 'not beaten yet: train longer'
    return `${person}: SSIM ${ssim.toFixed(3)}, error ${error.toFixed(4)} on ${faces} unseen faces; always the mean face: ${mean.ssim.toFixed(3)}, ${mean.error.toFixed(4)} (${verdict})`
  }).join('\n')
}
