import { tf } from '../tensor/index.ts'
import { discriminate, discriminateCode } from './discriminator.ts'
import type { Parameters } from './layers.ts'
import { adversarialLoss } from './losses.ts'
import type { NetworkShapes } from './state.ts'

/** What the discriminator learns from. Faces are cut out by the mask that was rendered with them, real ones too: else they could be told by their outline. With `fine`, their detail alone, around .5. */
export interface Evidence {
  /** The source's faces [n, s, s, 3]. */
  readonly reals: tf.Tensor4D
  /** What the source's decoder rendered: reconstructions, then swaps where there are any. */
  readonly fakes: tf.Tensor4D
  /** Codes of the source's faces and then of as many of the target's, [2n, code]. */
  readonly code: tf.Tensor2D
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
export function judgementLoss(parameters: Parameters, { reals, fakes, code }: Evidence, { discriminator }: NetworkShapes): Judgement {
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
