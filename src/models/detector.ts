import { type ProgramFn, type Signature, tf } from '../tensor/index.ts'
import type { Parameters } from './layers.ts'

/** Side of the square face crop that the detector looks at, px. */
export const DETECTOR_INPUT_PX = 224

/** Stride of the stage's first block, expansion, blocks; kernel sizes are in the weights. */
const STAGES = [
  [1, 1, 1],
  [2, 6, 2],
  [2, 6, 2],
  [2, 6, 3],
  [1, 6, 3],
  [2, 6, 4],
  [1, 6, 1],
] as const

/** faces [n, 224, 224, 3], RGB 0–255. */
export function detectorSignature(batch: number): Signature {
  return { inputs: { faces: { shape: [batch, DETECTOR_INPUT_PX, DETECTOR_INPUT_PX, 3] } } }
}

/**
 * EfficientNet-Lite0 (Tan & Le 2019) with one output: faces as in `detectorSignature` → logits [n], above 0 for "manipulated"
 * before calibration, and evidence [n, 7, 7], where in the crop they come from: the last layer is linear in the mean of all cells, so that
 * a cell's own logit is exact and their mean is the face's (class activation mapping, Zhou et al. 2016). `parameters`: the tensors of `models/detector.safetensors`, which stay the caller's: batch norms folded, filters in HWIO.
 * Throws Error naming a weight that is missing.
 */
export function detectorProgram(parameters: Parameters): ProgramFn {
  const get = <T extends tf.Tensor>(name: string): T => {
    const found = parameters[name]
    if (found === undefined) throw new Error(`expected the detector's weight ${name} but found none`)
    return found as T
  }
  return ({ faces }) => {
    const evidence = evidenceOf(tf.div(tf.sub(faces as tf.Tensor4D, 127), 128), get)
    return { outputs: { logits: tf.mean(evidence, [1, 2]), evidence } }
  }
}

type Get = <T extends tf.Tensor>(name: string) => T

function convolve(x: tf.Tensor4D, get: Get, name: string, strides: number, activation: 'relu6' | 'linear'): tf.Tensor4D {
  // Apart, as tf.js has no gradient of relu6 fused: compiling fuses them.
  const y = tf.add(tf.conv2d(x, get<tf.Tensor4D>(`${name}.weight`), strides, 'same'), get(`${name}.bias`)) as tf.Tensor4D
  return activation === 'linear' ? y : tf.relu6(y)
}

function block(x: tf.Tensor4D, get: Get, name: string, strides: number, expansion: number): tf.Tensor4D {
  const wide = expansion === 1 ? x : convolve(x, get, `${name}.expand`, 1, 'relu6')
  const filter = get<tf.Tensor4D>(`${name}.depthwise.weight`)
  const bias = get(`${name}.depthwise.bias`)
  const spread = tf.relu6(tf.add(tf.depthwiseConv2d(wide, filter, strides, 'same'), bias)) as tf.Tensor4D
  const narrow = convolve(spread, get, `${name}.project`, 1, 'linear')
  return strides === 1 && narrow.shape[3] === x.shape[3] ? tf.add(x, narrow) : narrow
}

/** x [n, s, s, 3] in −1…1 and the weights by name → a logit for each cell [n, s / 32, s / 32]. */
export function evidenceOf(x: tf.Tensor4D, get: Get): tf.Tensor3D {
  let y = convolve(x, get, 'stem', 2, 'relu6')
  let number = 0
  for (const [stride, expansion, count] of STAGES) {
    for (let i = 0; i < count; i += 1, number += 1) y = block(y, get, `block.${number}`, i === 0 ? stride : 1, expansion)
  }
  const features = convolve(y, get, 'head', 1, 'relu6')
  const [count, height, width, channels] = features.shape
  const cells = tf.matMul(tf.reshape(features, [count * height * width, channels]), get<tf.Tensor2D>('logit.weight'))
  return tf.reshape(tf.add(cells, get('logit.bias')), [count, height, width])
}
