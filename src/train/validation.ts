import { PEOPLE, type Person } from '../models/generator.ts'
import type { Faceset } from './faceset.ts'
import { type Likeness, likeness } from './quality.ts'
import type { Renderer } from './renderer.ts'

/** How well one person's held-out faces are rendered, beside always showing the mean training face. */
interface PersonValidation extends Likeness {
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
    const { heldOut, meanFace } = facesets[person]
    const real = toUnit(heldOut.faces)
    const masks = toUnit(heldOut.masks)
    const made = (await renderer.render(real))[person].rgb
    const mean = toUnit(meanFace.data)
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

/** One line a person. */
export function describeValidation(validation: Validation): string {
  return PEOPLE.map((person) => {
    const { ssim, error, sharpness, mean, faces } = validation[person]
    const beaten = ssim > mean.ssim && error < mean.error
    const gain = `${(ssim - mean.ssim).toFixed(3)} SSIM and ${(100 * (1 - error / mean.error)).toFixed(0)} % of the error`
    const verdict = beaten ? `beaten by ${gain}` : 'not beaten yet: train longer'
    return `${person}: SSIM ${ssim.toFixed(3)}, error ${error.toFixed(4)}, sharpness ${sharpness.toFixed(2)} on ${faces} unseen faces; always the mean face: ${mean.ssim.toFixed(3)}, ${mean.error.toFixed(4)} (${verdict})`
  }).join('\n')
}
