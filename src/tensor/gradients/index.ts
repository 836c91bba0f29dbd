import type { tf } from '../tf.ts'
import { convolution, pooling } from './convolution.ts'
import { cumsum, depthToSpace, mirrorPad, stridedSlice, tile } from './shape.ts'
import type { Config, Gradients, Tf } from './spread.ts'

/** x added up until it has `shape`: what broadcasting repeated. */
function sumTo(tf: Tf, x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const lead = x.shape.length - shape.length
  const axes = x.shape.flatMap((size, axis) => (axis < lead || (size > 1 && shape[axis - lead] === 1) ? [axis] : []))
  return tf.reshape(axes.length === 0 ? x : tf.sum(x, axes), [...shape])
}

/** tf.js's own gradient, which knows no broadcasting, added up to the shapes of a and b. */
function broadcasting(tf: Tf, kernelName: string): Config {
  const plain = tf.getGradient(kernelName)
  return {
    ...plain,
    gradFunc: (dy, saved, attrs) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor]
      const gradients = plain.gradFunc(dy, saved, attrs)
      return { a: () => sumTo(tf, gradients['a']!(), a.shape), b: () => sumTo(tf, gradients['b']!(), b.shape) }
    },
  }
}

/** tf.js forgets that a list of one tensor is a list. */
function listing(tf: Tf, kernelName: string): Config {
  const plain = tf.getGradient(kernelName)
  return { ...plain, gradFunc: (dy, saved, attrs) => plain.gradFunc([dy].flat(), saved, attrs) }
}

/** Replaces the gradients that tf.js lacks or has wrong, on every backend. */
export function registerGradients(tf: Tf): void {
  const simple = (kernelName: string, gradients: (dy: tf.Tensor, x: tf.Tensor, attrs: never) => Gradients): void =>
    tf.registerGradient({
      kernelName,
      inputsToSave: ['x'],
      gradFunc: (dy, [x], attrs) => gradients(dy as tf.Tensor, x!, attrs as never),
    })
  for (const name of ['BatchMatMul', 'Maximum', 'Minimum', 'SquaredDifference']) tf.registerGradient(broadcasting(tf, name))
  for (const name of ['SplitV', 'Unpack']) tf.registerGradient(listing(tf, name))
  for (const name of ['Conv2D', 'DepthwiseConv2dNative'] as const) tf.registerGradient(convolution(tf, name))
  for (const name of ['AvgPool', 'MaxPool'] as const) tf.registerGradient(pooling(tf, name))
  simple('Cumsum', (dy, _, attrs) => cumsum(tf, dy, attrs))
  simple('DepthToSpace', (dy, _, attrs) => depthToSpace(tf, dy, attrs))
  simple('MirrorPad', (dy, x, attrs) => mirrorPad(tf, dy, x, attrs))
  simple('StridedSlice', (dy, x, attrs) => stridedSlice(tf, dy, x, attrs))
  simple('Tile', (dy, x, attrs) => tile(tf, dy, x, attrs))
}
