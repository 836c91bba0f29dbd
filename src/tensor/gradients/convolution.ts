import type { tf } from '../tf.ts'
import { type Config, spread, type Tf } from './spread.ts'

type Pair = readonly [number, number]

/** Every `step`-th element along an axis: what `spread` did, undone. */
function thinned(tf: Tf, x: tf.Tensor, axis: number, step: number): tf.Tensor {
  if (step === 1) return x
  const places = Int32Array.from({ length: Math.ceil(x.shape[axis]! / step) }, (_, i) => i * step)
  return tf.gather(x, tf.tensor1d(places, 'int32'), axis)
}

interface ConvAttrs {
  readonly dilations: number | Pair
}

/**
 * Convolution with any dilation and rounding, which tf.js has no gradient for: that of the convolution without dilation
 * by a filter with zeros between its taps.
 */
export function convolution(tf: Tf, kernelName: 'Conv2D' | 'DepthwiseConv2dNative'): Config {
  return {
    kernelName,
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, saved, attrs) => {
      const [x, filter] = saved as [tf.Tensor, tf.Tensor]
      const { dilations = 1 } = attrs as unknown as ConvAttrs
      const [down, across] = typeof dilations === 'number' ? [dilations, dilations] : dilations
      const wide = spread(tf, spread(tf, filter, 0, down), 1, across)
      const geometry = { ...attrs, dilations: [1, 1], inputShape: x.shape, filterShape: wide.shape }
      const run = (kernel: string, inputs: tf.NamedTensorMap) => tf.engine().runKernel(kernel, inputs, geometry) as tf.Tensor
      return {
        x: () => run(`${kernelName}BackpropInput`, { dy: dy as tf.Tensor, filter: wide }),
        filter: () => thinned(tf, thinned(tf, run(`${kernelName}BackpropFilter`, { x, dy: dy as tf.Tensor }), 0, down), 1, across),
      }
    },
  }
}

/** Pooling's gradients with the rounding of the sizes, which tf.js forgets. */
export function pooling(tf: Tf, kernelName: 'AvgPool' | 'MaxPool'): Config {
  return {
    kernelName,
    inputsToSave: ['x'],
    ...(kernelName === 'MaxPool' && { outputsToSave: [true] }),
    gradFunc: (dy, saved, attrs) => {
      const [input, output] = saved as [tf.Tensor, tf.Tensor | undefined]
      const inputs = { dy: dy as tf.Tensor, input, ...(output && { output }) }
      return { x: () => tf.engine().runKernel(`${kernelName}Grad`, inputs, attrs) as tf.Tensor }
    },
  }
}
