import { tf } from '../tensor/index.ts'
import type { Parameters } from './layers.ts'

/** Weights with running averages of their gradients and squared gradients (or surprises), under the same names. */
export interface AdamState {
  readonly weights: Parameters
  readonly first: Parameters
  readonly second: Parameters
}

/** Adam's β1 and β2: the short memory of the squares suits runs of a few thousand steps. */
const BETA1 = 0.9
const BETA2 = 0.99
const EPSILON = 1e-8
const CLIP_NORM = 1

/** What Adam multiplies its step with at step t (from 1): the rate with both bias corrections, for averages kept without the (1 − β) factor. */
export function adamRate(rate: number, t: number): number {
  const first = (1 - BETA1) / (1 - BETA1 ** t)
  const second = (1 - BETA2) / (1 - BETA2 ** t)
  return (rate * first) / Math.sqrt(second)
}

/** Sum of the squares of all gradients together; a scalar. */
function squaresOf(gradients: Parameters): tf.Scalar {
  return tf.addN(Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)))) as tf.Scalar
}

/** Factor that brings the norm of all gradients together down to 1; a scalar. */
function clipFactor(gradients: Parameters): tf.Scalar {
  return tf.minimum(tf.div(CLIP_NORM, tf.add(tf.sqrt(squaresOf(gradients)), 1e-6)), 1)
}

/** No gradient's norm is as large, unless half precision ran over. */
const LARGEST_SQUARES = 1e30

/**
 * Gradients of a loss that was multiplied by `scale`, for half precision to hold small ones, brought back. Where some ran over, all are zero
 * and `sound` is 0 (after Micikevicius et al. 2018). Scalars but for the gradients.
 */
export function unscale(gradients: Parameters, scale: tf.Tensor): { gradients: Parameters; sound: tf.Scalar } {
  const back = tf.reciprocal(scale)
  const plain = Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, back)]))
  // Not a number is less than nothing.
  const sound = tf.less(squaresOf(plain), LARGEST_SQUARES)
  const safe = Object.entries(plain).map(([name, gradient]) => [name, tf.where(sound, gradient, tf.zerosLike(gradient))])
  return { gradients: Object.fromEntries(safe), sound: tf.cast(sound, 'float32') as tf.Scalar }
}

/** How a step that is taken in several parts, each with its share of the batch, adds up their gradients. Scalars. */
interface Accumulation {
  /** What the parts before left, under the weights' names. */
  readonly sums: Parameters
  /** Share of this part in the step: one over the number of parts. */
  readonly share: tf.Tensor
  /** 1 in the part that ends the step, 0 in those before, in which `rate` must be 0. */
  readonly apply: tf.Tensor
}

/** Adam (Kingma and Ba 2015), or AdaBelief (Zhuang et al. 2020), which divides by how far gradients are from what was expected of them. */
export const OPTIMIZERS = ['adam', 'adabelief'] as const
export type Optimizer = (typeof OPTIMIZERS)[number]

/** Learning-rate dropout (Lin et al. 2022): only some of the weights move in a step, others in the next. */
interface RateDropout {
  /** A number in 0–1 for each weight, under the weights' names; they stay. */
  readonly phases: Parameters
  /** A scalar in 0–1, another in each step: weights move whose number lies near it, on a circle. */
  readonly at: tf.Tensor
  /** Share of the weights that move. */
  readonly share: number
}

/** How steps are taken, besides the rate. */
export interface StepOptions {
  readonly optimizer?: Optimizer
  readonly accumulation?: Accumulation | undefined
  readonly dropout?: RateDropout | undefined
}

/** 1 for the weights that move and 0 for the rest, of arithmetic alone, which fuses with the update. */
function moving(phase: tf.Tensor, { at, share }: RateDropout): tf.Tensor {
  const apart = tf.abs(tf.sub(phase, at))
  const round = tf.minimum(apart, tf.sub(1, apart))
  return tf.minimum(tf.maximum(tf.mul(tf.sub(share / 2, round), 1e6), 0), 1)
}

/**
 * One step of Adam (Kingma and Ba 2015) with the global gradient norm clipped to 1. The averages are kept as sums
 * (m ← β1·m + g, v ← β2·v + g²), which saves two passes over all weights; `rate` comes from `adamRate`. With an accumulation the gradients
 * are added to those of the parts before, and nothing else changes until the last part, which leaves sums of zero.
 */
export function adamStep(
  state: AdamState,
  gradients: Parameters,
  rate: tf.Tensor,
  { optimizer = 'adam', accumulation, dropout }: StepOptions = {},
): AdamState & { readonly sums: Parameters } {
  const totals = accumulation === undefined ? gradients : addShares(gradients, accumulation)
  const factor = clipFactor(totals)
  const { decay1, decay2, gain, left } = stepScalars(accumulation?.apply)
  const next = { weights: {} as Parameters, first: {} as Parameters, second: {} as Parameters, sums: {} as Parameters }
  const gained = (x: tf.Tensor) => (gain === undefined ? x : tf.mul(x, gain))
  for (const [name, total] of Object.entries(totals)) {
    const clipped = tf.mul(total, factor)
    const first = tf.add(tf.mul(state.first[name]!, decay1), gained(clipped))
    const surprise = optimizer === 'adam' ? clipped : tf.sub(clipped, tf.mul(first, 1 - BETA1))
    const second = tf.add(tf.mul(state.second[name]!, decay2), gained(tf.square(surprise)))
    const full = tf.div(tf.mul(first, rate), tf.add(tf.sqrt(second), EPSILON))
    const step = dropout === undefined ? full : tf.mul(full, moving(dropout.phases[name]!, dropout))
    next.first[name] = first
    next.second[name] = second
    next.weights[name] = tf.sub(state.weights[name]!, step)
    if (left !== undefined) next.sums[name] = tf.mul(total, left)
  }
  return next
}

function addShares(gradients: Parameters, { sums, share }: Accumulation): Parameters {
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.add(sums[name]!, tf.mul(gradient, share))]))
}

/** Adam's numbers in a part of a step: all 1 and 0 where nothing is to change yet, so that nothing does, to the bit. */
function stepScalars(apply: tf.Tensor | undefined) {
  if (apply === undefined) return { decay1: BETA1, decay2: BETA2, gain: undefined, left: undefined }
  const ends = tf.greater(apply, 0)
  return { decay1: tf.where(ends, BETA1, 1), decay2: tf.where(ends, BETA2, 1), gain: apply, left: tf.sub(1, apply) }
}

/** Moves an average of the weights a share `1 − keep` towards them; with `apply` 0 it stays. */
export function averageStep(average: Parameters, weights: Parameters, keep: tf.Tensor, apply?: tf.Tensor): Parameters {
  const next: Parameters = {}
  const left = apply === undefined ? undefined : tf.sub(1, apply)
  for (const [name, value] of Object.entries(average)) {
    const now = weights[name]!
    const moved = tf.add(now, tf.mul(tf.sub(value, now), keep))
    next[name] = apply === undefined ? moved : tf.add(tf.mul(value, left!), tf.mul(moved, apply))
  }
  return next
}
