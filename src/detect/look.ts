import type { FaceAnalyser, FoundFace } from '../faces/index.ts'
import type { Frame } from '../media/index.ts'
import type { Box, Picture } from '../picture/picture.ts'
import { probabilityOf } from './calibration.ts'
import { cropBox, cropFace } from './crop.ts'
import type { DetectorNetwork } from './network.ts'
import type { JudgedFace } from './result.ts'
import type { Strongest } from './strongest.ts'

/** Faces below this say nothing: the traces of a swap are gone. */
const SMALLEST_FACE_PX = 40
const SMALLEST_FACE_SHARE = 0.04
const MOST_FACES = 40

/** What looks at the faces; opened once for many files. */
export interface Examiner {
  readonly analyser: FaceAnalyser
  readonly network: DetectorNetwork
}

/** What was seen in a frame: the faces, and what the network makes of each. */
export interface Look {
  readonly found: readonly FoundFace[]
  /** Aligned with `found`. */
  readonly judged: readonly JudgedFace[]
}

/** Finds the faces of a frame and has the network judge each; the strongest are kept with where their evidence is. */
export async function look(frame: Frame, sample: JudgedFace['sample'], examiner: Examiner, strongest: Strongest): Promise<Look> {
  const { analyser, network } = examiner
  const found = await analyser.find(frame.picture, { minSizePx: smallestFace(frame.picture), max: MOST_FACES })
  const judged: JudgedFace[] = []
  for (const { landmarks } of found) {
    const crop = cropFace(frame.picture, landmarks)
    const { logit, evidence } = await network.look(crop)
    const probability = probabilityOf(logit, network.calibration)
    const face = { frame: frame.index, timeS: frame.timeS, sample, box: wholePixels(cropBox(landmarks)), logit, probability }
    judged.push(face)
    strongest.offer({ face, crop, evidence })
  }
  return { found, judged }
}

/** The faces of the frame before, where they are in this one; those that are lost are left out. */
export async function follow({ picture }: Frame, faces: readonly FoundFace[], { analyser }: Examiner): Promise<FoundFace[]> {
  const followed: FoundFace[] = []
  for (const { landmarks } of faces) {
    const face = await analyser.track(picture, landmarks)
    if (face !== undefined) followed.push(face)
  }
  return followed
}

function smallestFace({ width, height }: Picture): number {
  return Math.max(SMALLEST_FACE_PX, SMALLEST_FACE_SHARE * Math.max(width, height))
}

function wholePixels({ x, y, width, height }: Box): Box {
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) }
}
