import { type TensorMap, tf } from '../tensor/index.ts'
import { type DiscriminatorShape, discriminate } from './discriminator.ts'
import { decoderOf, type Encoded, encode, nameLandmarks, PEOPLE, type Person, type Rendered, renderMap } from './generator.ts'
import { codeLoss, type Evidence, judgesCodes } from './judge.ts'
import type { Parameters } from './layers.ts'
import {
  adversarialLoss,
  aroundMask,
  distance,
  LOSSES,
  type LossWeights,
  reconstructionLoss,
  reconstructionParts,
  softened,
  type Truth,
  totalVariation,
} from './losses.ts'
import { reframe } from './reframe.ts'
import type { PictureKind, Recogniser, StepDesign, StepParts } from './step.ts'

/** What the generator's loss is computed from. */
export interface Attempt {
  readonly design: StepDesign
  readonly parts: StepParts
  readonly inputs: TensorMap
  readonly parameters: Parameters
  /** The same weights, out of reach of gradients; for swaps. */
  readonly frozen: Parameters | undefined
  /** Weights of the discriminator that judges, where there is one. */
  readonly judge: Parameters | undefined
  readonly recogniser: Recogniser | undefined
}

/** The generator's loss, its parts (those of a person with their weights, all others before), and what the discriminator makes of it. */
export interface Losses {
  readonly total: tf.Scalar
  readonly parts: Record<string, tf.Scalar>
  readonly evidence: Evidence
}

/** The value without a way back for gradients. */
const detach = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) })) as (
  x: tf.Tensor,
) => tf.Tensor

interface Drawn {
  readonly source: Rendered
  readonly target: Rendered
  /** The target's faces drawn as the source. */
  readonly swap: Rendered | undefined
}

/**
 * Swaps cost about twice what a reconstruction does, since two networks look at them: every other of the target's faces is enough. Of an odd number all
 * are taken. Every other one of each part of a step is every other one of the whole, so that `accumulate` changes nothing.
 */
function everyOther<T extends tf.Tensor>(x: T): T {
  const [n = 1, ...rest] = x.shape
  if (n % 2 === 1) return x
  const pairs = tf.reshape(x, [n / 2, 2, ...rest])
  return tf.reshape(tf.slice(pairs, [0, 0], [n / 2, 1]), [n / 2, ...rest]) as T
}

/** Draws both people, and the swaps where they are wanted; each decoder is asked once. */
function draw({ maps }: Encoded, { design, parts, parameters, judge }: Attempt): Drawn {
  const halves = (map: tf.Tensor4D) => tf.split(map, 2, 0) as [tf.Tensor4D, tf.Tensor4D]
  const wanted: [keyof Drawn, Person, tf.Tensor4D][] = [
    ['source', 'source', halves(maps.source)[0]],
    ['target', 'target', halves(maps.target)[1]],
  ]
  if (parts.swapped || (judge !== undefined && design.discriminator.swaps))
    wanted.push(['swap', 'source', everyOther(halves(maps.source)[1])])
  const made: Partial<Record<keyof Drawn, Rendered>> = {}
  for (const decoder of new Set(PEOPLE.map((person) => decoderOf(person, design.generator)))) {
    const asked = wanted.filter(([, person]) => decoderOf(person, design.generator) === decoder)
    const all =
      asked.length === 1
        ? asked[0]![2]
        : tf.concat4d(
            asked.map(([, , map]) => map),
            0,
          )
    const { rgb, mask } = renderMap(all, parameters, decoder, design.generator)
    const counts = asked.map(([, , map]) => map.shape[0])
    const [rgbs, masks] = [tf.split(rgb, counts, 0), tf.split(mask, counts, 0)] as [tf.Tensor4D[], tf.Tensor4D[]]
    for (const [index, [name]] of asked.entries()) made[name] = { rgb: rgbs[index]!, mask: masks[index]! }
  }
  return { source: made.source!, target: made.target!, swap: made.swap }
}

type Parts = ReturnType<typeof reconstructionParts>

/** What the losses of both people's own faces consist of, before their weights, means of the two; `dssim` is what the others leave of them. */
function reconstructed(
  drawn: Drawn,
  truths: Readonly<Record<Person, Truth>>,
  totals: Record<string, tf.Scalar>,
  weights: LossWeights,
): Record<string, tf.Scalar> {
  const [source, target] = PEOPLE.map((person) => reconstructionParts(drawn[person], truths[person])) as [Parts, Parts]
  const names = Object.keys(source) as (keyof Parts)[]
  const means = Object.fromEntries(names.map((name) => [name, tf.mul(tf.add(source[name], target[name]), 0.5)])) as Parts
  if (weights.dssim === 0) return means
  const weighted = tf.addN(names.map((name) => tf.mul(means[name], weights[name])))
  const whole = tf.mul(tf.add(totals['source']!, totals['target']!), 0.5)
  return { ...means, dssim: tf.div(tf.sub(whole, weighted), weights.dssim) }
}

function truthOf(inputs: TensorMap, person: Person): Truth {
  const picture = (kind: PictureKind) => inputs[person + kind] as tf.Tensor4D
  const masks = picture('Masks')
  return { faces: picture('Faces'), masks, around: aroundMask(masks), accents: picture('Accents') }
}

/** The loss of a step, from the inputs that `stepSignature` lists. */
export function generatorLosses(attempt: Attempt): Losses {
  const { design, inputs, parameters, judge } = attempt
  const { losses: weights = LOSSES, generator } = design
  const encoded = encode(tf.concat([inputs['sourceWarped']!, inputs['targetWarped']!], 0) as tf.Tensor4D, parameters, generator)
  const drawn = draw(encoded, attempt)
  const parts: Record<string, tf.Scalar> = {}
  const terms: tf.Scalar[] = []
  const add = (name: string, loss: tf.Scalar, weight: number | tf.Tensor) => {
    parts[name] = loss
    terms.push(weight === 1 ? loss : tf.mul(loss, weight))
  }
  const truths = { source: truthOf(inputs, 'source'), target: truthOf(inputs, 'target') }
  for (const person of PEOPLE) add(person, reconstructionLoss(drawn[person], truths[person], weights), 1)
  Object.assign(parts, reconstructed(drawn, truths, parts, weights))
  if (encoded.landmarks !== undefined) {
    const truth = tf.concat(
      PEOPLE.map((person) => inputs[`${person}Landmarks`]!),
      0,
    )
    add('landmarks', distance(encoded.landmarks, truth), weights.landmarks)
  }
  if (weights.variation > 0) add('variation', totalVariation(drawn.source.rgb), weights.variation)
  if (drawn.swap !== undefined && attempt.parts.swapped) judgeSwap(drawn.swap, attempt, add)
  const evidence = evidenceOf(drawn, inputs['sourceFaces'] as tf.Tensor4D, encoded, design.discriminator)
  if (judge !== undefined) face(judge, evidence, attempt, add)
  return { total: terms.reduce((sum, term) => tf.add(sum, term)), parts, evidence }
}

function evidenceOf({ source, swap }: Drawn, faces: tf.Tensor4D, { code }: Encoded, { fine = 0 }: DiscriminatorShape): Evidence {
  const rendered = swap === undefined ? [source] : [source, swap]
  const pictures = tf.concat4d([faces, ...rendered.map(({ rgb }) => rgb)], 0)
  const masks = detach(
    tf.concat4d(
      [source, ...rendered].map(({ mask }) => mask),
      0,
    ),
  )
  const seen = fine === 0 ? tf.mul(pictures, masks) : fineDetail(pictures, masks, fine)
  const [count] = faces.shape
  const [reals, fakes] = tf.split(seen, [count, pictures.shape[0] - count], 0) as [tf.Tensor4D, tf.Tensor4D]
  return { reals, fakes, code }
}

/** Detail of pictures within masks, times `fine`, around mid-grey as pictures are; by half, since the discriminator doubles what it is shown. */
function fineDetail(pictures: tf.Tensor4D, masks: tf.Tensor, fine: number): tf.Tensor {
  const detail = tf.mul(tf.sub(pictures, softened(pictures, COARSER_PX)), masks)
  return tf.add(tf.mul(detail, fine / 2), 0.5)
}

/** What is coarser than a blur by this deviation is no fine detail. */
const COARSER_PX = 1

type Add = (name: string, loss: tf.Scalar, weight: number | tf.Tensor) => void

/** What a swap is held to, for which there is no true picture: the source's identity, and the target's landmarks. */
function judgeSwap({ rgb }: Rendered, { design, inputs, frozen, recogniser }: Attempt, add: Add): void {
  const { identity, follow } = design.losses ?? LOSSES
  const scheduled = (weight: number) => tf.mul(inputs['swapWeight']!, weight)
  if (follow > 0 && design.generator.landmarks > 0) {
    const named = nameLandmarks(rgb, frozen!, design.generator)
    add('follow', distance(named, everyOther(inputs['targetLandmarks']!)), scheduled(follow))
  }
  if (identity > 0 && recogniser !== undefined) {
    const chips = tf.mul(reframe(rgb, recogniser.framing, { outside: 'border', sizePx: recogniser.sizePx }), 255) as tf.Tensor4D
    const off = tf.sub(recogniser.describe(chips), inputs['descriptor']!)
    add('identity', tf.mean(tf.sum(tf.square(off), 1)), scheduled(identity))
  }
}

/** What the discriminator says of the fakes. */
function face(judge: Parameters, { reals, fakes, code }: Evidence, { design, inputs }: Attempt, add: Add): void {
  const { losses: weights = LOSSES, discriminator } = design
  const weight = inputs['adversarialWeight']!
  const judged = discriminate(fakes, judge, discriminator)
  add('adversarial', adversarialLoss(judged.heads, true), weight)
  if (weights.features > 0) {
    const { features } = discriminate(reals, judge, discriminator)
    const count = reals.shape[0]
    const each = features.map((real, level) => distance(tf.slice(judged.features[level]!, 0, count), real))
    add('features', tf.div(tf.addN(each), each.length), tf.mul(weight, weights.features))
  }
  if (weights.code > 0 && judgesCodes(judge)) add('code', codeLoss(code, judge), tf.mul(weight, weights.code))
}
