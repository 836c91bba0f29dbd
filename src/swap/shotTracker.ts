import type { FaceAnalyser } from '../faces/index.ts'
import type { FrameOptions } from './shots.ts'
import type { Seen } from './sighting.ts'
import type { FaceTracker } from './track.ts'
import type { View } from './view.ts'

/** What follows the faces of a clip. */
export type Tracker = Pick<FaceTracker, 'next' | 'analyser' | 'facesSeen' | 'nearest'>

/** Ids of one tracker's appearances; another one's come after. */
const IDS = 1_000_000

/** Follows faces with one tracker as long as the same ones are asked for, and with a new one where others are: there a scene ends, as at a cut. */
export class ShotTracker implements Tracker {
  readonly analyser: FaceAnalyser
  readonly #optionsAt: (frame: { index: number; timeS: number }) => FrameOptions
  readonly #begin: (options: FrameOptions) => Tracker
  #key: string | undefined
  #now: Tracker | undefined
  #trackers = 0
  #facesSeen = 0
  #nearest = Number.POSITIVE_INFINITY

  /** `optionsAt`: what is asked for a frame; `begin`: a tracker for faces chosen so. */
  constructor(
    analyser: FaceAnalyser,
    optionsAt: (frame: { index: number; timeS: number }) => FrameOptions,
    begin: (options: FrameOptions) => Tracker,
  ) {
    this.analyser = analyser
    this.#optionsAt = optionsAt
    this.#begin = begin
  }

  get facesSeen(): number {
    return this.#facesSeen + (this.#now?.facesSeen ?? 0)
  }

  get nearest(): number {
    return Math.min(this.#nearest, this.#now?.nearest ?? Number.POSITIVE_INFINITY)
  }

  /** The cast in the next frame; nobody where nothing is asked for. */
  async next(view: View, index: number, timeS: number): Promise<Seen> {
    const options = this.#optionsAt({ index, timeS })
    const { on, choice, threshold, look } = options
    const key = on ? JSON.stringify([choice, threshold, look.colour]) : ''
    const isNew = key !== this.#key
    if (isNew) this.#change(key)
    if (!on) return { index, timeS, isCut: isNew, sightings: [], barred: [] }
    this.#now ??= this.#begin(options)
    const seen = await this.#now.next(view, index, timeS)
    const first = this.#trackers * IDS
    return {
      ...seen,
      isCut: seen.isCut || isNew,
      sightings: seen.sightings.map((each) => ({ ...each, id: each.id + first })),
      resting: seen.resting?.map((each) => ({ ...each, id: each.id + first })),
      barred: seen.barred.map((id) => id + first),
    }
  }

  #change(key: string): void {
    this.#facesSeen = this.facesSeen
    this.#nearest = this.nearest
    this.#now = undefined
    this.#key = key
    this.#trackers += 1
  }
}
