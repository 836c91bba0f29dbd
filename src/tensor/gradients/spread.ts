import type { tf } from '../tf.ts'

export type Tf = typeof import('@tensorflow/tfjs')
export type Config = Parameters<Tf['registerGradient']>[0]
export type Gradients = ReturnType<Config['gradFunc']>

/** x with `step − 1` zeros between its elements along an axis. */
export function spread(tf: Tf, x: tf.Tensor, axis: number, step: number): tf.Tensor {
  if (step === 1) return x
  const [before, size, after] = [x.shape.slice(0, axis), x.shape[axis]!, x.shape.slice(axis + 1)]
  const none = (shape: readonly number[]): [number, number][] => shape.map(() => [0, 0])
  const wide = tf.pad(tf.reshape(x, [...before, size, 1, ...after]), [...none(before), [0, 0], [0, step - 1], ...none(after)])
  const joined = tf.reshape(wide, [...before, size * step, ...after])
  const kept = [...before, (size - 1) * step + 1, ...after]
  return tf.slice(
    joined,
    kept.map(() => 0),
    kept,
  )
}
