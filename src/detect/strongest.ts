import { encodePicture } from '../media/index.ts'
import type { Picture } from '../picture/picture.ts'
import { isBeside } from './apart.ts'
import type { FaceCalibration } from './calibration.ts'
import { besideEvidence, isAllOver } from './heat.ts'
import type { FaceCrop, JudgedFace } from './result.ts'

/** A face as the network saw it. */
interface Seen {
  readonly face: JudgedFace
  readonly crop: Picture
  readonly evidence: Float32Array
}

/** Keeps the crops of the highest probability, of neighbouring frames one, so that a long clip costs no more memory than a short one. */
export class Strongest {
  readonly #most: number
  #kept: Seen[] = []

  constructor(most: number) {
    this.#most = most
  }

  offer(seen: Seen): void {
    const beside = this.#kept.filter(({ face }) => isBeside(face, seen.face))
    if (beside.some(({ face }) => face.logit >= seen.face.logit)) return
    this.#kept = [...this.#kept.filter((other) => !beside.includes(other)), seen]
    this.#kept.sort((a, b) => b.face.logit - a.face.logit)
    this.#kept.length = Math.min(this.#kept.length, this.#most)
  }

  /** Strongest first, as JPEG, each beside its evidence. */
  async encode(calibration: FaceCalibration): Promise<FaceCrop[]> {
    return Promise.all(
      this.#kept.map(async ({ face, crop, evidence }) => ({
        ...face,
        isAllOver: isAllOver(evidence, calibration),
        image: await encodePicture(besideEvidence(crop, evidence, calibration), 'jpg', 85),
      })),
    )
  }
}
