import type { FaceAnalyser, FoundFace, Landmarks } from '../faces/index.ts'
import type { Box, Picture } from '../picture/picture.ts'
import { RefusedError } from '../work/errors.ts'
import type { ColourTransfer } from './colour.ts'
import { SceneCuts } from './cuts.ts'
import type { FaceChoice, Recogniser } from './identity.ts'
import { FaceMemory } from './look.ts'
import { Steadier } from './steady.ts'

/** Frames after which the detector looks for further faces although all known ones are still followed. */
const LOOK_AGAIN = { target: Number.POSITIVE_INFINITY, largest: 12, all: 4 } as const
/** Frames after which a followed face is recognised anew. */
const RECOGNISE_AGAIN = 25
/** Boxes that overlap more than this are one face. */
const SAME_BOX = 0.35

/** One person's face, followed from frame to frame. */
export interface Track {
  /** Landmarks as found in the last frame. */
  raw: Landmarks
  /** The same, steadied: what the swap uses. */
  landmarks: Landmarks
  box: Box
  readonly steadier: Steadier
  /** What fitting the face remembers of the frames before. */
  readonly memory: FaceMemory
  recognisedAt: number
}

/** A face that is not to be touched, and where it was last. */
interface Stranger {
  box: Box
  seenAt: number
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  return shared / (a.width * a.height + b.width * b.height - shared)
}

function area({ width, height }: Box): number {
  return width * height
}

/** Finds the faces to replace and follows them: the detector where something is new or lost, landmarks alone in between, identity on first sight and every second. */
export class FaceTracker {
  readonly #analyser: FaceAnalyser
  readonly #recogniser: Recogniser
  readonly #choice: FaceChoice
  readonly #colour: ColourTransfer
  readonly #cuts = new SceneCuts()
  #tracks: Track[] = []
  #strangers: Stranger[] = []
  #lookedAt = Number.NEGATIVE_INFINITY
  /** Faces met in all frames that were looked at, replaced or not. */
  facesSeen = 0
  /** Least distance of a face that was left alone to the people who consent. */
  nearest = Number.POSITIVE_INFINITY

  constructor(options: { analyser: FaceAnalyser; recogniser: Recogniser; choice: FaceChoice; colour: ColourTransfer }) {
    this.#analyser = options.analyser
    this.#recogniser = options.recogniser
    this.#choice = options.choice
    this.#colour = options.colour
  }

  /** Faces to replace in the next frame. Throws RefusedError where the choice is a face that no record covers. */
  async next(picture: Picture, index: number, timeS: number): Promise<readonly Track[]> {
    if (this.#cuts.isCut(picture)) {
      this.#tracks = []
      this.#strangers = []
    }
    const followed: Track[] = []
    let isLost = false
    for (const track of this.#tracks) {
      const face = await this.#analyser.track(picture, track.raw)
      if (face !== undefined && (await this.#isStill(picture, face, track, index))) followed.push(this.#advance(track, face, timeS))
      else isLost = true
    }
    this.#tracks = followed
    if (isLost || followed.length === 0 || index - this.#lookedAt >= LOOK_AGAIN[this.#choice]) await this.#look(picture, index, timeS)
    return this.#tracks
  }

  #advance(track: Track, face: FoundFace, timeS: number): Track {
    track.raw = face.landmarks
    track.box = face.box
    track.landmarks = track.steadier.next(face.landmarks, timeS)
    return track
  }

  async #isStill(picture: Picture, face: FoundFace, track: Track, index: number): Promise<boolean> {
    if (index - track.recognisedAt < RECOGNISE_AGAIN) return true
    track.recognisedAt = index
    const { consents, isTarget } = this.#recogniser.recognise(await this.#analyser.descriptor(picture, face.landmarks), true)
    return this.#choice === 'target' ? isTarget : consents
  }

  async #look(picture: Picture, index: number, timeS: number): Promise<void> {
    this.#lookedAt = index
    const found = await this.#analyser.find(picture)
    this.facesSeen += found.length
    if (this.#choice === 'largest') return this.#lookForLargest(picture, found, index, timeS)
    this.#strangers = this.#strangers.filter(({ seenAt }) => index - seenAt < RECOGNISE_AGAIN)
    const candidates: { face: FoundFace; distance: number }[] = []
    for (const face of found) {
      if (this.#tracks.some(({ box }) => overlap(box, face.box) > SAME_BOX)) continue
      const stranger = this.#strangers.find(({ box }) => overlap(box, face.box) > SAME_BOX)
      if (stranger !== undefined) {
        stranger.box = face.box
        continue
      }
      const known = this.#recogniser.recognise(await this.#analyser.descriptor(picture, face.landmarks), false)
      if (this.#choice === 'target' ? known.isTarget : this.#require(known.consents, known.distance)) {
        candidates.push({ face, distance: known.distance })
        continue
      }
      this.nearest = Math.min(this.nearest, known.distance)
      this.#strangers.push({ box: face.box, seenAt: index })
    }
    candidates.sort((a, b) => a.distance - b.distance)
    const room = this.#choice === 'target' ? Math.max(0, 1 - this.#tracks.length) : candidates.length
    for (const { face } of candidates.slice(0, room)) this.#tracks.push(this.#begin(face, index, timeS))
  }

  async #lookForLargest(picture: Picture, found: readonly FoundFace[], index: number, timeS: number): Promise<void> {
    const largest = [...found].sort((a, b) => area(b.box) - area(a.box))[0]
    if (largest === undefined) return
    const followed = this.#tracks.find(({ box }) => overlap(box, largest.box) > SAME_BOX)
    if (followed !== undefined) return
    const known = this.#recogniser.recognise(await this.#analyser.descriptor(picture, largest.landmarks), false)
    this.#require(known.consents, known.distance)
    this.#tracks = [this.#begin(largest, index, timeS)]
  }

  #require(consents: boolean, distance: number): true {
    if (consents) return true
    throw new RefusedError(
      'biometric',
      `expected a record for each face that --face ${this.#choice} replaces but found one that matches none (distance ${distance.toFixed(2)})`,
      { hint: "add that person's record with --consent, or replace the target's face only: --face target" },
    )
  }

  #begin(face: FoundFace, index: number, timeS: number): Track {
    const steadier = new Steadier()
    return {
      raw: face.landmarks,
      landmarks: steadier.next(face.landmarks, timeS),
      box: face.box,
      steadier,
      memory: new FaceMemory({ colour: this.#colour }),
      recognisedAt: index,
    }
  }
}
