import type { FaceAnalyser, FoundFace, Landmarks } from '../faces/index.ts'
import type { Picture } from '../picture/picture.ts'
import { boxDifference } from './pixels.ts'

/** The face of one frame in both clips; `swap` is undefined where the swapped frame shows none at that place. */
export interface FollowedFace {
  readonly target: FoundFace
  readonly swap: FoundFace | undefined
}

/** Two faces nearer than this part of their size are at the same place. */
const SAME_PLACE = 0.5

function centre({ box }: FoundFace): readonly [number, number] {
  return [box.x + box.width / 2, box.y + box.height / 2]
}

function apart(a: FoundFace, b: FoundFace): number {
  const [ax, ay] = centre(a)
  const [bx, by] = centre(b)
  return Math.hypot(ax - bx, ay - by) / Math.max(a.box.width, a.box.height)
}

/** The face that was swapped: the one that differs most between the clips, or the best found where none differs. */
function changedMost(faces: readonly FoundFace[], target: Picture, swap: Picture): FoundFace | undefined {
  const changes = faces.map(({ box }) => boxDifference(target, swap, box))
  const most = Math.max(...changes)
  return most < 1 ? faces[0] : faces[changes.indexOf(most)]
}

/**
 * Follows the swapped face through both clips. Both are looked at from the same starting region,
 * so that equal pictures give equal landmarks, to the bit. Returns undefined where the target shows no face.
 */
export function followFace(analyser: FaceAnalyser): (target: Picture, swap: Picture) => Promise<FollowedFace | undefined> {
  let seed: Landmarks | undefined
  let last: FoundFace | undefined

  async function findTarget(target: Picture, swap: Picture): Promise<FoundFace | undefined> {
    const faces = await analyser.find(target)
    const near = last === undefined ? undefined : faces.filter((face) => apart(face, last!) < SAME_PLACE)
    return near !== undefined && near.length > 0 ? near[0] : changedMost(faces, target, swap)
  }

  async function findSwap(swap: Picture, face: FoundFace): Promise<FoundFace | undefined> {
    const tracked = await analyser.track(swap, seed!)
    if (tracked !== undefined) return tracked
    return (await analyser.find(swap)).find((other) => apart(other, face) < SAME_PLACE)
  }

  return async (target, swap) => {
    let face = seed === undefined ? undefined : await analyser.track(target, seed)
    if (face === undefined) {
      const found = await findTarget(target, swap)
      if (found === undefined) {
        seed = undefined
        return undefined
      }
      seed = found.landmarks
      face = (await analyser.track(target, seed)) ?? found
    }
    const swapped = await findSwap(swap, face)
    seed = face.landmarks
    last = face
    return { target: face, swap: swapped }
  }
}
