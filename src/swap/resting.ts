import type { FaceAnalyser } from '../faces/index.ts'
import { type Seen, type Sighting, visibilityOf } from './sighting.ts'
import { apart, between } from './steady.ts'
import type { View } from './view.ts'

/** Farther than this from one frame to the next but one, as a part of the face's height, nobody is taken to move evenly. */
const MOST_MOVED = 0.012

interface Rest {
  readonly analyser: FaceAnalyser
  /** The frame in which somebody rested. */
  readonly view: View
  readonly before: { readonly view: View; readonly timeS: number } | undefined
  readonly frame: { readonly timeS: number }
  /** What was seen in the frame after it; undefined at the end. */
  readonly next: Seen | undefined
}

/** Where somebody is in a frame in which nobody looked: half-way between the frames around it where they hardly moved, else looked for after all. */
export async function settle(one: Sighting, { analyser, view, before, frame, next }: Rest): Promise<Sighting | undefined> {
  const after = next === undefined || next.isCut ? undefined : next.sightings.find(({ id }) => id === one.id)
  if (after !== undefined && before !== undefined && apart(one.landmarks, after.landmarks) < MOST_MOVED) {
    const share = (frame.timeS - before.timeS) / (next!.timeS - before.timeS)
    const { visibility } = after
    return { ...one, landmarks: between(one.landmarks, after.landmarks, share), box: after.box, visibility }
  }
  const face = await analyser.track(view, one.landmarks)
  return face && { ...one, landmarks: face.landmarks, box: face.box, visibility: visibilityOf(face) }
}
