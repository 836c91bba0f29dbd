import { tf } from '../tensor/index.ts'
import type { Parameters } from './layers.ts'

/** Weights with Adam's running averages of their gradients and squared gradients, under the same names. */
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

/** Factor that brings the norm of all gradients together down to 1; a scalar. */
function clipFactor(gradients: readonly tf.Tensor[]): tf.Scalar {
  const squares = tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient)))) as tf.Scalar
  return tf.minimum(tf.div(CLIP_NORM, tf.add(tf.sqrt(squares), 1e-6)), 1)
}

/**
 * One step of Adam (Kingma and Ba 2015) with the global gradient norm clipped to 1. The averages are kept as sums
 * (m ← β1·m + g, v ← β2·v + g²), which saves two passes over all weights; `rate` comes from `adamRate`.
 */
export function adamStep(state: AdamState, gradients: Parameters, rate: tf.Tensor): AdamState {
  const factor = clipFactor(Object.values(gradients))
  const next = { weights: {} as Parameters, first: {} as Parameters, second: {} as Parameters }
  for (const [name, gradient] of Object.entries(gradients)) {
    const clipped = tf.mul(gradient, factor)
    const first = tf.add(tf.mul(state.first[name]!, BETA1), clipped)
    const second = tf.add(tf.mul(state.second[name]!, BETA2), tf.square(clipped))
    const step = tf.div(tf.mul(first, rate), tf.add(tf.sqrt(second), EPSILON))
    next.first[name] = first
    next.second[name] = second
    next.weights[name] = tf.sub(state.weights[name]!, step)
  }
  return next
}

/** Moves an average of the weights a share `1 − keep` towards them. */
export function averageStep(average: Parameters, weights: Parameters, keep: tf.Tensor): Parameters {
  const next: Parameters = {}
  for (const [name, value] of Object.entries(average)) {
    const now = weights[name]!
    next[name] = tf.add(now, tf.mul(tf.sub(value, now), keep))
  }
  return next
}
