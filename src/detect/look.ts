import type { FaceAnalyser, FoundFace } from '../faces/index.ts'
import type { Frame } from '../media/index.ts'
import type { Box, Picture } from '../picture/picture.ts'
import { type Clock, timed } from '../work/clock.ts'
import { probabilityOf } from './calibration.ts'
import { cropBox, cropFace } from './crop.ts'
import type { DetectorNetwork } from './network.ts'
import type { JudgedFace } from './result.ts'
import type { Strongest } from './strongest.ts'
import type { WatermarkReader } from './watermark.ts'

/** Faces below this say nothing: the traces of a swap are gone. */
const SMALLEST_FACE_PX = 40
/** Shares of the picture's longer side: the smallest face looked for, the smallest that a look at the whole finds, and the size from which on nobody smaller is expected beside it. */
const [SMALLEST_FACE, SEEN_IN_WHOLE, PORTRAIT] = [0.04, 0.06, 0.1]
const MOST_FACES = 40

/** What looks at the faces; opened once for many files. */
export interface Examiner {
  readonly analyser: FaceAnalyser
  readonly network: DetectorNetwork
  /** Absent where nobody asks for the watermark. */
  readonly watermarks?: WatermarkReader | undefined
}

/** What was seen in a frame: the faces, and what the network makes of each. */
export interface Look {
  readonly found: readonly FoundFace[]
  /** Aligned with `found`. */
  readonly judged: readonly JudgedFace[]
}

/** Finds the faces of a frame and has the network judge each; the strongest are kept with where their evidence is. */
export async function look(
  frame: Frame,
  sample: JudgedFace['sample'],
  { analyser, network }: Pick<Examiner, 'analyser' | 'network'>,
  strongest: Strongest,
  clock?: Clock,
): Promise<Look> {
  const found = await timed(clock, 'finding faces', () => findFaces(frame.picture, analyser))
  const judged: JudgedFace[] = []
  for (const { landmarks } of found) {
    const crop = cropFace(frame.picture, landmarks)
    const { logit, evidence } = await timed(clock, 'network', () => network.look(crop))
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

/** The faces that are large enough to judge. Parts of the picture are looked at from near where there may be small ones: that takes several times as long. */
function findFaces(picture: Picture, analyser: FaceAnalyser): Promise<FoundFace[]> {
  const longest = Math.max(picture.width, picture.height)
  const least = (share: number) => Math.max(SMALLEST_FACE_PX, share * longest)
  const isPortrait = (found: readonly FoundFace[]) =>
    found.length > 0 && found.every(({ box }) => Math.max(box.width, box.height) >= PORTRAIT * longest)
  const finer = least(SMALLEST_FACE) < least(SEEN_IN_WHOLE) ? { minSizePx: least(SMALLEST_FACE), suffices: isPortrait } : undefined
  return analyser.find(picture, { minSizePx: least(SEEN_IN_WHOLE), max: MOST_FACES, ...(finer && { finer }) })
}

function wholePixels({ x, y, width, height }: Box): Box {
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) }
}
