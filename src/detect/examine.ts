import { type Frame, indexForSeeking, type MediaInfo, probeMedia, sampleFrames } from '../media/index.ts'
import type { Picture } from '../picture/picture.ts'
import { readProvenance, type WatermarkFound } from '../provenance/index.ts'
import { type Clock, timed } from '../work/clock.ts'
import { checkInterrupted } from '../work/errors.ts'
import { hashFile } from '../work/hashFile.ts'
import type { WorkOptions } from '../work/progress.ts'
import { fuse } from './fusion.ts'
import { type Examiner, follow, look } from './look.ts'
import { momentOf, standingOut, stretchAround } from './moments.ts'
import type { Detected, FaceCrop, JudgedFace, Judgement, Moment } from './result.ts'
import { type Sampling, sampleEvenly, spread } from './sampling.ts'
import { Strongest } from './strongest.ts'
import { highestByFrame, mostFaces, summarise } from './summary.ts'
import { MarkedFrames } from './watermark.ts'
import { Witnesses } from './witnesses/gather.ts'
import type { Readings } from './witnesses/witness.ts'

/** Frames in which the watermark is looked for; they are held in memory together, and so fewer where they are large. */
const WATERMARK_FRAMES = 6
const WATERMARK_BYTES = 200e6
const CROPS_KEPT = 8

export interface ExamineOptions extends WorkOptions {
  /** About how many frames of a clip to look at. */
  readonly frames: number
  /** Whether to keep the strongest face crops, for a report. */
  readonly keepCrops?: boolean
  /** Whether to look again around the moments that stand out; default: yes. */
  readonly secondLook?: boolean
  /** Adds up what each kind of work takes, for benchmarks. */
  readonly clock?: Clock | undefined
  /** Changes each frame before it is looked at, to measure what wear does. */
  readonly wear?: ((picture: Picture) => Promise<Picture>) | undefined
}

/** What the faces of a file say, and what the judgement was made of. */
export interface Judged {
  readonly judgement: Judgement
  /** What the witnesses read in the even samples. */
  readonly readings: Readings
  /** Strongest first, at most 8. */
  readonly crops: readonly FaceCrop[]
  /** dfk's mark in some of the even samples, where the examiner reads it. */
  readonly watermark: WatermarkFound | undefined
}

export interface Examined {
  readonly detected: Detected
  readonly crops: readonly FaceCrop[]
}

/**
 * Looks for evidence of manipulation in one video or image, and beside it for the provenance that the file carries. `anchors`: authorities whose signatures under
 * manifests are trusted, PEM. Throws DfkError where the file cannot be read, InterruptedError when stopped.
 */
export async function examineFile(
  path: string,
  examiner: Examiner,
  options: ExamineOptions & { readonly anchors?: string | undefined },
): Promise<Examined> {
  const { clock } = options
  const { judgement, crops, watermark } = await examineFaces(path, examiner, options)
  const found = await timed(clock, 'manifest and marks', () => readProvenance(path, options.anchors))
  const detected: Detected = {
    file: path,
    ...judgement,
    provenance: { ...found, watermark },
    sha256: await timed(clock, 'hash', () => hashFile(path, options.signal)),
    detector: examiner.network.calibration.version,
  }
  return { detected, crops }
}

/** The part of examineFile that looks at the faces: evenly over the file, for the probability, then once more around the moments that stand out. */
export async function examineFaces(path: string, examiner: Examiner, options: ExamineOptions): Promise<Judged> {
  const info = await timed(options.clock, 'probe', () => probeMedia(path, options.signal))
  const { calibration } = examiner.network
  const sampling = await sampleEvenly(info, options.frames, options.signal)
  const strongest = new Strongest(options.keepCrops === true ? CROPS_KEPT : 0)
  const even = await lookEvenly(info, sampling, examiner, strongest, options)
  const samples = highestByFrame(even.faces)
  const { probability, testimonies } = fuse(even.readings, info.kind, calibration)
  const again = () => lookAround(info, sampling, even, examiner, strongest, options)
  const around = options.secondLook === false ? { faces: [], moments: [] } : await timed(options.clock, 'second look', again)
  // It was begun with the last of its frames; what is still to be waited for is counted.
  const watermark = await timed(options.clock, 'watermark, the rest of it', () => even.watermark)
  const grounds = { kind: info.kind, probability, band: calibration[info.kind], faces: mostFaces(even.faces), cut: even.cut }
  const judgement: Judgement = {
    kind: info.kind,
    ...summarise(samples, even.examined, grounds),
    witnesses: testimonies,
    faces: [...even.faces, ...around.faces].sort((a, b) => a.frame - b.frame || b.probability - a.probability),
    moments: around.moments,
    framesExamined: even.examined,
    width: info.width,
    height: info.height,
    durationS: info.durationS,
  }
  return { judgement, readings: even.readings, crops: await strongest.encode(calibration), watermark }
}

interface EvenLook {
  readonly faces: readonly JudgedFace[]
  readonly readings: Readings
  readonly examined: number
  /** The end of the clip is missing. */
  readonly cut: boolean
  readonly watermark: Promise<WatermarkFound | undefined>
}

async function lookEvenly(
  info: MediaInfo,
  { stretch, index }: Sampling,
  examiner: Examiner,
  strongest: Strongest,
  { frames, signal, onProgress, wear, clock }: ExamineOptions,
): Promise<EvenLook> {
  const expected = Math.max(1, Math.ceil(info.frames / stretch.every))
  const witnesses = new Witnesses(examiner.analyser, examiner.network.calibration)
  const faces: JudgedFace[] = []
  const marks = new MarkedFrames(spread(expected, watermarkFrames(info)), examiner.watermarks)
  let examined = 0
  let cut = false
  const onCut = () => {
    cut = true
  }
  let found: Awaited<ReturnType<typeof look>>['found'] = []
  for await (const decoded of sampleFrames(info, stretch, { index, onCut, signal })) {
    const frame = await worn(decoded, wear)
    if (frame.index % stretch.every > 0) {
      const before = found
      found = await timed(clock, 'following faces', () => follow(frame, before, examiner))
      await timed(clock, 'witnesses', async () => witnesses.see(frame, found, []))
      continue
    }
    if (examined === 2 * frames) break // the container counts too few
    marks.offer(frame.picture, examined)
    const seen = await look(frame, 'even', examiner, strongest, clock)
    const logits = seen.judged.map(({ logit }) => logit)
    await timed(clock, 'witnesses', async () => witnesses.see(frame, seen.found, logits))
    found = seen.found
    faces.push(...seen.judged)
    examined += 1
    onProgress?.({ done: examined, total: Math.max(expected, examined) })
    checkInterrupted(signal)
  }
  return { faces, readings: witnesses.values(), examined, cut, watermark: marks.found() }
}

function watermarkFrames({ width, height }: MediaInfo): number {
  return Math.max(1, Math.min(WATERMARK_FRAMES, Math.floor(WATERMARK_BYTES / (3 * width * height))))
}

async function worn(frame: Frame, wear: ExamineOptions['wear']): Promise<Frame> {
  return wear === undefined ? frame : { ...frame, picture: await wear(frame.picture) }
}

/** The second look: says more about when, and nothing about how likely, for its times were chosen by their suspicion. */
async function lookAround(
  info: MediaInfo,
  { stretch, index: known }: Sampling,
  { faces: even }: EvenLook,
  examiner: Examiner,
  strongest: Strongest,
  { signal, wear }: ExamineOptions,
): Promise<{ faces: JudgedFace[]; moments: Moment[] }> {
  const faces: JudgedFace[] = []
  const moments: Moment[] = []
  const peaks = standingOut(highestByFrame(even), stretch.every, examiner.network.calibration[info.kind])
  const index = known ?? (peaks.length === 0 ? undefined : await indexForSeeking(info, signal))
  for (const peak of peaks) {
    const near: JudgedFace[] = []
    const timesS: number[] = []
    // That the end is missing was said of the even samples.
    const onCut = () => {}
    for await (const decoded of sampleFrames(info, stretchAround(peak.frame, stretch.every, info.frames), { index, onCut, signal })) {
      checkInterrupted(signal)
      if (decoded.index % stretch.every === 0) continue // an even sample, seen already
      timesS.push(decoded.timeS)
      near.push(...(await look(await worn(decoded, wear), 'around', examiner, strongest)).judged)
    }
    faces.push(...near)
    moments.push(momentOf(peak, near, timesS))
  }
  return { faces, moments }
}
