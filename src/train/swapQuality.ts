import { type AlignedFaces, cosine, ExpressionTally, headPose, type Landmarks, poseDifference, unit } from '../faces/index.ts'
import type { Picture } from '../picture/picture.ts'
import { correlation, mean } from '../work/statistics.ts'

/** How good the swap of unseen target faces is; null where it cannot be told. */
export interface SwapQuality {
  /** 0: no nearer to the source than the untouched target; 1: as near as the source's own unseen faces. By the pipeline's own recogniser. */
  readonly identity: number | null
  /** Mean L2 norm of the differences in yaw, pitch and roll, degrees. */
  readonly pose: number | null
  /** Landmark movement that was not followed, as a share of the target's own: 0 moves as the target does, 1 is frozen. */
  readonly motion: number | null
  /** Correlation of the opening of the mouth, and of the eyes. */
  readonly mouthR: number | null
  readonly eyesR: number | null
  /** Faces in which landmarks were found in both. */
  readonly faces: number
}

/** What swaps are measured against: aligned pictures of unseen faces, in order of time. */
export interface SwapReference {
  readonly target: readonly Picture[]
  readonly source: readonly Picture[]
  /** Landmarks of the target's faces, in their order; undefined where none are found. */
  readonly targetLandmarks: () => Promise<readonly (Landmarks | undefined)[]>
  /** Mean descriptor of the source's training faces. */
  readonly descriptor: readonly number[]
}

/** Measures swaps of the reference's target faces, given in the same order. */
export type SwapMeter = (swaps: readonly Picture[]) => Promise<SwapQuality>

/** A face whose landmarks were found. */
interface Seen {
  readonly picture: Picture
  readonly landmarks: Landmarks
}

/** Below this distance between "as its own" and "as the target", a scale between them would be noise. */
const LEAST_SPAN = 0.02

const NOTHING: SwapQuality = { identity: null, pose: null, motion: null, mouthR: null, eyesR: null, faces: 0 }

/** Makes a meter; it looks at the reference when it first measures, and once. */
export function swapMeter(faces: AlignedFaces, { target, source, targetLandmarks, descriptor }: SwapReference): SwapMeter {
  const reference = unit(descriptor)
  const likenesses = async (seen: readonly Seen[]) => {
    const described = await faces.descriptors(
      seen.map(({ picture }) => picture),
      seen.map(({ landmarks }) => landmarks),
    )
    return described.map((each) => cosine(each, reference))
  }
  const look = async () => {
    const originals = (await targetLandmarks()).flatMap((landmarks, index) => (landmarks ? [{ index, landmarks }] : []))
    if (originals.length === 0) return undefined
    const own = pair(source, await faces.landmarks(source))
    return {
      originals,
      own: mean(await likenesses(own)),
      untouched: await likenesses(originals.map(({ index, landmarks }) => ({ picture: target[index]!, landmarks }))),
    }
  }
  let known: ReturnType<typeof look> | undefined
  return async (swaps) => {
    known ??= look()
    const before = await known
    if (before === undefined) return NOTHING
    const { originals, own, untouched } = before
    const pictures = originals.map(({ index }) => swaps[index]!)
    const found = await faces.landmarks(
      pictures,
      originals.map(({ landmarks }) => landmarks),
    )
    const kept = found.flatMap((landmarks, i) => (landmarks ? [{ i, picture: pictures[i]!, landmarks }] : []))
    const moved = movement(kept.map(({ i, landmarks }) => ({ target: originals[i]!.landmarks, swap: landmarks })))
    const zero = mean(kept.map(({ i }) => untouched[i]!))
    const reached = mean(await likenesses(kept))
    return { identity: onScale(reached, zero, own), ...moved, faces: kept.length }
  }
}

function pair(pictures: readonly Picture[], landmarks: readonly (Landmarks | undefined)[]): Seen[] {
  return landmarks.flatMap((found, i) => (found ? [{ picture: pictures[i]!, landmarks: found }] : []))
}

/** Where a cosine lies between those that 0 and 1 stand for. */
function onScale(value: number | null, zero: number | null, one: number | null): number | null {
  if (value === null || zero === null || one === null || one - zero < LEAST_SPAN) return null
  return (value - zero) / (one - zero)
}

/** How well swaps move as their targets do. */
export function movement(
  pairs: readonly { readonly target: Landmarks; readonly swap: Landmarks }[],
): Omit<SwapQuality, 'identity' | 'faces'> {
  const tally = new ExpressionTally()
  const each = pairs.map(({ target, swap }) => ({
    pose: poseDifference(headPose(swap.mesh), headPose(target.mesh)).total,
    ...tally.add(target.mesh, swap.mesh),
  }))
  const r = (of: 'mouth' | 'eyes') =>
    correlation(
      each.map((one) => one[of].target),
      each.map((one) => one[of].swap),
    )
  return { pose: mean(each.map(({ pose }) => pose)), motion: tally.summary().motion, mouthR: r('mouth'), eyesR: r('eyes') }
}
