import type { Box } from '../picture/picture.ts'
import type { ProvenanceFound, WatermarkFound } from '../provenance/index.ts'
import type { Verdict } from './calibration.ts'
import type { Testimony } from './witnesses/witness.ts'

/** One face in one of the frames that were looked at. */
export interface JudgedFace {
  /** Number of the frame in the clip, from 0; 0 for a still. */
  readonly frame: number
  readonly timeS: number
  /** `even`: of the samples spread over the clip, which alone make the probability; `around`: of the second look, around the most suspicious of those. */
  readonly sample: 'even' | 'around'
  /** Where the network looked, whole pixels of the picture as displayed. */
  readonly box: Box
  /** Above 0 speaks for manipulation. */
  readonly logit: number
  /** Calibrated probability that this face is manipulated, 0–1, by the network alone. */
  readonly probability: number
}

/** A time at which a sample stood out, and what a second look around it gave. */
export interface Moment {
  readonly frame: number
  readonly timeS: number
  /** First and last frame that were looked at around it. */
  readonly fromS: number
  readonly toS: number
  /** Mean of the highest face in each frame around it, without the sample that stood out: high where it was no accident. Null where none had a face. */
  readonly probability: number | null
}

/** What the file says of itself. Never mixed into the probability. */
export interface Provenance extends ProvenanceFound {
  readonly watermark: WatermarkFound | undefined
}

/** What the faces of a file say. */
export interface Judgement {
  readonly kind: 'video' | 'image'
  /** What the witnesses say together, of the even samples alone; null where no face was found. */
  readonly probability: number | null
  readonly verdict: Verdict
  /** In plain words, where something about the verdict needs saying. */
  readonly note: string | undefined
  /** What each of the witnesses says. */
  readonly witnesses: readonly Testimony[]
  /** In order of time, the most suspicious face of a frame first. */
  readonly faces: readonly JudgedFace[]
  /** Most suspicious first; none in a still, or where nothing stood out. */
  readonly moments: readonly Moment[]
  /** Even samples. */
  readonly framesExamined: number
  readonly framesWithFace: number
  readonly width: number
  readonly height: number
  readonly durationS: number
}

/** What `dfk detect` says of one file. */
export interface Detected extends Judgement {
  readonly file: string
  readonly provenance: Provenance
  /** Of the whole file, hexadecimal. */
  readonly sha256: string
  /** Version of the detector. */
  readonly detector: string
}

/** A face kept for the report. */
export interface FaceCrop extends JudgedFace {
  /** The face, and beside it where in it the evidence is. JPEG. */
  readonly image: Uint8Array
  /** Whether that is all over the face. */
  readonly isAllOver: boolean
}
