import { constant, convolve, convolveDepthwise } from '../src/faces/layers.ts'
import { regionMatrix } from '../src/faces/region.ts'
import { readFaceApiWeights } from '../src/faces/weights.ts'
import type { Box, Picture } from '../src/picture/picture.ts'
import { applyAffineToPoints, invertAffine, warpAffine } from '../src/picture/warp.ts'
import { type Device, type ProgramFn, tf } from '../src/tensor/index.ts'

const INPUT_PX = 112
const MEAN_RGB = [122.782, 117.001, 104.298]

/** face-api's 68-point network as a program: face [1, 112, 112, 3] RGB in 0…255 → points [136] in 0…1. */
async function loadNetwork(): Promise<ProgramFn> {
  const weight = await readFaceApiWeights('face_landmark_68_model')
  const tensor = (name: string) => constant(weight(name))
  const blocks = [0, 1, 2, 3].map((block) =>
    [0, 1, 2, 3].map((layer) => {
      const name = `dense${block}/conv${layer}`
      const bias = tensor(`${name}/bias`)
      if (block === 0 && layer === 0) return { filter: tensor(`${name}/filters`), bias }
      return { depthwise: tensor(`${name}/depthwise_filter`), filter: tensor(`${name}/pointwise_filter`), bias }
    }),
  )
  const fc = { weights: tensor('fc/weights'), bias: tensor('fc/bias') }
  const mean = tf.tensor(MEAN_RGB, [1, 1, 1, 3])
  const layer = (
    x: tf.Tensor4D,
    { depthwise, filter, bias }: { depthwise?: tf.Tensor; filter: tf.Tensor; bias: tf.Tensor },
    strides: number,
  ) =>
    depthwise === undefined
      ? convolve(x, filter, bias, strides, 'linear')
      : convolve(convolveDepthwise(x, depthwise, tf.zeros([depthwise.shape[2]!]), strides, 'linear'), filter, bias, 1, 'linear')
  return ({ face }) => {
    let x = tf.div(tf.sub(face!, mean), 255) as tf.Tensor4D
    for (const block of blocks) {
      let sum = tf.relu(layer(x, block[0]!, 2)) as tf.Tensor4D
      for (const each of block.slice(1)) sum = tf.add(sum, layer(tf.relu(sum) as tf.Tensor4D, each, 1)) as tf.Tensor4D
      x = tf.relu(sum) as tf.Tensor4D
    }
    const flat = tf.reshape(tf.avgPool(x, 7, 2, 'valid'), [1, -1]) as tf.Tensor2D
    return { outputs: { points: tf.reshape(tf.add(tf.matMul(flat, fc.weights as tf.Tensor2D), fc.bias), [136]) } }
  }
}

/** Compiles face-api's 68-point network; what it returns finds the points, in pixels of the picture, in a face's box. */
export async function openLandmarks68(device: Device): Promise<(picture: Picture, box: Box) => Promise<Float32Array>> {
  const program = await device.compile(await loadNetwork(), { inputs: { face: { shape: [1, INPUT_PX, INPUT_PX, 3] } } })
  return async (picture, { x, y, width, height }) => {
    const region = { centreX: x + width / 2, centreY: y + height / 2, sizePx: Math.max(width, height), angle: 0 }
    const matrix = regionMatrix(region, INPUT_PX)
    const data = Float32Array.from(warpAffine(picture, matrix, INPUT_PX, INPUT_PX).data)
    const { points } = await program.run({ face: { data, shape: [1, INPUT_PX, INPUT_PX, 3] } })
    return applyAffineToPoints(
      invertAffine(matrix),
      points!.data.map((value) => value * INPUT_PX),
    )
  }
}
