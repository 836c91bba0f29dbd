import type { Both } from '../faces/index.ts'
import { psnr } from '../picture/psnr.ts'
import { correlation, mean, present, quantile, ratioOfSums } from '../work/statistics.ts'
import type { FrameMeasures } from './analysis.ts'
import { closedF1 } from './eyes.ts'
import type { IdentityScale, Recogniser } from './identity.ts'
import type { IdentityDetails } from './scores.ts'

const NETWORKS: Record<Recogniser, string> = { judge: 'faceres (@vladmandic/human)', pipeline: 'face_recognition (@vladmandic/face-api)' }

/** Lips nearer than this, in interocular distances, touch; measured, docs/score.md. */
const LIPS_TOUCH = 0.03

/** One recogniser’s view of the whole clip. */
export function identityDetails(scale: IdentityScale, of: Recogniser): IdentityDetails {
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

/** How the head followed. */
export function poseDetails(frames: readonly FrameMeasures[]) {
  const of = (key: 'yaw' | 'pitch' | 'roll' | 'total') => present(frames.map(({ pose }) => pose?.[key]))
  return {
    mean: mean(of('total')),
    p95: quantile(of('total'), 0.95),
    yaw: mean(of('yaw')),
    pitch: mean(of('pitch')),
    roll: mean(of('roll')),
  }
}

/** How the expression followed; `motion` comes from the tally over the clip. */
export function expressionDetails(frames: readonly FrameMeasures[], motion: number | null) {
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

/** How the lips closed. */
export function lipDetails(frames: readonly FrameMeasures[]) {
  const gaps = frames.flatMap(({ expression }) => (expression === undefined ? [] : [expression.mouth]))
  const closed = (of: keyof Both) => gaps.map((gap) => gap[of] < LIPS_TOUCH)
  return { error: mean(gaps.map(({ target, swap }) => Math.abs(swap - target))), closedF1: closedF1(closed('target'), closed('swap')) }
}

/** How steady the face is, beside the original. `slip`: the warping error of each clip by its own gradient, which says how far off the motion its texture is carried. */
export function temporalDetails(frames: readonly FrameMeasures[]) {
  const ratio = (pairs: readonly (Both | undefined)[]) => {
    const found = pairs.filter((pair) => pair !== undefined)
    return ratioOfSums(
      found.map(({ swap }) => swap),
      found.map(({ target }) => target),
    )
  }
  const [warping, gradient] = [ratio(frames.map((frame) => frame.warping)), ratio(frames.map((frame) => frame.gradient))]
  const slip = warping === null || gradient === null || gradient === 0 ? null : warping / gradient
  return { jitter: ratio(frames.map(({ jitter }) => jitter)), warping, slip }
}

/** What the pixels say, with the median background apart. */
export function pixelDetails(frames: readonly FrameMeasures[]) {
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
