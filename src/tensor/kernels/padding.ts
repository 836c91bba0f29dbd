import { DfkError } from '../../work/errors.ts'
import type { WindowInfo } from './windows.ts'

/**
 * How far the last window reaches beyond the picture: less than the padding where steps are left over, more where the size was
 * rounded up. tf.js works sizes out from the rows alone where the padding is one number, so that whole columns may be left over.
 */
function beyond(out: number, stride: number, reach: number, size: number, before: number): number {
  const over = (out - 1) * stride + reach - size - before
  if (over > -stride) return Math.max(0, over)
  throw new DfkError('expected a window as wide as tall, with strides alike, where the padding is one number', {
    hint: 'give each side its own padding: [[0, 0], [top, bottom], [left, right], [0, 0]]',
  })
}

/** Paddings [top, left, bottom, right] with which ONNX comes to the output size that tf.js worked out. */
export function paddingOf(info: WindowInfo): [number, number, number, number] {
  const { top, left } = info.padInfo
  const reach = (taps: number, dilation: number): number => (taps - 1) * dilation + 1
  const tall = reach(info.filterHeight, info.dilationHeight)
  const wide = reach(info.filterWidth, info.dilationWidth)
  return [
    top,
    left,
    beyond(info.outHeight, info.strideHeight, tall, info.inHeight, top),
    beyond(info.outWidth, info.strideWidth, wide, info.inWidth, left),
  ]
}
