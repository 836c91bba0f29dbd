import type { DetectOptions, FaceAnalyser, FoundFace } from '../faces/index.ts'
import { area, overlap } from '../picture/boxes.ts'
import type { Box } from '../picture/picture.ts'
import { RefusedError } from '../work/errors.ts'
import { assign, type Cast, type CastMember, nearest } from './cast.ts'
import { SceneCuts } from './cuts.ts'
import { describeFace, type Followed, findAgain, followFace, restOf, type Watch } from './follow.ts'
import { patchOf } from './likeness.ts'
import { type Seen, type Sighting, visibilityOf } from './sighting.ts'
import type { View } from './view.ts'

/** Frames, by number, at which the detector looks over the whole picture: for whoever of the cast is not in it; for anybody. */
const LOOK_EVERY = { target: 4, largest: 12, all: 4 } as const
/** Of those, the ones at which it looks for small faces too, which takes up to ten times as long. */
const LOOK_CLOSELY_EVERY = 24
/** Part of the longer side that a face must have to be found at the other ones. */
const EASY_PART = 1 / 17
/** Frames for which somebody lost is looked for where they were; at each of the first few with the detector. */
const SEARCH_FRAMES = 24
const SEARCH_CLOSELY_FRAMES = 8
/** Boxes that overlap more than this are one face; than this, two that may be exchanged. */
const SAME_BOX = 0.35
const NEAR_BOX = 0.03
/** A face must be this many times larger than the one replaced to be the largest instead. */
const LARGER = 1.25

interface Lost {
  readonly one: Followed
  readonly since: number
}

/** Somebody who is not to be touched, and where they were last. */
interface Stranger {
  box: Box
  readonly until: number
}

/** Those who were not looked for in a frame. */
interface Unmoved {
  readonly rests: Followed[]
  readonly stays: Followed[]
}

/** Somebody who was not looked for: a clear face, where it was. */
function asBefore({ id, member, landmarks, box }: Followed): Sighting {
  return { id, member, landmarks, box, visibility: 1 }
}

/**
 * Finds the cast and follows it: the detector where somebody is missing, landmarks alone in between, identity on first sight, every 25th frame and
 * whenever a face looks otherwise than just before. Nothing that it remembers is older than 25 frames, but for who the largest is.
 */
export class FaceTracker implements Watch {
  readonly analyser: FaceAnalyser
  readonly cast: Cast
  readonly #cuts = new SceneCuts()
  #followed: Followed[] = []
  #lost: Lost[] = []
  #strangers: Stranger[] = []
  #ids = 0
  #isFirst = true
  /** Faces met in all frames that were looked at, replaced or not. */
  facesSeen = 0
  /** Least distance of a face that was left alone to the people who consent. */
  nearest = Number.POSITIVE_INFINITY

  constructor({ analyser, cast }: { analyser: FaceAnalyser; cast: Cast }) {
    this.analyser = analyser
    this.cast = cast
  }

  /** The cast in the next frame. Throws RefusedError where the choice is a face that no record covers. */
  async next(view: View, index: number, timeS: number): Promise<Seen> {
    const isCut = this.#cuts.isCut(view)
    if (isCut) {
      this.#followed = []
      this.#lost = []
      this.#strangers = []
    }
    this.#strangers = this.#strangers.filter(({ until }) => index < until)
    const faces = new Map<Followed, FoundFace>()
    const barred = new Set<number>()
    const unmoved: Unmoved = { rests: [], stays: [] }
    await this.#follow(view, index, faces, barred, unmoved)
    await this.#search(view, index, faces, barred)
    if (isCut || this.#isFirst || this.#isTimeToLook(index)) {
      const closely = isCut || this.#isFirst || index % LOOK_CLOSELY_EVERY === 0
      await this.#look(view, index, closely ? {} : { minSizePx: Math.max(24, EASY_PART * Math.max(view.width, view.height)) }, faces)
    }
    this.#isFirst = false
    this.#markCrossings()
    const sightings = [...faces].map(
      ([{ id, member }, face]): Sighting => ({ id, member, landmarks: face.landmarks, box: face.box, visibility: visibilityOf(face) }),
    )
    const { rests, stays } = unmoved
    return { index, timeS, isCut, sightings: [...sightings, ...stays.map(asBefore)], resting: rests.map(asBefore), barred: [...barred] }
  }

  #isTimeToLook(index: number): boolean {
    const { choice, members } = this.cast
    if (index % LOOK_EVERY[choice] !== 0) return choice === 'largest' && this.#followed.length === 0 && index % 4 === 0
    return choice !== 'target' || this.#followed.length < members.length
  }

  async #follow(view: View, index: number, faces: Map<Followed, FoundFace>, barred: Set<number>, unmoved: Unmoved): Promise<void> {
    for (const one of this.#followed) {
      const rest = restOf(view, one, index)
      if (rest !== 'looks') {
        unmoved[rest].push(one)
        continue
      }
      const face = await followFace(this, view, one, index)
      const isTaken = typeof face === 'object' && [...faces.values()].some(({ box }) => overlap(box, face.box) > SAME_BOX)
      if (typeof face === 'object' && !isTaken) faces.set(one, face)
      else {
        this.#lost.push({ one, since: index })
        if (face !== 'nothing') barred.add(one.id)
      }
    }
    this.#followed = this.#followed.filter((one) => faces.has(one) || unmoved.rests.includes(one) || unmoved.stays.includes(one))
  }

  async #search(view: View, index: number, faces: Map<Followed, FoundFace>, barred: Set<number>): Promise<void> {
    const still: Lost[] = []
    for (const lost of this.#lost) {
      const frames = index - lost.since
      if (frames > SEARCH_FRAMES) continue
      const face = await findAgain(this, view, lost.one, frames < SEARCH_CLOSELY_FRAMES || frames % 4 === 0)
      if (typeof face !== 'object' || this.#holder(face.box) !== undefined) {
        still.push(lost)
        if (face !== 'nothing') barred.add(lost.one.id)
      } else this.#take(view, face, lost.one.member, faces, lost.one.id)
    }
    this.#lost = still
  }

  #holder(box: Box): Followed | undefined {
    return this.#followed.find((one) => overlap(one.box, box) > SAME_BOX)
  }

  /** Begins or goes on to follow a face. */
  #take(view: View, face: FoundFace, member: CastMember, faces: Map<Followed, FoundFace>, id: number): void {
    const { landmarks, box } = face
    const one: Followed = { id, member, landmarks, box, patches: [patchOf(view, landmarks)], isCrossed: false, isClear: false }
    this.#followed.push(one)
    faces.set(one, face)
  }

  async #look(view: View, index: number, how: DetectOptions, faces: Map<Followed, FoundFace>): Promise<void> {
    const found = await this.analyser.find(view.whole(), how)
    this.facesSeen += found.length
    const wanted = this.cast.choice === 'largest' ? this.#largest(found, faces) : found
    const unknown = wanted.filter(({ box }) => this.#holder(box) === undefined && !this.#isStranger(box))
    const descriptors: Float32Array[] = []
    for (const { landmarks } of unknown) descriptors.push(await describeFace(this.analyser, view, landmarks))
    const members = assign(
      descriptors,
      this.cast.members.filter((member) => !this.#followed.some((one) => one.member === member)),
    )
    for (const [i, face] of unknown.entries()) {
      const member = members[i]
      if (member === undefined) this.#leave(face, descriptors[i]!, index)
      else {
        const lost = this.#lost.find(({ one }) => one.member === member)
        this.#lost = this.#lost.filter((other) => other !== lost)
        this.#take(view, face, member, faces, lost?.one.id ?? this.#ids++)
      }
    }
  }

  /** The largest face where it is another than the one replaced, which is let go. */
  #largest(found: readonly FoundFace[], faces: Map<Followed, FoundFace>): FoundFace[] {
    const largest = [...found].sort((a, b) => area(b.box) - area(a.box))[0]
    const current = this.#followed[0]
    if (largest === undefined || (current !== undefined && area(largest.box) < LARGER * area(current.box))) return []
    if (current === undefined || this.#holder(largest.box) === current) return current === undefined ? [largest] : []
    this.#followed = []
    faces.delete(current)
    return [largest]
  }

  #isStranger(box: Box): boolean {
    const known = this.#strangers.find((stranger) => overlap(stranger.box, box) > SAME_BOX)
    if (known !== undefined) known.box = box
    return known !== undefined
  }

  #leave({ box }: FoundFace, descriptor: Float32Array, index: number): void {
    const { choice, members } = this.cast
    const distance = nearest(members, descriptor)
    const isCovered = members.some((member) => distance <= member.record.record.biometric.threshold)
    if (choice !== 'target' && !isCovered)
      throw new RefusedError(
        'biometric',
        `expected a record for each face that --face ${choice} replaces but found one that matches none (distance ${distance.toFixed(2)})`,
        { hint: "add that person's record with --consent, or replace the target's face only: --face target" },
      )
    this.nearest = Math.min(this.nearest, distance)
    this.#strangers.push({ box, until: (Math.floor(index / LOOK_CLOSELY_EVERY) + 1) * LOOK_CLOSELY_EVERY })
  }

  /** Faces that come near each other, or near a stranger, are recognised in the frames after it. */
  #markCrossings(): void {
    for (const one of this.#followed) {
      const isNear = (box: Box) => overlap(one.box, box) > NEAR_BOX
      one.isCrossed = this.#followed.some((other) => other !== one && isNear(other.box)) || this.#strangers.some(({ box }) => isNear(box))
    }
  }
}
