import type { AlignedFaces } from '../faces/index.ts'
import { PEOPLE, type Person } from '../models/generator.ts'
import { displacementsOf, leftoverOf, type Retargeting } from '../models/retarget.ts'
import type { Picture } from '../picture/picture.ts'
import { picturesOf, putIn } from '../picture/putIn.ts'
import type { Faceset } from './faceset.ts'
import { type Likeness, likeness } from './quality.ts'
import type { Renderer } from './renderer.ts'
import { inParts, retargeted } from './retargeter.ts'
import { type SwapQuality, swapMeter } from './swapQuality.ts'
import { toUnit, type Unseen, unseenOf } from './unseen.ts'

/** How well one person's held-out faces are rendered, beside always showing the mean training face. */
interface PersonValidation extends Likeness {
  readonly faces: number
  readonly mean: Likeness
}

export interface Validation extends Record<Person, PersonValidation> {
  /** The target's held-out faces drawn by the source's decoder. */
  readonly swap: SwapQuality
}

/** Measures what a renderer makes of unseen faces, and its swaps as `dfk swap` moves them on. */
export type Validator = (renderer: Renderer, retargeting: Retargeting | undefined) => Promise<Validation>

/** Makes a validator; what does not change in training is measured once. It draws no random numbers and keeps no weights. */
export function openValidator(facesets: Record<Person, Faceset>, descriptor: readonly number[], faces: AlignedFaces): Validator {
  const unseen = { source: unseenOf(facesets.source.heldOut), target: unseenOf(facesets.target.heldOut) }
  const mean = { source: meanLikeness(facesets.source, unseen.source), target: meanLikeness(facesets.target, unseen.target) }
  const { sizePx } = unseen.target
  const pictures = { source: picturesOf(unseen.source.faces, sizePx), target: picturesOf(unseen.target.faces, sizePx) }
  let found: ReturnType<AlignedFaces['landmarks']> | undefined
  const targetLandmarks = () => {
    found ??= faces.landmarks(pictures.target)
    return found
  }
  const meter = swapMeter(faces, { ...pictures, targetLandmarks, descriptor })
  /** What is left to move of faces that were moved on, as `dfk swap` finds it, without other frames to average with: by the network that then judges, so that `dfk score`, which sees the clip, has the last word. */
  const leftOf = async (
    moved: readonly Picture[],
    points: readonly (Float32Array | undefined)[],
    leftover: NonNullable<ReturnType<typeof leftoverOf>>,
  ) => {
    const near = await targetLandmarks()
    const known = moved.flatMap((picture, i) => (near[i] === undefined ? [] : [{ i, picture, landmarks: near[i] }]))
    const seenAgain = await faces.landmarks(
      known.map(({ picture }) => picture),
      known.map(({ landmarks }) => landmarks),
    )
    const left: (Float32Array | undefined)[] = moved.map(() => undefined)
    for (const [n, { i, picture }] of known.entries()) {
      const seen = seenAgain[n]
      if (seen !== undefined) left[i] = leftover(points[i]!, inParts(seen, picture.width))
    }
    return left
  }
  return async (renderer, retargeting) => {
    const rendered = { source: await renderer.render(unseen.source.faces), target: await renderer.render(unseen.target.faces) }
    const [source, target] = PEOPLE.map((person) => {
      const { faces: real, masks, count } = unseen[person]
      return { faces: count, ...likeness(rendered[person][person].rgb, real, masks, sizePx), mean: mean[person] }
    }) as [PersonValidation, PersonValidation]
    const { rgb, mask } = rendered.target.source
    const points = (await targetLandmarks()).map((landmarks, i) => landmarks && inParts(landmarks, pictures.target[i]!.width))
    const displacements = retargeting && displacementsOf(retargeting)
    const leftover = retargeting && leftoverOf(retargeting)
    const shown = (further?: (Float32Array | undefined)[]) =>
      picturesOf(putIn(unseen.target, { rgb: retargeted(rgb, displacements, points, sizePx, further), mask }), sizePx)
    const moved = shown()
    const swap = leftover === undefined ? moved : shown(await leftOf(moved, points, leftover))
    return { source, target, swap: await meter(swap) }
  }
}

/** How like the unseen faces the mean training face is: what a network must beat. */
function meanLikeness({ meanFace }: Faceset, { faces, masks, count, sizePx }: Unseen): Likeness {
  const mean = toUnit(meanFace.data)
  const always = new Float32Array(faces.length)
  for (let i = 0; i < count; i += 1) always.set(mean, i * mean.length)
  return likeness(always, faces, masks, sizePx)
}
