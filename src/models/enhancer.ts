import { type ProgramFn, type Signature, tf } from '../tensor/index.ts'
import { conv, type Parameters, pixelShuffle, pixelUnshuffle, placesOf } from './layers.ts'

/** Side of the faces that the enhancer knows best, px: what a face is enlarged to before it is made finer. */
export const ENHANCED_PX = 256
/** What the picture's side must be a multiple of. */
const STEP = 8
const SLOPE = 0.1
/** Residual blocks at an eighth of the size. */
const BLOCKS = 4

/** faces [n, s, s, 3], sRGB in 0–1, aligned as a generator's are and smoothly enlarged from its picture; s: a multiple of 8 near 256. */
export function enhancerSignature(batch: number, sizePx: number): Signature {
  if (sizePx % STEP !== 0) throw new RangeError(`expected a multiple of ${STEP} px but found ${sizePx}`)
  return { inputs: { faces: { shape: [batch, sizePx, sizePx, 3] } } }
}

/**
 * Makes enlarged faces finer: faces as in `enhancerSignature` → the same of the same shape, within 0–1. A residual network that works at a quarter and an eighth of the
 * size and shuffles its channels back into pixels (Shi et al. 2016, Lim et al. 2017). `parameters` are those of `models/enhancer.safetensors`, filters in HWIO; whoever made them frees them, after the
 * programs that captured them. Throws Error naming one that is missing.
 */
export function enhancerProgram(parameters: Parameters): ProgramFn {
  const act = (x: tf.Tensor4D) => tf.leakyRelu(x, SLOPE)
  return ({ faces }) => {
    const x = faces as tf.Tensor4D
    const seen = pixelUnshuffle(x, 4)
    const skip = act(conv(tf.concat4d([seen, placesOf(x.shape[0], x.shape[1] / 4)], 3), parameters, 'in'))
    let y = act(conv(skip, parameters, 'down', 2))
    for (let i = 0; i < BLOCKS; i += 1) y = tf.add(y, conv(act(conv(y, parameters, `deep${i}a`)), parameters, `deep${i}b`))
    y = act(tf.add(skip, pixelShuffle(conv(y, parameters, 'up'))))
    y = act(tf.add(y, conv(act(conv(y, parameters, 'finea')), parameters, 'fineb')))
    y = act(pixelShuffle(conv(y, parameters, 'large')))
    const detail = pixelShuffle(conv(y, parameters, 'out'))
    return { outputs: { faces: tf.clipByValue(tf.add(x, detail), 0, 1) } }
  }
}
