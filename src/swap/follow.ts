import type { FaceAnalyser, FoundFace, Landmarks, Part } from '../faces/index.ts'
import { grown } from '../picture/boxes.ts'
import type { Box } from '../picture/picture.ts'
import { cropPicture } from '../picture/resize.ts'
import { type Cast, type CastMember, isStill } from './cast.ts'
import { faceBox, likeness, patchOf } from './likeness.ts'
import { visibilityOf } from './sighting.ts'
import { landmarksInPart, landmarksInWhole, type View } from './view.ts'

/** Frames, by number, at which everybody is recognised anew: fixed, so that trackers that began at different frames agree. */
const RECOGNISE_EVERY = 25
/** Frames whose looks are remembered. */
const PATCHES = 5
/** A face less like the frame before, or like five frames before, is recognised at once: somebody may have passed. In three clips of one face each, neighbours had .85 at the least and frames five apart .52, .70 in 99 of 100: that costs a look now and then. */
const UNLIKE_LAST = 0.8
const UNLIKE_LATELY = 0.65
/** Degrees of yaw beyond which a descriptor says little, so that nobody is given up for it unless something else is odd. */
const MOST_YAW = 40

/** Pixels across a face's surroundings from which the recogniser takes its 150 px. */
const DESCRIBED_PX = 320

/** Somebody who is followed. */
export interface Followed {
  readonly id: number
  readonly member: CastMember
  landmarks: Landmarks
  box: Box
  /** Looks of the last frames, newest last. */
  patches: Float32Array[]
  /** Whether another face was near, so that they may have been exchanged. */
  isCrossed: boolean
  /** Whether the last frame showed the whole face, from before and uncovered. */
  isClear: boolean
}

/** A face that is at least so like itself where it was a frame before may rest for one frame; one that is so like itself is the same picture again. */
const RESTING = 0.97
const REPEATED = 0.9999

/** Whether somebody need not be looked for in this frame: every other one, while a clear face hardly moves (`rests`), or the frame is one shown again (`stays`). */
export function restOf(view: View, one: Followed, index: number): 'looks' | 'rests' | 'stays' {
  if (index % 2 === 0 || index % RECOGNISE_EVERY === 0 || one.isCrossed || !one.isClear) return 'looks'
  const patch = patchOf(view, one.landmarks)
  const like = likeness(patch, one.patches.at(-1)!)
  if (like < RESTING) return 'looks'
  one.patches = [...one.patches, patch].slice(-PATCHES)
  return like > REPEATED ? 'stays' : 'rests'
}

/** Who looks, and for whom. */
export interface Watch {
  readonly analyser: FaceAnalyser
  readonly cast: Cast
}

async function isTheirs({ analyser, cast }: Watch, view: View, { member }: Followed, { landmarks }: FoundFace): Promise<boolean> {
  return isStill(member, cast.members, await describeFace(analyser, view, landmarks))
}

/** Descriptor of a face, of which only its surroundings are made. */
export function describeFace(analyser: FaceAnalyser, view: View, landmarks: Landmarks): Promise<Float32Array> {
  const part = view.part(faceBox(landmarks), DESCRIBED_PX)
  return analyser.descriptor(part.picture, landmarksInPart(landmarks, part))
}

/** What was found where somebody was: their face, nothing, or somebody else's. */
export type Outcome = FoundFace | 'nothing' | 'other'

/** The face in the next frame. */
export async function followFace({ analyser, cast }: Watch, view: View, one: Followed, index: number): Promise<Outcome> {
  const face = await analyser.track(view, one.landmarks)
  if (face === undefined) return 'nothing'
  const patch = patchOf(view, face.landmarks)
  const isOdd = one.isCrossed || likeness(patch, one.patches.at(-1)!) < UNLIKE_LAST || likeness(patch, one.patches[0]!) < UNLIKE_LATELY
  const isDue = index % RECOGNISE_EVERY === 0 && Math.abs(face.pose.yaw) < MOST_YAW
  if ((isOdd || isDue) && !(await isTheirs({ analyser, cast }, view, one, face))) return 'other'
  one.landmarks = face.landmarks
  one.box = face.box
  one.isClear = visibilityOf(face) === 1
  one.patches = [...one.patches, patch].slice(-PATCHES)
  return face
}

/** The part of a frame around a face, cut out: the detector takes as long as what it is given is large beside the face. */
function surroundings(view: View, box: Box): Part {
  const { picture, x, y } = view.part(grown(box, 1))
  const around = grown(box, 1)
  const [left, top] = [Math.max(0, Math.floor(around.x - x)), Math.max(0, Math.floor(around.y - y))]
  const width = Math.min(picture.width, Math.ceil(around.x + around.width - x)) - left
  const height = Math.min(picture.height, Math.ceil(around.y + around.height - y)) - top
  // Without a number of pixels asked for, a part is as fine as the whole.
  if (width < 1 || height < 1) return { picture, x, y, step: 1 }
  return { picture: cropPicture(picture, { x: left, y: top, width, height }), x: x + left, y: y + top, step: 1 }
}

/** Looks for somebody lost where they were: where the landmarks lay, then with the detector around it. Only a face that is recognised counts. */
export async function findAgain(watch: Watch, view: View, lost: Followed, withDetector: boolean): Promise<Outcome> {
  const isThem = (face: FoundFace) => isTheirs(watch, view, lost, face)
  const same = await watch.analyser.track(view, lost.landmarks)
  if (same !== undefined && (await isThem(same))) return same
  const none = same === undefined ? 'nothing' : 'other'
  if (!withDetector) return none
  const part = surroundings(view, lost.box)
  const { picture, x, y, step } = part
  const size = Math.max(lost.box.width, lost.box.height)
  for (const face of await watch.analyser.find(picture, { minSizePx: size / 2 / step })) {
    const { width, height } = face.box
    const box = { x: face.box.x * step + x, y: face.box.y * step + y, width: width * step, height: height * step }
    const moved = { ...face, landmarks: landmarksInWhole(face.landmarks, part), box }
    if (await isThem(moved)) return moved
  }
  return none
}
