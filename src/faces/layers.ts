import { tf } from '../tensor/tf.ts'
import type { Weight } from './weights.ts'

type Activation = 'linear' | 'relu' | 'relu6'

/** A weight as a constant tensor. */
export function constant({ data, shape }: Weight): tf.Tensor {
  return tf.tensor(data, [...shape])
}

/** Multiplies the filter's output channels (its last axis) by `gain`, so that no pass over the feature map has to. */
export function scaleOutputs({ data, shape }: Weight, gain: Float32Array): Weight {
  return { data: data.map((value, i) => value * gain[i % gain.length]!), shape }
}

/** Convolution, bias and activation. x [n, h, w, c], filter [kh, kw, c, k], bias [k]. */
export function convolve(
  x: tf.Tensor4D,
  filter: tf.Tensor,
  bias: tf.Tensor,
  strides: number,
  activation: Activation,
  pad: 'same' | 'valid' = 'same',
): tf.Tensor4D {
  return tf.fused.conv2d({ x, filter: filter as tf.Tensor4D, strides, pad, bias, activation })
}

/** Depthwise convolution, bias and activation. x [n, h, w, c], filter [kh, kw, c, 1], bias [c]. */
export function convolveDepthwise(
  x: tf.Tensor4D,
  filter: tf.Tensor,
  bias: tf.Tensor,
  strides: number,
  activation: Activation,
): tf.Tensor4D {
  return tf.fused.depthwiseConv2d({ x, filter: filter as tf.Tensor4D, strides, pad: 'same', bias, activation })
}
