import type { FaceAnalyser, FoundFace } from '../faces/index.ts'
import { decodeFrames, type Frame, probeMedia } from '../media/index.ts'
import type { Box, Picture } from '../picture/picture.ts'
import { readProvenance, readWatermark } from '../provenance/index.ts'
import { checkInterrupted } from '../work/errors.ts'
import { hashFile } from '../work/hashFile.ts'
import type { WorkOptions } from '../work/progress.ts'
import { type Calibration, probabilityOf } from './calibration.ts'
import { cropBox, cropFace } from './crop.ts'
import type { DetectorNetwork } from './network.ts'
import type { Detected, FaceCrop, JudgedFace } from './result.ts'
import { samplingStep, spread } from './sampling.ts'
import { Strongest } from './strongest.ts'
import { summarise } from './summary.ts'

/** Faces below this say nothing: the traces of a swap are gone. */
const SMALLEST_FACE_PX = 40
const MOST_FACES = 40
/** Frames in which the watermark is looked for; they are held in memory together. */
const WATERMARK_FRAMES = 6
const CROPS_KEPT = 8

/** What looks at the faces; opened once for many files. */
export interface Examiner {
  readonly analyser: FaceAnalyser
  readonly network: DetectorNetwork
}

export interface ExamineOptions extends WorkOptions {
  /** About how many frames of a clip to look at. */
  readonly frames: number
  /** Whether to keep the strongest face crops, for a report. */
  readonly keepCrops?: boolean
  /** Authorities whose signatures under manifests are trusted, PEM. */
  readonly anchors?: string | undefined
}

export interface Examined {
  readonly detected: Detected
  /** Strongest first, at most 8. */
  readonly crops: readonly FaceCrop[]
}

/**
 * Looks for evidence of manipulation in one video or image: faces in evenly spaced frames, each judged by the detector,
 * and beside it the provenance that the file carries. Throws DfkError where the file cannot be read, InterruptedError when stopped.
 */
export async function examineFile(path: string, { analyser, network }: Examiner, options: ExamineOptions): Promise<Examined> {
  const { signal, onProgress } = options
  const info = await probeMedia(path, signal)
  const every = info.kind === 'image' ? 1 : samplingStep(info.frames, options.frames)
  const expected = Math.max(1, Math.ceil(info.frames / every))
  const forWatermark = spread(expected, WATERMARK_FRAMES)
  const faces: JudgedFace[] = []
  const strongest = new Strongest(options.keepCrops === true ? CROPS_KEPT : 0)
  const marked: Picture[] = []
  let examined = 0
  for await (const frame of decodeFrames(info, { every, signal })) {
    faces.push(...(await judgeFrame(frame, analyser, network, strongest)))
    if (forWatermark.has(examined)) marked.push(frame.picture)
    examined += 1
    onProgress?.({ done: examined, total: expected })
    checkInterrupted(signal)
    if (examined >= 2 * options.frames) break // the container counts too few
  }
  const watermark = readWatermark(marked)
  const detected: Detected = {
    file: path,
    kind: info.kind,
    ...summarise(faces, examined, network.calibration[info.kind]),
    provenance: { ...(await readProvenance(path, options.anchors)), watermark },
    faces,
    framesExamined: examined,
    width: info.width,
    height: info.height,
    durationS: info.durationS,
    sha256: await hashFile(path, signal),
    detector: network.calibration.version,
  }
  return { detected, crops: await strongest.encode() }
}

async function judgeFrame(frame: Frame, analyser: FaceAnalyser, network: DetectorNetwork, strongest: Strongest): Promise<JudgedFace[]> {
  const found = await analyser.find(frame.picture, { minSizePx: smallestFace(frame.picture), max: MOST_FACES })
  const judged: JudgedFace[] = []
  for (const face of found) {
    const crop = cropFace(frame.picture, face.landmarks)
    const one = judge(frame, face, await network.logit(crop), network.calibration)
    judged.push(one)
    strongest.offer(one, crop)
  }
  return judged.sort((a, b) => b.probability - a.probability)
}

function smallestFace({ width, height }: Picture): number {
  return Math.max(SMALLEST_FACE_PX, 0.04 * Math.max(width, height))
}

function judge({ index, timeS }: Frame, { landmarks }: FoundFace, logit: number, calibration: Calibration): JudgedFace {
  return { frame: index, timeS, box: wholePixels(cropBox(landmarks)), probability: probabilityOf(logit, calibration) }
}

function wholePixels({ x, y, width, height }: Box): Box {
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) }
}
