import type { FoundFace } from '../../faces/index.ts'
import type { Frame } from '../../media/index.ts'
import type { Readings } from './witness.ts'

/** Collects what the witnesses need, frame by frame, in bounded memory. */
export class Witnesses {
  /**
   * Takes in one frame, in order of time: the faces found in it and the network's logit of each, aligned with `faces`.
   * Frames whose numbers follow on from the last one's (`burst` of decodeFrames) show motion; there `logits` may be empty,
   * and `faces` those of the frame before, followed (FaceAnalyser.track).
   */
  see(_frame: Frame, _faces: readonly FoundFace[], _logits: readonly number[]): void {}

  /** What each witness read in the frames so far. */
  values(): Readings {
    const silent = { silent: 'not built yet' }
    return { network: silent, residual: silent, boundary: silent, temporal: silent, compression: silent }
  }
}
