import { describe, it } from 'vitest'
import { adversarialLoss, distance, LOSSES, reconstructionLoss } from '../../src/models/losses.ts'
import { tf } from '../../src/tensor/index.ts'
import { type Body, expectLikeTf, type Input } from './against.ts'

const picture: Input = { shape: [2, 12, 12, 3], low: 0, high: 1 }
const mask: Input = { shape: [2, 12, 12, 1], low: 0, high: 1 }
const truth = (input: Input): Input => ({ ...input, fixed: true })

/** Two convolutions, pooling and a dense layer: x [4, 8, 8, 3] → logits [4, 5]. */
const classifier: Body = (x, first, bias, second, dense) => {
  const seen = tf.leakyRelu(tf.add(tf.conv2d(x as tf.Tensor4D, first as tf.Tensor4D, 1, 'same'), bias!), 0.1)
  const pooled = tf.maxPool(seen as tf.Tensor4D, 2, 2, 'same')
  const deep = tf.elu(tf.conv2d(pooled, second as tf.Tensor4D, 2, 'same'))
  return tf.matMul(tf.reshape(deep, [4, 32]), dense as tf.Tensor2D)
}
const classifierInputs: Input[] = [
  { shape: [4, 8, 8, 3] },
  { shape: [3, 3, 3, 6], low: -0.4, high: 0.4 },
  { shape: [6] },
  { shape: [3, 3, 6, 8], low: -0.3, high: 0.3 },
  { shape: [32, 5], low: -0.3, high: 0.3 },
]

/** Halves the picture, joins it, resized, with what it was made from, and normalises: [2, 6, 6, 3] → [2, 6, 6, 4]. */
const hourglass: Body = (x, down, depthwise, offset, scale) => {
  const low = tf.selu(tf.conv2d(x as tf.Tensor4D, down as tf.Tensor4D, 2, 'same'))
  const moved = tf.depthwiseConv2d(
    tf.mirrorPad(
      low,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      'reflect',
    ) as tf.Tensor4D,
    depthwise as tf.Tensor4D,
    1,
    'valid',
  )
  const wide = tf.concat([tf.image.resizeBilinear(moved, [6, 6], false, true), tf.avgPool(x as tf.Tensor4D, 1, 1, 'same')], 3)
  const { mean, variance } = tf.moments(wide, [1, 2], true)
  return tf.add(tf.mul(tf.mul(tf.sub(wide, mean), tf.rsqrt(tf.add(variance, 1e-3))), scale!), offset!)
}

/** Scaled dot products of queries, keys and values [2, 3, 5, 4], as attention has them. */
const attention: Body = (q, k, v) => tf.matMul(tf.softmax(tf.div(tf.matMul(q!, k!, false, true), 2)), v!)

/**
 * A gradient inside a loss: how far the slope of a small judge by its picture is from 1 (Gulrajani et al. 2017). Its activation
 * must be one whose gradient tf.js computes from the input: of those that it computes from the output (tanh, sigmoid, exp, elu, …)
 * tf.js's tape loses a part of the second gradient, eagerly too.
 */
const slopePenalty: Body = (x, filter, dense) => {
  const judge = (picture: tf.Tensor): tf.Scalar => {
    const seen = tf.softplus(tf.conv2d(picture as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same'))
    return tf.sum(tf.matMul(tf.reshape(seen, [2, 36]), dense as tf.Tensor2D))
  }
  const slopes = tf.sqrt(tf.sum(tf.square(tf.grad(judge)(x!)), [1, 2, 3]))
  return tf.mean(tf.square(tf.sub(slopes, 1)))
}

const losses: Record<string, [Body, Input[]]> = {
  'reconstruction of pictures': [
    (rgb, drawn, faces, masks, around, accents) =>
      reconstructionLoss(
        { rgb: rgb as tf.Tensor4D, mask: drawn as tf.Tensor4D },
        { faces: faces as tf.Tensor4D, masks: masks as tf.Tensor4D, around: around as tf.Tensor4D, accents: accents as tf.Tensor4D },
        LOSSES,
      ),
    [picture, mask, truth(picture), truth(mask), truth(mask), truth(mask)],
  ],
  landmarks: [(found, named) => distance(found!, named!), [{ shape: [2, 20] }, truth({ shape: [2, 20] })]],
  'adversarial, real and fake': [
    (a, b) => tf.add(adversarialLoss([a!, b!], true), adversarialLoss([b!, a!], false)),
    [
      { shape: [2, 3, 3, 1], low: -4, high: 4 },
      { shape: [2, 6, 6, 1], low: -4, high: 4 },
    ],
  ],
  'softmax cross-entropy of a small network': [
    (...inputs) => tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d([1, 0, 4, 2], 'int32'), 5), classifier(...inputs) as tf.Tensor),
    classifierInputs,
  ],
  'log-likelihood and its regularisation': [
    (...inputs) => {
      const likelihood = tf.logSoftmax(classifier(...inputs) as tf.Tensor)
      const picked = tf.sum(tf.mul(likelihood, tf.oneHot(tf.tensor1d([1, 0, 4, 2], 'int32'), 5)), 1)
      return tf.add(tf.neg(tf.mean(picked)), tf.mul(tf.addN(inputs.slice(1).map((w) => tf.sum(tf.square(w)))), 0.01))
    },
    classifierInputs,
  ],
  'squares of an hourglass': [
    (...inputs) => tf.losses.meanSquaredError(tf.zeros([2, 6, 6, 5]), hourglass(...inputs) as tf.Tensor),
    [{ shape: [2, 6, 6, 3] }, { shape: [3, 3, 3, 2] }, { shape: [3, 3, 2, 1] }, { shape: [5] }, { shape: [5] }],
  ],
  // By the picture itself tf.js cannot go through a gradient twice.
  'slope penalty': [slopePenalty, [truth({ shape: [2, 6, 6, 3] }), { shape: [3, 3, 3, 4] }, { shape: [36, 1] }]],
  attention: [attention, Array.from({ length: 3 }, () => ({ shape: [2, 3, 5, 4] }))],
}

/** tf.js's own losses of labels and predictions; labels in 0–1. */
const tfLosses: Record<string, (labels: tf.Tensor, made: tf.Tensor) => tf.Tensor> = {
  absoluteDifference: (labels, made) => tf.losses.absoluteDifference(labels, made),
  cosineDistance: (labels, made) => tf.losses.cosineDistance(labels, made, 1),
  hingeLoss: (labels, made) => tf.losses.hingeLoss(labels, made),
  huberLoss: (labels, made) => tf.losses.huberLoss(labels, made, undefined, 0.3),
  logLoss: (labels, made) => tf.losses.logLoss(labels, tf.sigmoid(made)),
  meanSquaredError: (labels, made) => tf.losses.meanSquaredError(labels, made),
  sigmoidCrossEntropy: (labels, made) => tf.losses.sigmoidCrossEntropy(labels, made, undefined, 0.1),
  softmaxCrossEntropy: (labels, made) => tf.losses.softmaxCrossEntropy(tf.softmax(labels), made, undefined, 0.1),
  binaryCrossentropy: (labels, made) => tf.metrics.binaryCrossentropy(labels, tf.sigmoid(made)),
  categoricalCrossentropy: (labels, made) => tf.metrics.categoricalCrossentropy(tf.softmax(labels), tf.softmax(made)),
}

describe('compositions have the values of eager tf.js, and the gradients of differences', () => {
  it.each(Object.entries(losses))('%s', (name, [body, inputs]) =>
    // tf.js's CPU backend has the gradient of resizing at half-pixel centres wrong.
    expectLikeTf(body, inputs, { gradients: name.includes('hourglass') ? 'differences' : 'both' }),
  )

  it.each(Object.entries(tfLosses))('tf.js: %s', (_, loss) =>
    expectLikeTf(
      (labels, made) => loss(labels!, made!),
      [
        { shape: [4, 5], low: 0, high: 1, fixed: true },
        { shape: [4, 5], low: -3, high: 3 },
      ],
    ),
  )
})
