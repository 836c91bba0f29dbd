import type { FaceAnalyser } from '../faces/index.ts'
import type { MediaInfo } from '../media/index.ts'
import { DfkError } from '../work/errors.ts'
import type { WorkOptions } from '../work/progress.ts'
import { ClipAnalysis, type FrameMeasures } from './analysis.ts'
import { Gallery, type Shown, type Worst } from './gallery.ts'
import type { SourceIdentity } from './identity.ts'
import { type FramePair, inLockstep, type LockstepEnd } from './lockstep.ts'
import type { Scores } from './scores.ts'
import { type Identities, identitiesOf, summarise } from './summary.ts'
import type { TraceJudge } from './traces.ts'
import { WatermarkSample } from './watermark.ts'

export interface ScoreOptions extends WorkOptions {
  /** Judge each nth frame; the two after it are looked at too, for steadiness. */
  readonly every: number
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

function warningsOf(scores: Scores, ended: 'both' | 'swap' | 'target', sourceFaces: number): string[] {
  const { frames } = scores
  const warnings: string[] = []
  if (ended !== 'both') {
    const [short, long] = ended === 'swap' ? ['swap', 'target'] : ['target', 'swap']
    warnings.push(
      `the ${short} has ${frames.compared} frames and the ${long} more (${frames.swap} against ${frames.target}): only the common ones were compared`,
    )
  }
  if (frames.lostFace > 0)
    warnings.push(`${frames.lostFace} of ${frames.analysed} frames show no face in the swap where the target has one`)
  if (sourceFaces < LEAST_SOURCE_FACES) warnings.push(`the source has only ${sourceFaces} faces: the identity scale is rough`)
  if (scores.details.identity.judge.toSource !== null && scores.identity === null) {
    warnings.push('source and target are too alike for the recogniser to place the swap between them')
  }
  return warnings
}

/** Calls `look` for every nth pair of frames (`judged`) and the two after it. */
async function walk(
  swap: MediaInfo,
  target: MediaInfo,
  { every, signal, onProgress }: ScoreOptions,
  look: (pair: FramePair, judged: boolean) => Promise<void>,
): Promise<LockstepEnd> {
  const pairs = inLockstep(swap, target, signal)
  try {
    for (;;) {
      const step = await pairs.next()
      if (step.done) return step.value
      const pair = step.value
      const inBurst = pair.index % every
      if (inBurst < BURST) await look(pair, inBurst === 0)
      onProgress?.({ done: pair.index + 1, total: Math.max(target.frames, pair.index + 1) })
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
  const gallery = new Gallery(target)
  const marks = new WatermarkSample(target.frames)
  const { frames: compared, first: ended } = await walk(swap, target, options, async (pair, judged) => {
    marks.add(pair.index, pair.swap)
    gallery.add(analysis, source, await analysis.add(pair, judged), pair)
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
    warnings: warningsOf(scores, ended, source.faces),
  }
}
