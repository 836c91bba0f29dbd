import { type StridedSliceAttrs, stridedPlaces } from '../strided.ts'
import type { tf } from '../tf.ts'
import { type Gradients, spread, type Tf } from './spread.ts'

type Pair = readonly [number, number]

/** tf.js turns the axes of the result where the axis is not the last. */
export function cumsum(tf: Tf, dy: tf.Tensor, attrs: { axis: number; exclusive: boolean; reverse: boolean }): Gradients {
  return { x: () => tf.cumsum(dy, attrs.axis, attrs.exclusive, !attrs.reverse) }
}

/** tf.js forgets what the mirrored elements give back to those that they mirror. */
export function mirrorPad(tf: Tf, dy: tf.Tensor, x: tf.Tensor, attrs: { paddings: Pair[]; mode: 'reflect' | 'symmetric' }): Gradients {
  const offset = attrs.mode === 'reflect' ? 1 : 0
  const folded = (padded: tf.Tensor, axis: number): tf.Tensor => {
    const [before, after] = attrs.paddings[axis]!
    const size = x.shape[axis]!
    const [head, middle, tail] = tf.split(padded, [before, size, after], axis) as [tf.Tensor, tf.Tensor, tf.Tensor]
    const placed = (part: tf.Tensor, length: number, at: number): tf.Tensor =>
      tf.pad(
        tf.reverse(part, axis),
        x.shape.map((_, i): [number, number] => (i === axis ? [at, size - length - at] : [0, 0])),
      )
    const parts = [middle]
    if (before > 0) parts.push(placed(head, before, offset))
    if (after > 0) parts.push(placed(tail, after, size - after - offset))
    return tf.addN(parts)
  }
  return { x: () => x.shape.reduce((padded, _, axis) => folded(padded, axis), dy) }
}

/** Each element goes back to where it was taken from; tf.js has no gradient for it. */
export function stridedSlice(tf: Tf, dy: tf.Tensor, x: tf.Tensor, a: StridedSliceAttrs): Gradients {
  const { begin, strides, taken } = stridedPlaces(tf, x.shape, a)
  const returned = (part: tf.Tensor, axis: number): tf.Tensor => {
    const [stride, last] = [strides[axis]!, (taken[axis]! - 1) * strides[axis]!]
    const wide = spread(tf, stride < 0 ? tf.reverse(part, axis) : part, axis, Math.abs(stride))
    const low = Math.min(begin[axis]!, begin[axis]! + last)
    const high = x.shape[axis]! - low - wide.shape[axis]!
    return tf.pad(
      wide,
      x.shape.map((_, i): [number, number] => (i === axis ? [low, high] : [0, 0])),
    )
  }
  if (taken.includes(0)) return { x: () => tf.zerosLike(x) }
  return { x: () => x.shape.reduce((part, _, axis) => returned(part, axis), tf.reshape(dy, taken) as tf.Tensor) }
}

/** Space to depth; tf.js has no gradient for it. */
export function depthToSpace(tf: Tf, dy: tf.Tensor, { blockSize: b, dataFormat }: { blockSize: number; dataFormat: string }): Gradients {
  const gathered = (wide: tf.Tensor): tf.Tensor => {
    const [n, h, w, c] = wide.shape as [number, number, number, number]
    const blocks = tf.transpose(tf.reshape(wide, [n, h / b, b, w / b, b, c]), [0, 1, 3, 2, 4, 5])
    return tf.reshape(blocks, [n, h / b, w / b, b * b * c])
  }
  if (dataFormat !== 'NCHW') return { x: () => gathered(dy) }
  return { x: () => tf.transpose(gathered(tf.transpose(dy, [0, 2, 3, 1])), [0, 3, 1, 2]) }
}

/** The copies added up, of any rank; tf.js slices each copy out, and stops at rank 4. */
export function tile(tf: Tf, dy: tf.Tensor, x: tf.Tensor, { reps }: { reps: number[] }): Gradients {
  const split = x.shape.flatMap((size, axis) => [reps[axis]!, size])
  const copies = x.shape.map((_, axis) => 2 * axis)
  return { x: () => tf.sum(tf.reshape(dy, split), copies) }
}
