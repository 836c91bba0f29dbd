import { type Both, type ExpressionMeasures, ExpressionTally, type FaceAnalyser, poseDifference, unit } from '../faces/index.ts'
import { type EyeMeasures, eyesOf } from './eyes.ts'
import { type FollowedFace, followFace } from './follow.ts'
import { jitterOf, type PixelMeasures, pixelsOf, warpingOf } from './frame.ts'
import type { DescribedPair, Descriptors } from './identity.ts'
import type { FramePair } from './lockstep.ts'
import type { TraceJudge } from './traces.ts'

/** What was measured on one frame. */
export interface FrameMeasures {
  readonly frame: number
  readonly timeS: number
  /** `lost`: the target shows a face and the swap none at its place; `none`: the target shows none. */
  readonly face: 'both' | 'lost' | 'none'
  readonly pose?: ReturnType<typeof poseDifference>
  readonly expression?: ExpressionMeasures
  readonly eyes?: EyeMeasures
  /** About the frame before this one, where three neighbours were looked at. */
  readonly jitter?: Both
  readonly warping?: Both
  readonly gradient?: Both
  readonly pixels?: PixelMeasures
  /** Logits of the manipulation detector. */
  readonly traces?: Both
  /** Index into the list of described pairs. */
  readonly described?: number
}

interface Looked {
  readonly pair: FramePair
  readonly face: FollowedFace | undefined
  readonly judged: boolean
}

/** Measures frames one after the other, keeping two of them and numbers. */
export class ClipAnalysis {
  readonly frames: FrameMeasures[] = []
  readonly described: DescribedPair[] = []
  readonly expression = new ExpressionTally()
  readonly #analyser: FaceAnalyser
  readonly #traces: TraceJudge | undefined
  readonly #follow: ReturnType<typeof followFace>
  #last: readonly Looked[] = []

  constructor(analyser: FaceAnalyser, traces?: TraceJudge) {
    this.#analyser = analyser
    this.#traces = traces
    this.#follow = followFace(analyser)
  }

  /** Looks at the next frame; recognisers and pixels only where it is to be `judged`, which takes most of the time. */
  async add(pair: FramePair, judged: boolean): Promise<{ readonly measures: FrameMeasures; readonly face: FollowedFace | undefined }> {
    const face = await this.#follow(pair.target, pair.swap)
    const looked = { pair, face, judged }
    const base = { frame: pair.index, timeS: pair.timeS }
    const measures: FrameMeasures =
      face?.swap === undefined
        ? {
            ...base,
            face: face === undefined ? 'none' : 'lost',
            ...(judged && face !== undefined && { pixels: pixelsOf(pair, face.target) }),
          }
        : { ...base, face: 'both', ...(await this.#measure(pair, face, judged)), ...this.#steadiness(looked) }
    this.frames.push(measures)
    this.#last = [...this.#last.slice(-1), looked]
    return { measures, face }
  }

  async #measure(pair: FramePair, face: FollowedFace, judged: boolean) {
    const pose = poseDifference(face.swap!.pose, face.target.pose)
    const expression = this.expression.add(face.target.landmarks.mesh, face.swap!.landmarks.mesh)
    const always = { pose, expression, eyes: await eyesOf(this.#analyser, pair, face) }
    if (!judged) return always
    this.described.push({ swap: await this.#describe(pair.swap, face.swap!), target: await this.#describe(pair.target, face.target) })
    const traces = await this.#tracesOf(pair, face)
    return { ...always, pixels: pixelsOf(pair, face.target), described: this.described.length - 1, ...(traces && { traces }) }
  }

  async #tracesOf(pair: FramePair, face: FollowedFace): Promise<Both | undefined> {
    const judge = this.#traces
    if (judge === undefined) return undefined
    // The same square of both pictures: where equal pictures are judged differently, it would be for their landmarks.
    const { landmarks } = face.target
    return { target: await judge.logit(pair.target, landmarks), swap: await judge.logit(pair.swap, landmarks) }
  }

  async #describe(picture: FramePair['swap'], { landmarks }: FollowedFace['target']): Promise<Descriptors> {
    const judge = await this.#analyser.judge(picture, landmarks)
    return { judge, pipeline: unit(await this.#analyser.descriptor(picture, landmarks)) }
  }

  /** Measures that need the frames just before, which must be neighbours. */
  #steadiness(now: Looked): Pick<FrameMeasures, 'jitter' | 'warping' | 'gradient'> {
    const [first, second] = this.#last.length === 2 ? this.#last : [undefined, this.#last[0]]
    if (second?.face === undefined || now.face === undefined || second.pair.index !== now.pair.index - 1) return {}
    const jitter = first?.face && first.pair.index === now.pair.index - 2 ? jitterOf(first.face, second.face, now.face) : undefined
    // The warping error costs more and varies less: one pair of each burst is enough.
    const warping = second.judged ? warpingOf(second.pair, now.pair, now.face.target) : undefined
    return { ...(jitter && { jitter }), ...warping }
  }
}
