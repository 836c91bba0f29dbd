import type { FrameOptions } from './shots.ts'
import type { FaceTracker, Track } from './track.ts'

/** What follows the faces of a clip. */
export type Tracker = Pick<FaceTracker, 'next' | 'facesSeen' | 'nearest'>

/** Follows faces with one tracker as long as the same ones are asked for, and with a new one where others are. */
export class ShotTracker implements Tracker {
  readonly #optionsAt: (frame: { index: number; timeS: number }) => FrameOptions
  readonly #begin: (options: FrameOptions) => Tracker
  #key = ''
  #now: Tracker | undefined
  #facesSeen = 0
  #nearest = Number.POSITIVE_INFINITY

  /** `optionsAt`: what is asked for a frame; `begin`: a tracker for faces chosen so. */
  constructor(optionsAt: (frame: { index: number; timeS: number }) => FrameOptions, begin: (options: FrameOptions) => Tracker) {
    this.#optionsAt = optionsAt
    this.#begin = begin
  }

  get facesSeen(): number {
    return this.#facesSeen + (this.#now?.facesSeen ?? 0)
  }

  get nearest(): number {
    return Math.min(this.#nearest, this.#now?.nearest ?? Number.POSITIVE_INFINITY)
  }

  /** Faces to replace in the next frame; none where nothing is asked for. */
  async next(picture: Parameters<Tracker['next']>[0], index: number, timeS: number): Promise<readonly Track[]> {
    const options = this.#optionsAt({ index, timeS })
    if (!options.on) {
      this.#end('')
      return []
    }
    const { choice, threshold, colour } = options
    const key = JSON.stringify([choice, threshold, colour])
    if (key !== this.#key) this.#end(key)
    this.#now ??= this.#begin(options)
    return this.#now.next(picture, index, timeS)
  }

  #end(key: string): void {
    this.#facesSeen = this.facesSeen
    this.#nearest = this.nearest
    this.#now = undefined
    this.#key = key
  }
}
