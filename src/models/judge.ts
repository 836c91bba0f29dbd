import { tf } from '../tensor/index.ts'
import { discriminate, discriminateCode } from './discriminator.ts'
import type { Parameters } from './layers.ts'
import { adversarialLoss } from './losses.ts'
import type { NetworkShapes } from './state.ts'

/** What the discriminator learns from: reals and fakes [n, s, s, 3] inside their masks, and codes of as many source's and target's faces, in that order. */
export interface Evidence {
  readonly parameters: Parameters
  readonly reals: tf.Tensor4D
  readonly fakes: tf.Tensor4D
  readonly code: tf.Tensor2D
  readonly design: NetworkShapes
}

/** The discriminator's own loss, scalars: `total` is what it learns from, the sum of the others. Each of those is 0.69 where it guesses. */
export interface Judgement {
  readonly total: tf.Scalar
  /** Real against fake pictures. */
  readonly pictures: tf.Scalar
  /** The source's codes against the target's, where the discriminator has a head for codes. */
  readonly codes?: tf.Scalar
}

/** The discriminator's own loss: real against fake pictures, and, where it has a head for codes, the source's against the target's. */
export function judgementLoss({ parameters, reals, fakes, code, design }: Evidence): Judgement {
  const { discriminator } = design
  const real = adversarialLoss(discriminate(reals, parameters, discriminator).heads, true)
  const fake = adversarialLoss(discriminate(fakes, parameters, discriminator).heads, false)
  const pictures: tf.Scalar = tf.mul(tf.add(real, fake), 0.5)
  if (!judgesCodes(parameters)) return { total: pictures, pictures }
  const [source, target] = tf.split(discriminateCode(code, parameters), 2, 0) as [tf.Tensor, tf.Tensor]
  const codes: tf.Scalar = tf.mul(tf.add(adversarialLoss([source], true), adversarialLoss([target], false)), 0.5)
  return { total: tf.add(pictures, codes), pictures, codes }
}

/** How well the target's codes [n, code], the second half of all, pass for the source's; a scalar. */
export function codeLoss(code: tf.Tensor2D, parameters: Parameters): tf.Scalar {
  const [, target] = tf.split(code, 2, 0) as [tf.Tensor2D, tf.Tensor2D]
  return adversarialLoss([discriminateCode(target, parameters)], true)
}

/** Whether the discriminator has a head for codes. */
export function judgesCodes(parameters: Parameters): boolean {
  return 'code.in.weight' in parameters
}
