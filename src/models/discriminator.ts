import { tf } from '../tensor/index.ts'
import { conv, convShapes, dense, denseShapes, type ParameterShapes, type Parameters, pixelShuffle } from './layers.ts'

/** Widths of the discriminator. */
export interface DiscriminatorShape {
  /** Channels after the first stride-2 convolution; doubled by each further one. */
  readonly base: number
  /** How many stride-2 convolutions; a logit of the centre head sees about 2^(depth + 2) pixels. */
  readonly depth: number
  /** Scale each layer to a spectral norm of 1, so that what it says cannot change faster than the picture does. */
  readonly spectral?: boolean | undefined
  /** What logits are multiplied by; default 1. Layers of norm 1 in a row leave too little of them to be sure by. */
  readonly gain?: number | undefined
  /**
   * Judge fine detail alone: what a blur by a deviation of one pixel takes away, times this. 0 or none: whole pictures. Detail is a hundredth
   * of what a picture is, too little for layers of norm 1 to be sure by; and what is judged by detail is not pulled at in shape, pose or colour.
   */
  readonly fine?: number | undefined
  /** Judge swaps too, beside the source's own faces as they are rendered: of runs of earlier versions, which go on as they began. */
  readonly swaps?: boolean | undefined
  /** Width of the code's own discriminator; 0: none. */
  readonly code?: number | undefined
}

const SLOPE = 0.2

/** Shapes of all weights: `down*`, `centre`, `up*`, `pixels`; with a code of length `codeLength` to judge, `code.*`. */
export function discriminatorShapes({ base, depth, code = 0 }: DiscriminatorShape, codeLength = 0): ParameterShapes {
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
  Object.assign(shapes, convShapes('pixels', 3, depth === 1 ? base : 2 * base, 1))
  if (code > 0 && codeLength > 0) Object.assign(shapes, denseShapes('code.in', codeLength, code), denseShapes('code.out', code, 1))
  return shapes
}

/** What the discriminator makes of faces. */
export interface Judgement {
  /** Logits of patches [n, h, w, 1], and of places of 2×2 pixels. */
  readonly heads: readonly tf.Tensor4D[]
  /** What it saw after each halving, for feature matching. */
  readonly features: readonly tf.Tensor4D[]
}

/**
 * A U-Net patch discriminator with two heads (Schönfeld et al. 2020; DeepFaceLab's is alike): logits of patches at the
 * bottom and of single places (2×2 pixels) at the top. Faces [n, s, s, 3] in 0–1.
 */
export function discriminate(faces: tf.Tensor4D, parameters: Parameters, { depth, gain = 1 }: DiscriminatorShape): Judgement {
  const features: tf.Tensor4D[] = []
  let x: tf.Tensor4D = tf.sub(tf.mul(faces, 2), 1)
  for (let level = 0; level < depth; level += 1) {
    x = tf.leakyRelu(conv(x, parameters, `down${level}`, 2), SLOPE)
    features.push(x)
  }
  const centre = conv(x, parameters, 'centre')
  for (let level = depth - 1; level > 0; level -= 1) {
    const up = pixelShuffle(tf.leakyRelu(conv(x, parameters, `up${level}`), SLOPE))
    x = tf.concat([up, features[level - 1]!], 3)
  }
  const logits = [centre, conv(x, parameters, 'pixels')]
  return { heads: gain === 1 ? logits : logits.map((head) => tf.mul(head, gain)), features }
}

/** Logits [n, 1] of codes [n, code]: whether they come from the source's faces (DeepFaceLab's true face). */
export function discriminateCode(codes: tf.Tensor2D, parameters: Parameters): tf.Tensor2D {
  return dense(tf.leakyRelu(dense(codes, parameters, 'code.in'), SLOPE), parameters, 'code.out')
}

/** Shapes of the vectors that `normalise` keeps, one for each weight's outputs. */
export function spectralShapes(shapes: ParameterShapes): ParameterShapes {
  return Object.fromEntries(
    Object.entries(shapes).flatMap(([name, shape]) => (name.endsWith('.weight') ? [[name, [1, shape.at(-1)!] as const]] : [])),
  )
}

const TINY = 1e-12

function unit(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x)), TINY)))
}

/**
 * Divides each weight by its spectral norm (Miyato et al. 2018), with one step of power iteration from the vectors [1, out] kept from the step
 * before. Returns what to divide by for each weight as a function of it, and the vectors for the next step; the iteration itself has no gradient.
 */
export function spectralNorms(
  parameters: Parameters,
  vectors: Parameters,
): { normalise: (parameters: Parameters) => Parameters; vectors: Parameters } {
  const next: Parameters = {}
  const sides: Record<string, { left: tf.Tensor2D; right: tf.Tensor2D }> = {}
  for (const [name, vector] of Object.entries(vectors)) {
    const matrix = flat(parameters[name]!)
    const left = unit(tf.matMul(vector as tf.Tensor2D, matrix, false, true)) as tf.Tensor2D
    const right = unit(tf.matMul(left, matrix)) as tf.Tensor2D
    sides[name] = { left, right }
    next[name] = right
  }
  const normalise = (now: Parameters): Parameters =>
    Object.fromEntries(
      Object.entries(now).map(([name, value]) => {
        const side = sides[name]
        if (side === undefined) return [name, value]
        const sigma = tf.sum(tf.mul(tf.matMul(side.left, flat(value)), side.right))
        return [name, tf.div(value, sigma)]
      }),
    )
  return { normalise, vectors: next }
}

/** A weight as the matrix [inputs, out]. */
function flat(weight: tf.Tensor): tf.Tensor2D {
  return tf.reshape(weight, [-1, weight.shape.at(-1)!])
}
