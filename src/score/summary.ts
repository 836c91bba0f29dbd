import type { ClipAnalysis } from './analysis.ts'
import { expressionDetails, identityDetails, lipDetails, pixelDetails, poseDetails, temporalDetails } from './details.ts'
import { eyeDetails } from './eyes.ts'
import { type IdentityScale, identityScale, type Recogniser, type SourceIdentity } from './identity.ts'
import type { Scores } from './scores.ts'
import { type TraceJudge, traceDetails } from './traces.ts'
import type { WatermarkDetails } from './watermark.ts'

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
