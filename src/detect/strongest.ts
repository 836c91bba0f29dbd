import { encodePicture } from '../media/index.ts'
import type { Picture } from '../picture/picture.ts'
import type { FaceCrop, JudgedFace } from './result.ts'

/** Keeps the crops of the highest probability, so that a long clip costs no more memory than a short one. */
export class Strongest {
  readonly #most: number
  readonly #kept: { face: JudgedFace; crop: Picture }[] = []

  constructor(most: number) {
    this.#most = most
  }

  offer(face: JudgedFace, crop: Picture): void {
    this.#kept.push({ face, crop })
    this.#kept.sort((a, b) => b.face.probability - a.face.probability)
    this.#kept.length = Math.min(this.#kept.length, this.#most)
  }

  /** Strongest first, as JPEG. */
  async encode(): Promise<FaceCrop[]> {
    return Promise.all(this.#kept.map(async ({ face, crop }) => ({ ...face, image: await encodePicture(crop, 'jpg', 85) })))
  }
}
