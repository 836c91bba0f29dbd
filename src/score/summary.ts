import type { Both } from '../faces/index.ts'
import { psnr } from '../picture/psnr.ts'
import { correlation, mean, present, quantile, ratioOfSums } from '../work/statistics.ts'
import type { ClipAnalysis, FrameMeasures } from './analysis.ts'
import { closedF1, eyeDetails } from './eyes.ts'
import { type IdentityScale, identityScale, type Recogniser, type SourceIdentity } from './identity.ts'
import type { IdentityDetails, Scores } from './scores.ts'
import { type TraceJudge, traceDetails } from './traces.ts'
import type { WatermarkDetails } from './watermark.ts'

const NETWORKS: Record<Recogniser, string> = { judge: 'faceres (@vladmandic/human)', pipeline: 'face_recognition (@vladmandic/face-api)' }

/** Lips nearer than this, in interocular distances, touch; measured, docs/score.md. */
const LIPS_TOUCH = 0.03

function identityDetails(scale: IdentityScale, of: Recogniser): IdentityDetails {
  const { frames, ownToSource, targetToSource } = scale
  const nearer = frames.filter(({ toSource, toTarget }) => toSource > toTarget).length
  return {
    network: NETWORKS[of],
    scale: mean(present(frames.map((frame) => frame.scale))),
    toSource: mean(frames.map(({ toSource }) => toSource)),
    toTarget: mean(frames.map(({ toTarget }) => toTarget)),
    ownToSource,
    targetToSource,
    nearerSource: frames.length === 0 ? null : nearer / frames.length,
    rank1: frames.length === 0 ? null : frames.filter(({ rank }) => rank === 1).length / frames.length,
  }
}

function poseDetails(frames: readonly FrameMeasures[]) {
  const of = (key: 'yaw' | 'pitch' | 'roll' | 'total') => present(frames.map(({ pose }) => pose?.[key]))
  return {
    mean: mean(of('total')),
    p95: quantile(of('total'), 0.95),
    yaw: mean(of('yaw')),
    pitch: mean(of('pitch')),
    roll: mean(of('roll')),
  }
}

function expressionDetails(frames: readonly FrameMeasures[], motion: number | null) {
  const all = frames.flatMap(({ expression }) => (expression === undefined ? [] : [expression]))
  const errors = all.map(({ error }) => error)
  const r = (of: (one: (typeof all)[number]) => Both) =>
    correlation(
      all.map((one) => of(one).target),
      all.map((one) => of(one).swap),
    )
  return {
    withShape: mean(errors),
    withShapeP95: quantile(errors, 0.95),
    motion,
    position: mean(all.map(({ position }) => position)),
    mouthR: r(({ mouth }) => mouth),
    eyesR: r(({ eyes }) => eyes),
  }
}

function lipDetails(frames: readonly FrameMeasures[]) {
  const gaps = frames.flatMap(({ expression }) => (expression === undefined ? [] : [expression.mouth]))
  const closed = (of: keyof Both) => gaps.map((gap) => gap[of] < LIPS_TOUCH)
  return { error: mean(gaps.map(({ target, swap }) => Math.abs(swap - target))), closedF1: closedF1(closed('target'), closed('swap')) }
}

function temporalDetails(frames: readonly FrameMeasures[]) {
  const ratio = (pairs: readonly (Both | undefined)[]) => {
    const found = pairs.filter((pair) => pair !== undefined)
    return ratioOfSums(
      found.map(({ swap }) => swap),
      found.map(({ target }) => target),
    )
  }
  return { jitter: ratio(frames.map(({ jitter }) => jitter)), warping: ratio(frames.map(({ warping }) => warping)) }
}

function pixelDetails(frames: readonly FrameMeasures[]) {
  const pixels = frames.flatMap((frame) => (frame.pixels === undefined ? [] : [frame.pixels]))
  const errors = (of: 'outside' | 'withLabel' | 'near' | 'far') => present(pixels.map((one) => one[of]))
  const median = (of: 'outside' | 'withLabel' | 'near' | 'far') => quantile(errors(of).map(psnr), 0.5)
  const pooled = mean(errors('withLabel'))
  const sharpness = pixels.filter((one) => one.sharpness.target > 0).map((one) => one.sharpness.swap / one.sharpness.target)
  return {
    median: median('outside'),
    background: { pooled: pooled === null ? null : psnr(pooled), near: median('near'), far: median('far') },
    appearance: { sharpness: quantile(sharpness, 0.5), rimColour: mean(present(pixels.map((one) => one.rimColour))) },
  }
}

/** Rounds every number in a value to four decimals: more would be noise. */
function rounded<T>(value: T): T {
  if (typeof value === 'number') return (Math.round(value * 1e4) / 1e4) as T
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)])) as T
}

/** Per-frame identity by both recognisers, in the order of `ClipAnalysis.described`. */
export type Identities = Readonly<Record<Recogniser, IdentityScale>>

/** Places all described frames on the identity scale. */
export function identitiesOf(analysis: ClipAnalysis, source: SourceIdentity): Identities {
  const { described } = analysis
  return { judge: identityScale(described, source, 'judge'), pipeline: identityScale(described, source, 'pipeline') }
}

/** What is summed up beside the analysis. */
export interface Summed {
  readonly identities: Identities
  readonly source: SourceIdentity
  /** Frames that each file has and that were compared. */
  readonly counts: Pick<Scores['frames'], 'swap' | 'target' | 'compared'>
  readonly traces?: TraceJudge
  readonly watermark?: WatermarkDetails
}

/** Sums up a whole clip. */
export function summarise(analysis: ClipAnalysis, { identities, source, counts, traces, watermark }: Summed): Scores {
  const { frames } = analysis
  const judge = identityDetails(identities.judge, 'judge')
  const { mean: pose, ...poseRest } = poseDetails(frames)
  const { error: expression, motion } = analysis.expression.summary()
  const temporal = temporalDetails(frames)
  const { median: background, ...pixels } = pixelDetails(frames)
  const looks = frames.flatMap(({ eyes }) => (eyes === undefined ? [] : [eyes]))
  const logits = frames.flatMap((frame) => (frame.traces === undefined ? [] : [frame.traces]))
  return rounded({
    identity: judge.scale,
    pose,
    expression,
    temporal: temporal.jitter,
    background,
    frames: {
      ...counts,
      analysed: frames.length,
      judged: analysis.described.length,
      lostFace: frames.filter(({ face }) => face === 'lost').length,
      noFace: frames.filter(({ face }) => face === 'none').length,
    },
    details: {
      identity: {
        judge,
        pipeline: identityDetails(identities.pipeline, 'pipeline'),
        sourceFaces: source.faces,
        gallery: 2 + source.others.length,
      },
      pose: poseRest,
      expression: expressionDetails(frames, motion),
      lips: lipDetails(frames),
      ...eyeDetails(looks),
      temporal,
      ...pixels,
      detection: traces === undefined ? null : traceDetails(logits, traces),
      watermark: watermark ?? null,
    },
  })
}
