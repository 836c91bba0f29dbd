import type { Picture } from '../picture/picture.ts'
import { readWatermark } from '../provenance/index.ts'

/** Whether the swap still says of itself what it is. */
export interface WatermarkDetails {
  /** `read`: the id; `seen`: a mark too worn for its id; `none`. */
  readonly state: 'read' | 'seen' | 'none'
  readonly id: string | null
  /** Frames that were looked at together, and those whose id can be read from them alone. */
  readonly frames: number
  readonly readAlone: number
}

/** Frames that are looked at; they are held in memory together. */
const FRAMES = 6

/** Collects frames evenly over a clip, and reads their watermark. */
export class WatermarkSample {
  readonly #pictures: Picture[] = []
  readonly #stepFrames: number

  constructor(frames: number) {
    this.#stepFrames = frames / FRAMES
  }

  add(index: number, picture: Picture): void {
    if (this.#pictures.length < FRAMES && index >= Math.floor(this.#pictures.length * this.#stepFrames)) this.#pictures.push(picture)
  }

  read(): WatermarkDetails {
    const together = readWatermark(this.#pictures)
    const frames = this.#pictures.length
    if (together === undefined) return { state: 'none', id: null, frames, readAlone: 0 }
    const { id } = together
    const readAlone = id === null ? 0 : this.#pictures.filter((picture) => readWatermark([picture])?.id === id).length
    return { state: id === null ? 'seen' : 'read', id, frames, readAlone }
  }
}
