import { encodePicture } from '../media/index.ts'
import type { Picture } from '../picture/picture.ts'
import { highestApart } from './apart.ts'
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
  readonly #kept: Seen[] = []

  constructor(most: number) {
    this.#most = most
  }

  offer(seen: Seen): void {
    this.#kept.push(seen)
    this.#kept.sort((a, b) => b.face.logit - a.face.logit)
    // One that is beside a higher one may be wanted yet, where that one is found to be beside a still higher one.
    const last = this.#chosen().at(this.#most - 1)
    if (last !== undefined) this.#kept.length = this.#kept.indexOf(last) + 1
  }

  #chosen(): Seen[] {
    const faces = highestApart(
      this.#kept.map(({ face }) => face),
      this.#most,
    )
    return faces.map((face) => this.#kept.find((seen) => seen.face === face)!)
  }

  /** Strongest first, as JPEG, each beside its evidence. */
  async encode(calibration: FaceCalibration): Promise<FaceCrop[]> {
    return Promise.all(
      this.#chosen().map(async ({ face, crop, evidence }) => ({
        ...face,
        isAllOver: isAllOver(evidence, calibration),
        image: await encodePicture(besideEvidence(crop, evidence, calibration), 'jpg', 85),
      })),
    )
  }
}
