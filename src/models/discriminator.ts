import { tf } from '../tensor/index.ts'
import { conv, convShapes, type ParameterShapes, type Parameters, pixelShuffle } from './layers.ts'

/** Widths of the discriminator. */
export interface DiscriminatorShape {
  /** Channels after the first stride-2 convolution; doubled by each further one. */
  readonly base: number
  /** How many stride-2 convolutions; a logit of the centre head sees about 2^(depth + 2) pixels. */
  readonly depth: number
}

const SLOPE = 0.2

/** Shapes of all weights: `down*`, `centre`, `up*`, `pixels`. */
export function discriminatorShapes({ base, depth }: DiscriminatorShape): ParameterShapes {
  const shapes: Record<string, readonly number[]> = {}
  const width = (level: number) => base * 2 ** level
  for (let level = 0; level < depth; level += 1) {
    Object.assign(shapes, convShapes(`down${level}`, 4, level === 0 ? 3 : width(level - 1), width(level)))
  }
  Object.assign(shapes, convShapes('centre', 1, width(depth - 1), 1))
  for (let level = depth - 1; level > 0; level -= 1) {
    const from = level === depth - 1 ? width(level) : 2 * width(level)
    Object.assign(shapes, convShapes(`up${level}`, 3, from, 4 * width(level - 1)))
  }
  return { ...shapes, ...convShapes('pixels', 3, depth === 1 ? base : 2 * base, 1) }
}

/**
 * A U-Net patch discriminator with two heads (Schönfeld et al. 2020; DeepFaceLab's is alike): logits of patches at the
 * bottom and of single places (2×2 pixels) at the top. Faces [n, s, s, 3] in 0–1 → logits [n, h, w, 1] of each head.
 */
export function discriminate(faces: tf.Tensor4D, parameters: Parameters, { depth }: DiscriminatorShape): tf.Tensor4D[] {
  const skips: tf.Tensor4D[] = []
  let x: tf.Tensor4D = tf.sub(tf.mul(faces, 2), 1)
  for (let level = 0; level < depth; level += 1) {
    x = tf.leakyRelu(conv(x, parameters, `down${level}`, 2), SLOPE)
    skips.push(x)
  }
  const centre = conv(x, parameters, 'centre')
  for (let level = depth - 1; level > 0; level -= 1) {
    const up = pixelShuffle(tf.leakyRelu(conv(x, parameters, `up${level}`), SLOPE))
    x = tf.concat([up, skips[level - 1]!], 3)
  }
  return [centre, conv(x, parameters, 'pixels')]
}
