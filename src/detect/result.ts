import type { Box } from '../picture/picture.ts'
import type { ProvenanceFound, WatermarkFound } from '../provenance/index.ts'
import type { Verdict } from './calibration.ts'

/** One face in one of the frames that were looked at. */
export interface JudgedFace {
  /** Number of the frame in the clip, from 0; 0 for a still. */
  readonly frame: number
  readonly timeS: number
  /** Where the network looked, whole pixels of the picture as displayed. */
  readonly box: Box
  /** Calibrated probability that this face is manipulated, 0–1. */
  readonly probability: number
}

/** What the file says of itself. Never mixed into the probability. */
export interface Provenance extends ProvenanceFound {
  readonly watermark: WatermarkFound | undefined
}

/** What `dfk detect` says of one file. */
export interface Detected {
  readonly file: string
  readonly kind: 'video' | 'image'
  /** Mean over frames of the highest face in each; null where no face was found. */
  readonly probability: number | null
  readonly verdict: Verdict
  /** In plain words, where something about the verdict needs saying. */
  readonly note: string | undefined
  readonly provenance: Provenance
  /** In order of time, the most suspicious face of a frame first. */
  readonly faces: readonly JudgedFace[]
  readonly framesExamined: number
  readonly framesWithFace: number
  readonly width: number
  readonly height: number
  readonly durationS: number
  /** Of the whole file, hexadecimal. */
  readonly sha256: string
  /** Version of the detector. */
  readonly detector: string
}

/** A face crop kept for the report. */
export interface FaceCrop extends JudgedFace {
  /** JPEG. */
  readonly image: Uint8Array
}
