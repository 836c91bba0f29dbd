import { tf } from '../tensor/index.ts'
import type { Rendered } from './generator.ts'

/** What a decoder should have rendered: faces [n, s, s, 3], masks and the places of eyes and mouth [n, s, s, 1], in 0–1. */
export interface Truth {
  readonly faces: tf.Tensor4D
  readonly masks: tf.Tensor4D
  readonly accents: tf.Tensor4D
}

const C1 = 0.01 ** 2
const C2 = 0.03 ** 2

/** Gaussian window of SSIM (Wang et al. 2004), `size` wide, deviation 1.5 at 11 px, adding up to 1. */
export function gaussianWindow(size: number): number[] {
  const sigma = (1.5 / 11) * size
  const raw = Array.from({ length: size }, (_, i) => Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * sigma ** 2)))
  const total = raw.reduce((a, b) => a + b, 0)
  return raw.map((value) => value / total)
}

/** Side of the window for a picture size, odd: DeepFaceLab's s / 11.6, no less than 5. */
export function windowSize(sizePx: number): number {
  return Math.max(5, 2 * Math.floor(sizePx / 11.6 / 2) + 1)
}

/**
 * A blur as two matrix products, which cost less than a convolution and whose gradients are products again.
 * `down` [1, s', s] works on rows from the left; `across` [s·c, s'·c] on columns from the right, c channels side by side.
 */
function blurMatrices(sizePx: number, channels: number, window: readonly number[]): { down: tf.Tensor3D; across: tf.Tensor2D } {
  const out = sizePx - window.length + 1
  const down = new Float32Array(out * sizePx)
  const across = new Float32Array(sizePx * channels * out * channels)
  for (let o = 0; o < out; o += 1) {
    for (const [k, weight] of window.entries()) {
      down[o * sizePx + o + k] = weight
      for (let c = 0; c < channels; c += 1) across[((o + k) * channels + c) * out * channels + o * channels + c] = weight
    }
  }
  return { down: tf.tensor3d(down, [1, out, sizePx]), across: tf.tensor2d(across, [sizePx * channels, out * channels]) }
}

/**
 * Mean structural similarity of two batches of pictures [n, s, s, c] in 0–1, Gaussian window without borders
 * (Wang et al. 2004); a scalar, 1 where they are equal.
 */
export function ssim(a: tf.Tensor4D, b: tf.Tensor4D, window: number): tf.Scalar {
  const [n, size, , channels] = a.shape
  const { down, across } = blurMatrices(size, channels, gaussianWindow(window))
  const out = size - window + 1
  const blur = (x: tf.Tensor4D): tf.Tensor => {
    const rows = tf.matMul(tf.reshape(x, [n * size, size * channels]), across)
    return tf.matMul(tf.tile(down, [n, 1, 1]), tf.reshape(rows, [n, size, out * channels]))
  }
  const meanA = blur(a)
  const meanB = blur(b)
  const meanAB = tf.mul(meanA, meanB)
  const squares = tf.add(tf.square(meanA), tf.square(meanB))
  // Variances of both at once: E[a² + b²] − (E[a]² + E[b]²).
  const variances = tf.sub(blur(tf.add(tf.square(a), tf.square(b))), squares)
  const covariance = tf.sub(blur(tf.mul(a, b)), meanAB)
  const likeness = tf.mul(tf.add(tf.mul(meanAB, 2), C1), tf.add(tf.mul(covariance, 2), C2))
  return tf.mean(tf.div(likeness, tf.mul(tf.add(squares, C1), tf.add(variances, C2))))
}

/** Weights of the reconstruction loss; eyes and mouth count more, as DeepFaceLab's priority has it. */
const WEIGHTS = { dssim: 5, inMask: 10, accents: 30, mask: 2, everywhere: 0.5, landmarks: 2 } as const

/** 5·DSSIM + 10·L1 inside the mask + 30·L1 in eyes and mouth + 2·L1 of the mask + 0.5·L1 everywhere; a scalar. */
export function reconstructionLoss(made: Rendered, truth: Truth): tf.Scalar {
  const { faces, masks, accents } = truth
  const off = tf.abs(tf.sub(made.rgb, faces))
  const similarity = ssim(tf.mul(made.rgb, masks), tf.mul(faces, masks), windowSize(faces.shape[1]))
  const weights = tf.add(tf.add(tf.mul(masks, WEIGHTS.inMask), tf.mul(accents, WEIGHTS.accents)), WEIGHTS.everywhere)
  const pixels = tf.mean(tf.mul(off, weights))
  const outline = tf.mean(tf.abs(tf.sub(made.mask, masks)))
  const structure = tf.mul(tf.sub(1, similarity), WEIGHTS.dssim / 2)
  return tf.add(tf.add(structure, pixels), tf.mul(outline, WEIGHTS.mask))
}

/** How far the landmarks that the encoder names [n, m] are off, L1; a scalar. */
export function landmarkLoss(found: tf.Tensor, truth: tf.Tensor): tf.Scalar {
  return tf.mul(tf.mean(tf.abs(tf.sub(found, truth))), WEIGHTS.landmarks)
}

/** Mean binary cross-entropy of logits against "real" or "fake"; a scalar. */
export function adversarialLoss(logits: readonly tf.Tensor[], real: boolean): tf.Scalar {
  const each = logits.map((x) => tf.mean(tf.softplus(real ? tf.neg(x) : x)))
  return tf.div(tf.addN(each), each.length)
}
