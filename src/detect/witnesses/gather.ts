import type { FaceAnalyser, FoundFace } from '../../faces/index.ts'
import type { Frame } from '../../media/index.ts'
import { mean } from '../../work/statistics.ts'
import { type Calibration, logitAmong } from '../calibration.ts'
import { quantile } from './bands.ts'
import { readBoundary } from './boundary.ts'
import { readCompression } from './compression.ts'
import { readResidual } from './residual.ts'
import { Motion } from './temporal.ts'
import { viewOf } from './view.ts'
import type { Reading, Readings } from './witness.ts'

/** Collects what the witnesses need, frame by frame, in bounded memory: some numbers a frame and the last two faces are kept. */
export class Witnesses {
  readonly #motion: Motion
  readonly #calibration: Pick<Calibration, 'slope'>
  readonly #logits: number[] = []
  readonly #residual: Reading[] = []
  readonly #boundary: Reading[] = []
  readonly #compression: Reading[] = []

  /** `calibration`: of one face, by which several are put together. */
  constructor(analyser: Pick<FaceAnalyser, 'descriptor'>, calibration: Pick<Calibration, 'slope'>) {
    this.#calibration = calibration
    this.#motion = new Motion((picture, landmarks) => analyser.descriptor(picture, landmarks))
  }

  /**
   * Takes in one frame, in order of time: the faces found in it and the network's logit of each, aligned with `faces`. The
   * face with the highest logit is looked at; the network's own reading is of all of them (`logitAmong`). Frames whose numbers follow on from the last one's (`burst` of decodeFrames) show motion; there
   * `logits` may be empty, and `faces` those of the frame before, followed (FaceAnalyser.track).
   */
  async see(frame: Frame, faces: readonly FoundFace[], logits: readonly number[]): Promise<void> {
    const suspect = logits.length === 0 ? undefined : faces[logits.indexOf(Math.max(...logits))]
    const followed = this.#motion.follow(frame, faces) ?? suspect
    if (followed !== undefined) await this.#motion.see(frame, followed, logits.length > 0)
    if (suspect === undefined) return
    this.#logits.push(logitAmong(logits, this.#calibration))
    const view = viewOf(frame.picture, suspect)
    const hidden = { silent: 'Next to nothing of the face is in the picture.' }
    this.#residual.push(view === undefined ? hidden : readResidual(view))
    this.#boundary.push(view === undefined ? hidden : readBoundary(view))
    this.#compression.push(readCompression(frame.picture, suspect))
  }

  /** What each witness read in the frames so far: the middle value over the frames where it could say. */
  values(): Readings {
    if (this.#logits.length === 0) {
      const silent = { silent: 'There is no face to look at.' }
      return { network: silent, residual: silent, boundary: silent, temporal: silent, compression: silent }
    }
    return {
      network: { measures: { logit: mean(this.#logits)! } },
      residual: middle(this.#residual),
      boundary: middle(this.#boundary),
      temporal: this.#motion.read(),
      compression: middle(this.#compression),
    }
  }
}

/** The median of each measure; silent where more than half of the frames are. */
function middle(readings: readonly Reading[]): Reading {
  const spoken = readings.flatMap((reading) => ('measures' in reading ? [reading.measures] : []))
  const mute = readings.find((reading) => 'silent' in reading)
  if (mute !== undefined && spoken.length <= readings.length / 2) return mute
  const names = Object.keys(spoken[0] ?? {})
  return { measures: Object.fromEntries(names.map((name) => [name, quantile(spoken.map((measures) => measures[name]!))])) }
}
