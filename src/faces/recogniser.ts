import { tf } from '../tensor/tf.ts'
import type { ProgramFn } from '../tensor/types.ts'
import { constant, convolve, scaleOutputs } from './layers.ts'
import type { LoadedNetwork, Network } from './networks.ts'
import { FACE_API, readFaceApiWeights, type Weight } from './weights.ts'

/** Side of the recogniser's input, px. */
export const RECOGNISER_INPUT_PX = 150

/** Face descriptor network of face-api (dlib's 29-layer residual network): pictures [n, 150, 150, 3] RGB in 0…255 → descriptor [n, 128]. */
export const RECOGNISER: Network = { name: 'face descriptor', sizePx: RECOGNISER_INPUT_PX, pack: FACE_API, load: loadRecogniser }

/** Residual blocks in order; those ending in `_down` halve the picture. */
const BLOCKS = [
  ...['conv32_1', 'conv32_2', 'conv32_3', 'conv64_down', 'conv64_1', 'conv64_2', 'conv64_3', 'conv128_down', 'conv128_1', 'conv128_2'],
  ...['conv256_down', 'conv256_1', 'conv256_2', 'conv256_down_out'],
]
const MEAN_RGB = [122.782, 117.001, 104.298]

interface Convolution {
  readonly filter: tf.Tensor
  readonly bias: tf.Tensor
}

async function loadRecogniser(): Promise<LoadedNetwork> {
  const weight = await readFaceApiWeights('face_recognition_model')
  const stem = foldScale('conv32_down', weight)
  const blocks = BLOCKS.map((name) => ({
    halves: name.includes('_down'),
    first: foldScale(`${name}/conv1`, weight),
    second: foldScale(`${name}/conv2`, weight),
  }))
  const fc = constant(weight('fc'))
  const mean = tf.tensor(MEAN_RGB, [1, 1, 1, 3])
  const program: ProgramFn = ({ pictures }) => {
    const input = tf.div(tf.sub(pictures!, mean), 255) as tf.Tensor4D
    let x = tf.maxPool(convolve(input, stem.filter, stem.bias, 2, 'relu', 'valid'), 3, 2, 'valid')
    for (const block of blocks) x = residual(x, block.first, block.second, block.halves)
    return { outputs: { descriptor: tf.matMul(tf.mean(x, [1, 2]), fc as tf.Tensor2D) } }
  }
  const layers = [stem, ...blocks.flatMap(({ first, second }) => [first, second])]
  const dispose = () => tf.dispose([...layers.flatMap(({ filter, bias }) => [filter, bias]), fc, mean])
  return Object.assign(program, { dispose })
}

/** The per-channel scale and shift after each convolution, folded into its filter and bias. */
function foldScale(name: string, weight: (name: string) => Weight): Convolution {
  const gain = weight(`${name}/scale/weights`).data
  const shift = weight(`${name}/scale/biases`).data
  const bias = weight(`${name}/conv/bias`).data
  return {
    filter: constant(scaleOutputs(weight(`${name}/conv/filters`), gain)),
    bias: constant({ data: bias.map((value, i) => value * gain[i]! + shift[i]!), shape: [bias.length] }),
  }
}

function residual(x: tf.Tensor4D, first: Convolution, second: Convolution, halves: boolean): tf.Tensor4D {
  const inner = convolve(x, first.filter, first.bias, halves ? 2 : 1, 'relu', halves ? 'valid' : 'same')
  const out = convolve(inner, second.filter, second.bias, 1, 'linear')
  if (!halves) return tf.relu(tf.add(out, x)) as tf.Tensor4D
  const pooled = tf.avgPool(x, 2, 2, 'valid')
  const [, h = 0, w = 0, c = 0] = pooled.shape
  const grown = tf.pad(out, padding(out.shape, [h, w, c])) as tf.Tensor4D
  const skip = tf.pad(pooled, padding(pooled.shape, [grown.shape[1]!, grown.shape[2]!, grown.shape[3]!])) as tf.Tensor4D
  return tf.relu(tf.add(skip, grown)) as tf.Tensor4D
}

/** Zeros at the end of each of the three axes up to the wanted sizes. */
function padding(shape: readonly number[], wanted: readonly number[]): [number, number][] {
  return [[0, 0], ...wanted.map((size, i) => [0, Math.max(0, size - shape[i + 1]!)] as [number, number])]
}
