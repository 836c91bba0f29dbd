import { type ProgramFn, type Signature, tf } from '../tensor/index.ts'
import { conv, type Parameters, pixelShuffle, pixelUnshuffle, placesOf } from './layers.ts'

/** Side of the faces that the network sees, px. */
export const OCCLUSION_PX = 64
const SLOPE = 0.1
/** Residual blocks at an eighth of the size. */
const BLOCKS = 3

/** faces [n, 64, 64, 4] in 0–1, aligned as a generator's are: red, green and blue (sRGB), and where the landmarks say that the face is. */
export function occlusionSignature(batch: number): Signature {
  return { inputs: { faces: { shape: [batch, OCCLUSION_PX, OCCLUSION_PX, 4] } } }
}

/**
 * Sees what is in front of a face: faces as in `occlusionSignature` → `covered` [n, 64, 64], how likely something covers each place, 0–1. A U-Net (Ronneberger et al. 2015) over a half, a
 * quarter and an eighth of the size. `parameters` are those of `models/occlusion.safetensors`, filters in HWIO; whoever made them frees them, after the programs that captured them.
 * Throws Error naming one that is missing.
 */
export function occlusionProgram(parameters: Parameters): ProgramFn {
  const act = (x: tf.Tensor4D) => tf.leakyRelu(x, SLOPE)
  return ({ faces }) => {
    const x = faces as tf.Tensor4D
    const seen = tf.concat4d([pixelUnshuffle(x, 2), placesOf(x.shape[0], x.shape[1] / 2)], 3)
    const fine = act(conv(act(conv(seen, parameters, 'in')), parameters, 'fine'))
    const middle = act(conv(act(conv(fine, parameters, 'down', 2)), parameters, 'middle'))
    let y = act(conv(middle, parameters, 'lower', 2))
    for (let i = 0; i < BLOCKS; i += 1) y = tf.add(y, conv(act(conv(y, parameters, `deep${i}a`)), parameters, `deep${i}b`))
    y = act(tf.add(middle, pixelShuffle(conv(y, parameters, 'up'))))
    y = act(conv(y, parameters, 'joined'))
    y = act(tf.add(fine, pixelShuffle(conv(y, parameters, 'large'))))
    y = act(conv(y, parameters, 'last'))
    return { outputs: { covered: tf.sigmoid(tf.squeeze(pixelShuffle(conv(y, parameters, 'out')), [3])) } }
  }
}
