import type { Landmarks } from '../faces/index.ts'
import type { CastMember } from './cast.ts'
import type { Seen, Sighting } from './sighting.ts'
import { between, STEADY_REACH, steadied } from './steady.ts'

/** A face to be replaced in a frame. */
export interface TrackedFace {
  /** The same for one person's appearance; colours and the like that are averaged over time go by it. */
  readonly id: number
  readonly member: CastMember
  /** Steadied, and filled in where the face was missed for a moment. */
  readonly landmarks: Landmarks
  /** Opacity of the swap, above 0 to 1: it fades at profiles and where a face comes or goes within a scene, never from one frame to the next. */
  readonly strength: number
}

/** Frames in which strength goes from 0 to 1. */
const FADE = 4
/** A face missed for this many frames or fewer is replaced all the same, */
const BRIDGE = 5
/** so strongly in a frame that is this many away from the nearest in which it was seen. */
const UNSEEN = [1, 1, 0.75, 0.5] as const
/** Frames after one that have to be known before it can be drawn: a loss must show as such before the fade begins that ends in it. */
export const LOOK_AHEAD = FADE + BRIDGE - 1
/** Frames before one that have a say in it. */
export const LOOK_BACK = FADE + BRIDGE

/** The frames of a scene around one, by number from it; what lies beyond a cut or an end of the clip is undefined. */
export type Around = (offset: number) => Seen | undefined

interface State {
  readonly landmarks: Landmarks
  readonly visibility: number
}

/** One person's sightings around a frame. */
class Appearance {
  readonly #around: Around
  readonly #id: number

  constructor(around: Around, id: number) {
    this.#around = around
    this.#id = id
  }

  seen(offset: number): Sighting | undefined {
    return this.#around(offset)?.sightings.find(({ id }) => id === this.#id)
  }

  /** The nearest frame at which the face was seen, in steps of `step` from `offset`, at most `most` of them. */
  #nearest(offset: number, step: 1 | -1, most: number): number | undefined {
    for (let k = 1; k <= most; k += 1) if (this.seen(offset + step * k) !== undefined) return offset + step * k
    return undefined
  }

  /** The face at a frame: as seen, or filled in between two that are near; undefined where it is not there, or somebody else is in its place. */
  at(offset: number): State | undefined {
    const seen = this.seen(offset)
    if (seen !== undefined) return seen
    const before = this.#nearest(offset, -1, BRIDGE)
    if (before === undefined) return undefined
    const after = this.#nearest(offset, 1, BRIDGE - (offset - before - 1))
    if (after === undefined) return undefined
    for (let at = before + 1; at < after; at += 1) if (this.#around(at)!.barred.includes(this.#id)) return undefined
    const [last, next] = [this.seen(before)!, this.seen(after)!]
    const landmarks = between(last.landmarks, next.landmarks, (offset - before) / (after - before))
    return { landmarks, visibility: Math.min(last.visibility, next.visibility) * UNSEEN[Math.min(offset - before, after - offset)]! }
  }
}

/** Opacity: as visible as the face is, but never more than 1 / FADE away from what it is a frame earlier or later. */
function strengthOf(face: Appearance, around: Around): number {
  let strength = 1
  for (let offset = 1 - FADE; offset < FADE; offset += 1) {
    if (around(offset) === undefined) continue
    strength = Math.min(strength, (face.at(offset)?.visibility ?? 0) + Math.abs(offset) / FADE)
  }
  return strength
}

/** The faces to replace in frame 0 of `around`, of which LOOK_BACK frames before and LOOK_AHEAD after must be known. */
export function facesAt(around: Around): TrackedFace[] {
  const members = new Map<number, CastMember>()
  for (let offset = -BRIDGE; offset <= 0; offset += 1) for (const { id, member } of around(offset)?.sightings ?? []) members.set(id, member)
  const faces: TrackedFace[] = []
  for (const [id, member] of members) {
    const face = new Appearance(around, id)
    const strength = strengthOf(face, around)
    if (strength <= 0) continue
    const near = Array.from({ length: 2 * STEADY_REACH + 1 }, (_, k) => face.at(k - STEADY_REACH)?.landmarks)
    if (near[STEADY_REACH] !== undefined) faces.push({ id, member, landmarks: steadied(near), strength })
  }
  return faces
}
