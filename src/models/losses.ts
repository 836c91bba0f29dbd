import { tf } from '../tensor/index.ts'
import type { Rendered } from './generator.ts'

/**
 * What a decoder should have rendered: faces [n, s, s, 3], masks, where differences count (see `aroundMask`), and the places of eyes and mouth
 * [n, s, s, 1], in 0–1.
 */
export interface Truth {
  readonly faces: tf.Tensor4D
  readonly masks: tf.Tensor4D
  readonly around: tf.Tensor4D
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
interface Blur {
  readonly down: tf.Tensor3D
  readonly across: tf.Tensor2D
}

/** Blurs pictures [n, s, s, c]: [n, s', s'·c]. */
function blurred(x: tf.Tensor4D, { down, across }: Blur): tf.Tensor3D {
  const [n, size, , channels] = x.shape
  const rows = tf.matMul(tf.reshape(x, [n * size, size * channels]), across)
  return tf.matMul(tf.tile(down, [n, 1, 1]), tf.reshape(rows, [n, size, -1]))
}

/** A blur by a window, within the borders. */
function blurMatrices(sizePx: number, channels: number, window: readonly number[]): Blur {
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
  const [, size, , channels] = a.shape
  const matrices = blurMatrices(size, channels, gaussianWindow(window))
  const blur = (x: tf.Tensor4D) => blurred(x, matrices)
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

/** Pictures [n, s, s, c] blurred by a Gaussian, inside their borders: weights add up to 1 there too. */
export function softened(x: tf.Tensor4D, deviationPx: number): tf.Tensor4D {
  const [, size, , channels] = x.shape
  const down = new Float32Array(size * size)
  const across = new Float32Array((size * channels) ** 2)
  for (let to = 0; to < size; to += 1) {
    const row = Array.from({ length: size }, (_, from) => Math.exp(-0.5 * ((to - from) / deviationPx) ** 2))
    const total = row.reduce((a, b) => a + b, 0)
    for (const [from, weight] of row.entries()) {
      down[to * size + from] = weight / total
      for (let c = 0; c < channels; c += 1) across[(from * channels + c) * size * channels + to * channels + c] = weight / total
    }
  }
  const blur = { down: tf.tensor3d(down, [1, size, size]), across: tf.tensor2d(across, [size * channels, size * channels]) }
  return tf.reshape(blurred(x, blur), x.shape) as tf.Tensor4D
}

/** Deviation of the blur of `aroundMask`, as a share of the side. */
const AROUND = 1 / 32

/**
 * Masks [n, s, s, 1] blurred and doubled, no more than 1: whole up to their edge, a third at 3 % of the side beyond it, nothing at 10 %. What
 * lies just outside a face is drawn with care too, since it is blended there.
 */
export function aroundMask(masks: tf.Tensor4D): tf.Tensor4D {
  const [, size] = masks.shape
  return tf.minimum(tf.mul(softened(masks, AROUND * size), 2), 1) as tf.Tensor4D
}

/** Weight of each part of the generator's loss; 0 leaves a part out and costs nothing. */
export interface LossWeights {
  /** Structural dissimilarity in and around the mask, at two scales. */
  readonly dssim: number
  /** Mean absolute error in and around the mask; in eyes and mouth, beside that; and everywhere. */
  readonly pixels: number
  readonly accents: number
  readonly everywhere: number
  /** Mean absolute error of the mask. */
  readonly mask: number
  /** How far the landmarks that the encoder names are off. */
  readonly landmarks: number
  /** Mean difference of neighbouring pixels of the source's faces as they are rendered (total variation). */
  readonly variation: number
  /** How far the recogniser's descriptor of the swap is from the source's. */
  readonly identity: number
  /** How far what the encoder names in the swap is from the target's landmarks. */
  readonly follow: number
  /** How far the discriminator's features of rendered faces are from those of the real ones (Salimans et al. 2016). */
  readonly features: number
  /** How well the discriminator of codes tells the target's from the source's. */
  readonly code: number
}

/** The middle way of the styles; see presets.ts. */
export const LOSSES: LossWeights = {
  dssim: 5,
  pixels: 10,
  accents: 30,
  everywhere: 0.5,
  mask: 2,
  landmarks: 2,
  variation: 0,
  identity: 0.5,
  follow: 1,
  features: 1,
  code: 0.01,
}

/** Structural similarity at a fine scale and at twice that; the windows DeepFaceLab takes from 256 px on. */
function similarity(a: tf.Tensor4D, b: tf.Tensor4D): tf.Scalar {
  const fine = windowSize(a.shape[1])
  return tf.mul(tf.add(ssim(a, b, fine), ssim(a, b, 2 * fine + 1)), 0.5)
}

/** The parts of a person's loss before their weights, scalars: for the log, so that gradients need not pass through them. */
export function reconstructionParts(
  made: Rendered,
  { faces, masks, around, accents }: Truth,
): Record<'pixels' | 'accents' | 'everywhere' | 'mask', tf.Scalar> {
  const off = tf.abs(tf.sub(made.rgb, faces))
  return {
    pixels: tf.mean(tf.mul(off, around)),
    accents: tf.mean(tf.mul(off, accents)),
    everywhere: tf.mean(off),
    mask: distance(made.mask, masks),
  }
}

/** DSSIM in and around the mask and L1 there, in eyes and mouth, and everywhere, and of the mask, each times its weight; a scalar. */
export function reconstructionLoss(made: Rendered, truth: Truth, weights: LossWeights): tf.Scalar {
  const { faces, masks, around, accents } = truth
  const off = tf.abs(tf.sub(made.rgb, faces))
  const where = tf.add(tf.add(tf.mul(around, weights.pixels), tf.mul(accents, weights.accents)), weights.everywhere)
  const pixels = tf.mean(tf.mul(off, where))
  const outline = tf.mean(tf.abs(tf.sub(made.mask, masks)))
  const structure = tf.mul(tf.sub(1, similarity(tf.mul(made.rgb, around), tf.mul(faces, around))), weights.dssim / 2)
  return tf.add(tf.add(structure, pixels), tf.mul(outline, weights.mask))
}

/** Mean absolute difference of two tensors of one shape; a scalar. */
export function distance(a: tf.Tensor, b: tf.Tensor): tf.Scalar {
  return tf.mean(tf.abs(tf.sub(a, b)))
}

/** Mean absolute difference of neighbouring pixels, across and down, of pictures [n, s, s, c]; a scalar. */
export function totalVariation(pictures: tf.Tensor4D): tf.Scalar {
  const [n, h, w, c] = pictures.shape
  const across = distance(tf.slice4d(pictures, [0, 0, 1, 0], [n, h, w - 1, c]), tf.slice4d(pictures, [0, 0, 0, 0], [n, h, w - 1, c]))
  const down = distance(tf.slice4d(pictures, [0, 1, 0, 0], [n, h - 1, w, c]), tf.slice4d(pictures, [0, 0, 0, 0], [n, h - 1, w, c]))
  return tf.add(across, down)
}

/** Mean binary cross-entropy of logits against "real" or "fake"; a scalar. */
export function adversarialLoss(logits: readonly tf.Tensor[], real: boolean): tf.Scalar {
  const each = logits.map((x) => tf.mean(tf.softplus(real ? tf.neg(x) : x)))
  return tf.div(tf.addN(each), each.length)
}
