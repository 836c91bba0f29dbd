import type { EyeDetails } from './eyes.ts'
import type { TraceDetails } from './traces.ts'
import type { WatermarkDetails } from './watermark.ts'

/** One recogniser's view of the identity. Cosines of descriptors; shares and scales as in docs/score.md. */
export interface IdentityDetails {
  readonly network: string
  readonly scale: number | null
  readonly toSource: number | null
  readonly toTarget: number | null
  readonly ownToSource: number
  readonly targetToSource: number
  /** Share of frames nearer to the source than to the target, 0–1. */
  readonly nearerSource: number | null
  /** Identity retrieval: share of frames whose nearest in the gallery (source, target, the other people given) is the source, 0–1. */
  readonly rank1: number | null
}

/** The result of `dfk score`: five plain numbers and what stands behind them. Null: cannot be told from these files. */
export interface Scores {
  /** 0 = the untouched target, 1 = as like the source as its own frames are, by the independent recogniser. */
  readonly identity: number | null
  /** Mean L2 difference of yaw, pitch and roll, degrees. */
  readonly pose: number | null
  /** Root mean square landmark error without pose, place, size and either face's own shape, in interocular distances; null for an image. */
  readonly expression: number | null
  /** Landmark jitter over the original's; 1 = as steady. */
  readonly temporal: number | null
  /** Median PSNR outside the face and the strip of the visible label, dB; 99 = no difference. */
  readonly background: number | null
  readonly frames: {
    readonly swap: number
    readonly target: number
    readonly compared: number
    readonly analysed: number
    readonly judged: number
    /** Analysed frames in which the target shows a face and the swap none at its place. */
    readonly lostFace: number
    readonly noFace: number
  }
  readonly details: {
    readonly identity: {
      readonly judge: IdentityDetails
      readonly pipeline: IdentityDetails
      readonly sourceFaces: number
      /** People among whom the source is to be found: source, target and those given. */
      readonly gallery: number
    }
    readonly pose: { readonly p95: number | null; readonly yaw: number | null; readonly pitch: number | null; readonly roll: number | null }
    readonly expression: {
      /** Mean landmark distance with the faces' shapes left in, and its 95th percentile over the frames. */
      readonly withShape: number | null
      readonly withShapeP95: number | null
      readonly motion: number | null
      readonly position: number | null
      readonly mouthR: number | null
      readonly eyesR: number | null
    }
    readonly lips: {
      /** Mean difference of the gap between the lips, in interocular distances. */
      readonly error: number | null
      /** F1 score of the frames with closed lips. */
      readonly closedF1: number | null
    }
    /** By the iris network: eye aspect ratio, and where the eyes look, degrees. */
    readonly eyes: EyeDetails['eyes']
    readonly gaze: EyeDetails['gaze']
    /** Each over the original's; `slip`: the warping error over the gradient. */
    readonly temporal: { readonly jitter: number | null; readonly warping: number | null; readonly slip: number | null }
    readonly background: { readonly pooled: number | null; readonly near: number | null; readonly far: number | null }
    readonly appearance: { readonly sharpness: number | null; readonly rimColour: number | null }
    /** Null where no detector looked. */
    readonly detection: TraceDetails | null
    /** Null where nobody looked. */
    readonly watermark: WatermarkDetails | null
  }
}
