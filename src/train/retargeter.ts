import { type AlignedFaces, alignedPoints, headPose, type Landmarks } from '../faces/index.ts'
import { type Displacements, displacementsOf, FIELD_CELLS, type Retargeting, withLeftover } from '../models/retarget.ts'
import { IDENTITY } from '../picture/affine.ts'
import { displace } from '../picture/displace.ts'
import { picturesOf, putIn, toBytes } from '../picture/putIn.ts'
import type { Faceset } from './faceset.ts'
import { eachOf, readFace } from './pictures.ts'
import type { Renderer } from './renderer.ts'
import { type FollowedPair, learnRetargeting, lookedAgain } from './retargeting.ts'
import { pickEvenly } from './split.ts'
import { toUnit } from './unseen.ts'

/** Training faces that a renderer is looked at with, evenly over all. */
const FACES = 160
/** Of fewer nothing is learned: a run that small is a trial. */
const FEWEST = 48
/** Faces that are rendered at a time. */
const AT_A_TIME = 16

/** Learns what a renderer's swaps lack of the target's movement; undefined where there are too few faces for it. */
export type Retargeter = (renderer: Renderer) => Promise<Retargeting | undefined>

interface Sample {
  readonly faces: readonly Uint8Array[]
  readonly masks: readonly Uint8Array[]
  readonly landmarks: readonly Landmarks[]
  /** Of the pictures that the landmarks lie in. */
  readonly sidePx: number
}

/** Landmarks as `picturesOf` shows them, in parts of the side [468, 2]. */
export function inParts(landmarks: Landmarks, sidePx: number): Float32Array {
  return alignedPoints(landmarks, IDENTITY, sidePx)
}

/** Makes a retargeter for the target's training faces, which it reads when it first learns. It draws no random numbers. */
export function openRetargeter({ train }: Faceset, sizePx: number, aligned: AlignedFaces): Retargeter {
  const chosen = pickEvenly(
    Array.from({ length: train.count }, (_, i) => i),
    FACES,
  )
  const read = async (): Promise<Sample> => {
    const faces: Uint8Array[] = []
    const masks: Uint8Array[] = []
    await eachOf(chosen.length, async (i) => {
      const face = await readFace(train, chosen[i]!, sizePx)
      faces[i] = face.rgb
      masks[i] = face.mask
    })
    let sidePx = sizePx
    const found = await inBatches(faces.length, (from, to) => {
      const pictures = picturesOf(toUnit(Buffer.concat(faces.slice(from, to))), sizePx)
      sidePx = pictures[0]!.width
      return aligned.landmarks(pictures)
    })
    const kept = found.flatMap((landmarks, i) => (landmarks ? [{ landmarks, face: faces[i]!, mask: masks[i]! }] : []))
    return {
      faces: kept.map(({ face }) => face),
      masks: kept.map(({ mask }) => mask),
      landmarks: kept.map(({ landmarks }) => landmarks),
      sidePx,
    }
  }
  let known: Promise<Sample> | undefined
  return async (renderer) => {
    if (chosen.length < FEWEST) return undefined
    known ??= read()
    const sample = await known.catch((error: unknown) => {
      known = undefined
      throw error
    })
    // As bytes, since each face is looked at more than once.
    const drawn = await inBatches(sample.faces.length, async (from, to) => {
      const { source } = await renderer.render(toUnit(Buffer.concat(sample.faces.slice(from, to))))
      return [{ rgb: toBytes(source.rgb), mask: toBytes(source.mask) }]
    })
    const look = (displacements?: Displacements) =>
      inBatches(sample.faces.length, async (from, to) => {
        const [faces, masks] = [sample.faces, sample.masks].map((all) => toUnit(Buffer.concat(all.slice(from, to)))) as [
          Float32Array,
          Float32Array,
        ]
        const { rgb, mask } = drawn[from / AT_A_TIME]!
        const near = sample.landmarks.slice(from, to)
        const followed = near.map((landmarks) => inParts(landmarks, sample.sidePx))
        const moved = { rgb: retargeted(toUnit(rgb), displacements, followed, sizePx), mask: toUnit(mask) }
        const found = await aligned.landmarks(picturesOf(putIn({ faces, masks, sizePx }, moved), sizePx), near)
        return found.flatMap((landmarks, i): FollowedPair[] => {
          if (landmarks === undefined) return []
          return [
            {
              followed: followed[i]!,
              rendered: inParts(landmarks, sample.sidePx),
              followedPose: headPose(near[i]!.mesh),
              renderedPose: headPose(landmarks.mesh),
            },
          ]
        })
      })
    const learned = learnRetargeting(await look())
    return learned && lookedAgain(learned, await look(displacementsOf(learned)))
  }
}

async function inBatches<T>(count: number, work: (from: number, to: number) => Promise<readonly T[]>): Promise<T[]> {
  const out: T[] = []
  for (let from = 0; from < count; from += AT_A_TIME) out.push(...(await work(from, Math.min(count, from + AT_A_TIME))))
  return out
}

/** Faces [n, s, s, 3] moved on, their masks left as they are, and so much further where that is known; those whose target shows no landmarks stay. */
export function retargeted(
  rgb: Float32Array,
  displacements: Displacements | undefined,
  points: readonly (Float32Array | undefined)[],
  sizePx: number,
  further: readonly (Float32Array | undefined)[] = [],
): Float32Array {
  if (displacements === undefined) return rgb
  const out = rgb.slice()
  const pixels = sizePx * sizePx
  for (const [i, each] of points.entries()) {
    if (each === undefined) continue
    const field = withLeftover(displacements(each), further[i])
    out.set(displace(rgb.subarray(i * pixels * 3, (i + 1) * pixels * 3), sizePx, 3, field, FIELD_CELLS), i * pixels * 3)
  }
  return out
}
