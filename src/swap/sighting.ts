import { type FoundFace, interocular, type Landmarks } from '../faces/index.ts'
import type { Box } from '../picture/picture.ts'
import { ramp } from '../work/ramp.ts'
import type { CastMember } from './cast.ts'

/** A face of the cast as one frame shows it. */
export interface Sighting {
  /** The same for one person's appearance, from frame to frame and over short losses; no other face ever has it. */
  readonly id: number
  readonly member: CastMember
  /** As the network found them. */
  readonly landmarks: Landmarks
  readonly box: Box
  /** How well it can be replaced, 0–1: less the further the head is turned or covered. */
  readonly visibility: number
}

/** What the tracker saw in a frame. */
export interface Seen {
  readonly index: number
  readonly timeS: number
  /** Whether another scene begins here. */
  readonly isCut: boolean
  readonly sightings: readonly Sighting[]
  /** Those who were not looked for since they hardly move: as they were in the frame before. The frame after tells where they are. */
  readonly resting?: readonly Sighting[] | undefined
  /** Ids of those in whose place somebody else's face was seen: nothing must be drawn there. */
  readonly barred: readonly number[]
}

/** Degrees of yaw from which a face fades, and beyond which it is left alone. A choice, not a measurement: no footage at hand turns further than 54°. */
const YAW = [52, 70] as const
/** The landmark network's confidence stayed at .99 and more until a slab hid half of a face (.86 there from the side), and it lost the face at 60 %: one face, one slab. */
const CONFIDENCE = [0.8, 0.97] as const
/** Eyes nearer together than this, px, are not worth replacing. */
const SMALLEST_PX = 5

/** How well a face can be replaced, 0–1. */
export function visibilityOf({ landmarks, pose }: FoundFace): number {
  if (interocular(landmarks.mesh) < SMALLEST_PX) return 0
  return (1 - ramp(Math.abs(pose.yaw), YAW)) * ramp(landmarks.confidence, CONFIDENCE)
}
