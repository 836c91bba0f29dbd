import type { FaceAnalyser } from '../faces/index.ts'
import type { MediaInfo } from '../media/index.ts'
import { DfkError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { ClipAnalysis, type FrameMeasures } from './analysis.ts'
import { Gallery, type Shown, type Worst } from './gallery.ts'
import type { SourceIdentity } from './identity.ts'
import { type FramePair, inLockstep, type LockstepEnd } from './lockstep.ts'
import type { Part } from './part.ts'
import type { Scores } from './scores.ts'
import { type Identities, identitiesOf, summarise } from './summary.ts'
import type { TraceJudge } from './traces.ts'
import { WatermarkSample } from './watermark.ts'

export interface ScoreOptions extends WorkOptions {
  /** Judge each nth frame; the two after it are looked at too, for steadiness. */
  readonly every: number
  /** Of the target; default: all of it. */
  readonly part?: Part | undefined
  readonly analyser: FaceAnalyser
  /** The detector whose opinion of the swap is asked. */
  readonly traces: TraceJudge
}

/** Everything that the report shows. */
export interface ScoreResult {
  readonly scores: Scores
  readonly frames: readonly FrameMeasures[]
  readonly identities: Identities
  /** Of a logit in `frames`. */
  readonly probabilityOf: TraceJudge['probability']
  readonly worst: Worst
  /** Frames evenly over the clip. */
  readonly typical: readonly Shown[]
  readonly part: Part | undefined
  readonly warnings: readonly string[]
}

const JUDGED_FRAMES = 100
const LEAST_SOURCE_FACES = 8
/** Neighbouring frames that are looked at together: jitter is a second difference. */
const BURST = 3

/** Sampling that judges about 100 frames of a clip: time then does not grow with its length, apart from decoding. */
export function defaultEvery(frames: number): number {
  return Math.max(1, Math.ceil(frames / JUDGED_FRAMES))
}

/** How many frames there are to compare, as far as the files say. */
export function commonFrames(swap: MediaInfo, target: MediaInfo): number {
  return Math.min(swap.frames, target.frames)
}

const KINDS = { image: 'an image', video: 'a video' } as const

/** Throws DfkError where the two files cannot be compared frame by frame. */
export function requireComparable(swap: MediaInfo, target: MediaInfo): void {
  const hint = 'give the clip that the swap was made from, at its own size'
  if (swap.kind !== target.kind) {
    throw new DfkError(
      `expected two clips or two images but ${swap.path} is ${KINDS[swap.kind]} and ${target.path} ${KINDS[target.kind]}`,
      {
        hint,
      },
    )
  }
  if (swap.width === target.width && swap.height === target.height) return
  const size = ({ width, height }: MediaInfo) => `${width}×${height}`
  throw new DfkError(`expected a swap of the target's size, ${size(target)}, but ${swap.path} is ${size(swap)}`, { hint })
}

/** Below this, dB, what lies around the face is not the same picture twice encoded. */
const OTHER_PICTURE_DB = 32

/** What is to be said where one file ended before the other. */
function lengthWarning({ frames, background }: Scores, ended: 'swap' | 'target', part: Part | undefined): string | undefined {
  const compared = `the first ${frames.compared} of both were compared`
  if (part?.by === 'manifest' && ended === 'swap') return undefined // that is how its end is known
  if (part !== undefined) {
    const [short, long] = ended === 'swap' ? ['the swap', 'that part of the target'] : ['that part of the target', 'the swap']
    return `${short} ends before ${long} does: ${compared}`
  }
  const counts = `the swap has ${frames.swap} frames and the target ${frames.target}: ${compared}`
  const isOther = background !== null && background < OTHER_PICTURE_DB
  const likely = isOther ? ` (it probably does: the pictures around the face differ, ${background.toFixed(1)} dB)` : ''
  return ended === 'swap'
    ? `${counts}; if the swap shows a later part, name it with --range, as to dfk swap${likely}`
    : `${counts}, which is right only if they begin together`
}

/** What is to be said where the manifest that names the part speaks of another file. */
function footageWarning({ background }: Scores, part: Part | undefined): string | undefined {
  if (part?.by !== 'manifest' || part.isFootage) return undefined
  const isOther = background !== null && background < OTHER_PICTURE_DB
  const likely = isOther ? ` (it probably does not: the pictures around the face differ, ${background.toFixed(1)} dB)` : ''
  return `the target is not the file that the swap’s manifest names: the part compared is right only if it begins where that does${likely}; --range names another part`
}

function warningsOf(scores: Scores, ended: 'both' | 'swap' | 'target', part: Part | undefined, sourceFaces: number): string[] {
  const { frames } = scores
  const length = ended === 'both' ? undefined : lengthWarning(scores, ended, part)
  const warnings = [length, footageWarning(scores, part)].filter((warning) => warning !== undefined)
  if (frames.lostFace > 0)
    warnings.push(`${frames.lostFace} of ${frames.analysed} frames show no face in the swap where the target has one`)
  if (sourceFaces < LEAST_SOURCE_FACES) warnings.push(`the source has only ${sourceFaces} faces: the identity scale is rough`)
  const { judge } = scores.details.identity
  if (judge.toSource !== null && scores.identity === null) {
    const [own, target] = [judge.ownToSource, judge.targetToSource].map((cosine) => cosine?.toFixed(2))
    warnings.push(
      `source and target are too alike for the recogniser to place the swap between them, as one person’s faces are: cosine to the source ${own} for its own faces, ${target} for the target`,
    )
  }
  return warnings
}

/** Calls `look` for every nth pair of frames (`judged`) and the two after it, and tells how many came before. */
async function walk(
  swap: MediaInfo,
  target: MediaInfo,
  { every, part, signal, onProgress }: ScoreOptions,
  look: (pair: FramePair, done: number, judged: boolean) => Promise<void>,
): Promise<LockstepEnd> {
  const pairs = inLockstep(swap, target, part, signal)
  let done = 0
  try {
    for (;;) {
      const step = await pairs.next()
      if (step.done) return step.value
      const inBurst = done % every
      if (inBurst < BURST) await look(step.value, done, inBurst === 0)
      done += 1
      onProgress?.({ done, total: Math.max(commonFrames(swap, target), done) })
    }
  } finally {
    await pairs.return({ frames: 0, first: 'both' })
  }
}

/** Compares a swap with the clip that it was made from and with the source (see describeSource). Throws DfkError where no common frame shows a face. */
export async function scoreSwap(swap: MediaInfo, target: MediaInfo, source: SourceIdentity, options: ScoreOptions): Promise<ScoreResult> {
  requireComparable(swap, target)
  const { analyser, traces } = options
  const analysis = new ClipAnalysis(analyser, traces)
  const common = commonFrames(swap, target)
  const gallery = new Gallery(common, Math.min(swap.durationS, target.durationS))
  const marks = new WatermarkSample(common)
  const { frames: compared, first: ended } = await walk(swap, target, options, async (pair, done, judged) => {
    marks.add(done, pair.swap)
    gallery.add(analysis, source, await analysis.add(pair, judged), pair, done)
  })
  if (analysis.described.length === 0) {
    const { frames } = analysis
    const what = frames.every(({ face }) => face === 'none')
      ? `${target.path} shows none`
      : `${swap.path} shows none where the target has one`
    throw new DfkError(`expected a face in both clips but ${what} (${frames.length} frames looked at)`, {
      hint: 'check that the files are the ones you mean, or lower --every',
    })
  }
  const identities = identitiesOf(analysis, source)
  const counts = { swap: swap.frames, target: target.frames, compared }
  const scores = summarise(analysis, { identities, source, counts, traces, watermark: marks.read() })
  return {
    scores,
    frames: analysis.frames,
    identities,
    probabilityOf: traces.probability,
    worst: gallery.worst(),
    typical: gallery.typical,
    part: options.part,
    warnings: warningsOf(scores, ended, options.part, source.faces),
  }
}
