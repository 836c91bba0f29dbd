import { tf } from '../tensor/index.ts'

/** One axis of a framing: a place p of the picture, 0–1, lies at scale·p + shift in the other. */
interface Axis {
  readonly scale: number
  readonly shift: number
}

/** How one framing of a face lies in another: upright, so that the axes are apart. */
export interface Framing {
  readonly scale: number
  readonly shiftX: number
  readonly shiftY: number
}

/** The way back. */
export function invertFraming({ scale, shiftX, shiftY }: Framing): Framing {
  return { scale: 1 / scale, shiftX: -shiftX / scale, shiftY: -shiftY / scale }
}

/** For each pixel of the new picture, of side `toPx`, the bilinear weights of the old one's, [from, to]; outside, its border or nothing. */
function axisWeights(sizePx: number, toPx: number, { scale, shift }: Axis, outside: 'border' | 'nothing'): Float32Array {
  const weights = new Float32Array(sizePx * toPx)
  for (let to = 0; to < toPx; to += 1) {
    const at = (scale * ((to + 0.5) / toPx) + shift) * sizePx - 0.5
    const low = Math.floor(at)
    for (const [from, weight] of [[low, 1 - (at - low)] as const, [low + 1, at - low] as const]) {
      const inside = from >= 0 && from < sizePx
      if (!inside && outside === 'nothing') continue
      weights[Math.max(0, Math.min(sizePx - 1, from)) * toPx + to]! += weight
    }
  }
  return weights
}

/**
 * Cuts square pictures [n, s, s, c] out anew by two matrix products, which every ONNX runtime has; `framing` says where the new picture
 * lies in the old one. `reverse` turns the order of the channels, RGB to BGR; `sizePx` is the new picture's side, the old one's where left out.
 */
export function reframe(
  x: tf.Tensor4D,
  framing: Framing,
  options: { readonly outside: 'border' | 'nothing'; readonly reverse?: boolean; readonly sizePx?: number },
): tf.Tensor4D {
  const [n, size, , channels] = x.shape
  const to = options.sizePx ?? size
  const rows = axisWeights(size, to, { scale: framing.scale, shift: framing.shiftY }, options.outside)
  const columns = axisWeights(size, to, { scale: framing.scale, shift: framing.shiftX }, options.outside)
  const across = new Float32Array(size * channels * to * channels)
  for (let from = 0; from < size; from += 1) {
    for (let column = 0; column < to; column += 1) {
      for (let c = 0; c < channels; c += 1) {
        const goes = options.reverse === true ? channels - 1 - c : c
        across[(from * channels + c) * to * channels + column * channels + goes] = columns[from * to + column]!
      }
    }
  }
  const wide = tf.matMul(tf.reshape(x, [n * size, size * channels]), tf.tensor2d(across, [size * channels, to * channels]))
  const down = tf.transpose(tf.tensor2d(rows, [size, to]))
  return tf.reshape(tf.matMul(tf.tile(tf.expandDims(down, 0), [n, 1, 1]), tf.reshape(wide, [n, size, to * channels])), [
    n,
    to,
    to,
    channels,
  ])
}
