import { tf } from '../tensor/tf.ts'
import type { ProgramFn } from '../tensor/types.ts'
import { constant, convolve, convolveDepthwise } from './layers.ts'
import type { LoadedNetwork, Network } from './networks.ts'
import { FACE_API, readFaceApiWeights, type Weight } from './weights.ts'

/** Side of the detector's input, px. */
export const SSD_INPUT_PX = 512

const EPSILON = 0.001
const HALVING_LAYERS = [2, 4, 6, 12]

const WEIGHTS = 'ssd_mobilenetv1_model'

/**
 * The face detector of face-api: SSD on MobileNet v1 (Liu et al. 2016, Howard et al. 2017), batch norms folded into the filters.
 * pictures [n, 512, 512, 3] RGB in −1…1 → scores [n, 5118] as logits, codes [n, 5118, 4] as (dy, dx, log h, log w) relative to the anchors.
 */
export const SSD: Network = { name: 'face detector', sizePx: SSD_INPUT_PX, pack: FACE_API, load: loadSsd }

/** The detector's anchors: 5118 × (top, left, bottom, right) in 0…1 of the input. */
export async function loadAnchors(): Promise<Float32Array> {
  return (await readFaceApiWeights(WEIGHTS))('Output/extra_dim').data
}

async function loadSsd(): Promise<LoadedNetwork> {
  const weight = await readFaceApiWeights(WEIGHTS)
  const tensors = new Map<string, tf.Tensor>()
  const keep = (name: string, value: Weight) => tensors.set(name, constant(value))
  const names = (prefix: string) => [`${prefix}/weights`, `${prefix}/convolution_bn_offset`]
  for (let i = 0; i <= 13; i++) for (const name of names(`MobilenetV1/Conv2d_${i}_pointwise`)) keep(name, weight(name))
  for (let i = 0; i <= 7; i++) for (const name of names(`Prediction/Conv2d_${i}_pointwise`)) keep(name, weight(name))
  for (let i = 1; i <= 13; i++) foldDepthwise(`MobilenetV1/Conv2d_${i}_depthwise`, weight, keep)
  for (let i = 0; i <= 5; i++) {
    for (const head of ['BoxEncodingPredictor', 'ClassPredictor']) {
      for (const part of ['weights', 'biases']) {
        const name = `Prediction/BoxPredictor_${i}/${head}/${part}`
        keep(name, weight(name))
      }
    }
  }
  const program: ProgramFn = ({ pictures }) => ({ outputs: forward(pictures as tf.Tensor4D, (name) => tensors.get(name)!) })
  return Object.assign(program, { dispose: () => tf.dispose([...tensors.values()]) })
}

function foldDepthwise(name: string, weight: (name: string) => Weight, keep: (name: string, value: Weight) => void): void {
  const filter = weight(`${name}/depthwise_weights`)
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(
    (part) => weight(`${name}/BatchNorm/${part}`).data,
  ) as [Float32Array, Float32Array, Float32Array, Float32Array]
  const gain = gamma.map((value, i) => value / Math.sqrt(variance[i]! + EPSILON))
  keep(`${name}/weights`, { data: filter.data.map((value, i) => value * gain[i % gain.length]!), shape: filter.shape })
  keep(`${name}/bias`, { data: beta.map((value, i) => value - mean[i]! * gain[i]!), shape: [beta.length] })
}

function forward(pictures: tf.Tensor4D, get: (name: string) => tf.Tensor): Record<'scores' | 'codes', tf.Tensor> {
  const pointwise = (x: tf.Tensor4D, name: string, strides: number) =>
    convolve(x, get(`${name}/weights`), get(`${name}/convolution_bn_offset`), strides, 'relu6')
  let x = pointwise(pictures, 'MobilenetV1/Conv2d_0_pointwise', 2)
  const features: tf.Tensor4D[] = []
  for (let i = 1; i <= 13; i++) {
    const depthwise = `MobilenetV1/Conv2d_${i}_depthwise`
    x = convolveDepthwise(x, get(`${depthwise}/weights`), get(`${depthwise}/bias`), HALVING_LAYERS.includes(i) ? 2 : 1, 'relu6')
    x = pointwise(x, `MobilenetV1/Conv2d_${i}_pointwise`, 1)
    if (i === 11 || i === 13) features.push(x)
  }
  for (let i = 0; i <= 7; i++) {
    x = pointwise(x, `Prediction/Conv2d_${i}_pointwise`, i % 2 === 1 ? 2 : 1)
    if (i % 2 === 1) features.push(x)
  }
  const [n] = pictures.shape
  const heads = features.map((feature, i) => {
    const head = (kind: string, width: number) => {
      const name = `Prediction/BoxPredictor_${i}/${kind}`
      return tf.reshape(convolve(feature, get(`${name}/weights`), get(`${name}/biases`), 1, 'linear'), [n, -1, width])
    }
    return { codes: head('BoxEncodingPredictor', 4), classes: head('ClassPredictor', 3) }
  })
  const join = (parts: tf.Tensor[]) => tf.concat(parts, 1)
  const classes = join(heads.map((head) => head.classes)) // [n, 5118, 3]
  const count = classes.shape[1]!
  return {
    scores: tf.reshape(tf.slice(classes, [0, 0, 1], [n, count, 1]), [n, count]),
    codes: join(heads.map((head) => head.codes)),
  }
}
