import { tf } from '../tensor/index.ts'
import { conv, convShapes, dense, denseShapes, type ParameterShapes, type Parameters, pixelNorm, pixelShuffle } from './layers.ts'

/** The two people: whose face gets rendered, and whose footage receives it. The encoder is shared. */
export type Person = 'source' | 'target'
export const PEOPLE: readonly Person[] = ['source', 'target']

/**
 * DeepFaceLab's two architectures (iperov/DeepFaceLab, SAEHD). df: one inter, a decoder each. liae: one decoder, and two inters, of which the first sees
 * both people and the second the target alone; the source is drawn from the first's map twice, the target from both.
 */
export const ARCHITECTURES = ['df', 'liae'] as const
export type Architecture = (typeof ARCHITECTURES)[number]

/** Widths of the generator. */
export interface GeneratorShape {
  /** Picture size, a multiple of 16. */
  readonly sizePx: number
  readonly architecture?: Architecture | undefined
  /** Channels after each of the four stride-2 convolutions. */
  readonly encoder: readonly number[]
  /** Length of the code between encoder and decoders. */
  readonly code: number
  /** Numbers that the encoder names beside the code, as train/landmarks.ts gives them: landmarks and openings; 0: none. */
  readonly landmarks: number
  /** Channels of the first map that the decoders get, of each inter. */
  readonly inner: number
  /** Channels after each of the four upscales. */
  readonly decoder: readonly number[]
  /** How many of the upscales, from the first, a residual block follows. */
  readonly residuals: number
}

/** Faces as a decoder renders them: rgb [n, s, s, 3] and mask [n, s, s, 1], both in 0–1. */
export interface Rendered {
  readonly rgb: tf.Tensor4D
  readonly mask: tf.Tensor4D
}

const SLOPE = 0.1

/** Names of the inters, each with a dense layer to the code and one to the map. */
function intersOf({ architecture }: GeneratorShape): readonly string[] {
  return architecture === 'liae' ? ['inter', 'interTarget'] : ['inter']
}

/** Prefix of the weights that render a person. */
export function decoderOf(person: Person, { architecture }: GeneratorShape): string {
  return architecture === 'liae' ? 'both' : person
}

/** Shapes of all weights: `encoder.*`, `inter.*`, and of each decoder. */
export function generatorShapes(shape: GeneratorShape): ParameterShapes {
  const flat = flatLength(shape)
  const shapes: Record<string, readonly number[]> = { ...encoderShapes(shape) }
  for (const inter of intersOf(shape)) {
    Object.assign(shapes, denseShapes(`${inter}.in`, flat, shape.code))
    if (shape.landmarks > 0 && inter === 'inter') Object.assign(shapes, denseShapes('inter.landmarks', flat, shape.landmarks))
    Object.assign(shapes, denseShapes(`${inter}.out`, shape.code + shape.landmarks, (shape.sizePx / 16) ** 2 * shape.inner))
  }
  for (const decoder of new Set(PEOPLE.map((person) => decoderOf(person, shape)))) Object.assign(shapes, decoderShapes(decoder, shape))
  return shapes
}

function flatLength({ sizePx, encoder }: GeneratorShape): number {
  return (sizePx / 16) ** 2 * encoder.at(-1)!
}

function encoderShapes({ encoder }: GeneratorShape): ParameterShapes {
  const shapes: Record<string, readonly number[]> = {}
  for (const [index, width] of encoder.entries()) {
    Object.assign(shapes, convShapes(`encoder.${index}`, 5, index === 0 ? 3 : encoder[index - 1]!, width))
  }
  return shapes
}

/** Shapes of the weights of one decoder, whose names begin with `prefix`. */
export function decoderShapes(prefix: string, shape: GeneratorShape): ParameterShapes {
  const shapes: Record<string, readonly number[]> = {}
  let from = shape.inner * intersOf(shape).length
  for (const [index, width] of shape.decoder.entries()) {
    Object.assign(shapes, convShapes(`${prefix}.up${index}`, 3, from, 4 * width))
    if (index < shape.residuals) {
      Object.assign(shapes, convShapes(`${prefix}.res${index}a`, 3, width, width), convShapes(`${prefix}.res${index}b`, 3, width, width))
    }
    from = width
  }
  return { ...shapes, ...convShapes(`${prefix}.out`, 3, from, 4) }
}

/** What the encoder makes of faces. */
export interface Encoded {
  /** The map [n, s/16, s/16, inner or, with liae, 2·inner] that each person is drawn from. */
  readonly maps: Readonly<Record<Person, tf.Tensor4D>>
  /** What it names [n, landmarks]. */
  readonly landmarks: tf.Tensor2D | undefined
  /** The rest of what it says, [n, code]; with liae, of the inter that both people share. */
  readonly code: tf.Tensor2D
}

/** What the convolutions see in faces [n, s, s, 3] in 0–1, each row scaled to 1: [n, s/16·s/16·channels]. */
function features(faces: tf.Tensor4D, parameters: Parameters, shape: GeneratorShape): tf.Tensor2D {
  let x = faces
  for (const index of shape.encoder.keys()) x = tf.leakyRelu(conv(x, parameters, `encoder.${index}`, 2), SLOPE)
  return pixelNorm(tf.reshape(x, [faces.shape[0], flatLength(shape)]))
}

/** What the encoder names in faces [n, s, s, 3] in 0–1: [n, landmarks]. */
export function nameLandmarks(faces: tf.Tensor4D, parameters: Parameters, shape: GeneratorShape): tf.Tensor2D {
  return dense(features(faces, parameters, shape), parameters, 'inter.landmarks')
}

/**
 * Encodes faces [n, s, s, 3] in 0–1. Both people's landmarks mean the same, whereas a learned code may file the same expression of two people
 * under different numbers: what the decoders get by name they follow in a face that they never learned it from.
 */
export function encode(faces: tf.Tensor4D, parameters: Parameters, shape: GeneratorShape): Encoded {
  const flat = features(faces, parameters, shape)
  const landmarks = shape.landmarks > 0 ? dense(flat, parameters, 'inter.landmarks') : undefined
  const low = shape.sizePx / 16
  const inters = intersOf(shape).map((inter) => {
    const code = dense(flat, parameters, `${inter}.in`)
    const seen = landmarks === undefined ? code : tf.concat2d([code, landmarks], 1)
    const map = tf.reshape(dense(seen, parameters, `${inter}.out`), [faces.shape[0], low, low, shape.inner]) as tf.Tensor4D
    return { code, map }
  })
  const [both, targets] = inters as [(typeof inters)[0], (typeof inters)[0] | undefined]
  const maps =
    targets === undefined
      ? { source: both.map, target: both.map }
      : { source: tf.concat4d([both.map, both.map], 3), target: tf.concat4d([targets.map, both.map], 3) }
  return { maps, landmarks, code: both.code }
}

/** Renders a person from faces as `encode` left them. */
export function decode({ maps }: Encoded, parameters: Parameters, person: Person, shape: GeneratorShape): Rendered {
  return renderMap(maps[person], parameters, decoderOf(person, shape), shape)
}

/** Renders a map by the decoder whose weights' names begin with `prefix`; `styled` changes what the convolution of each upscale gives. */
export function renderMap(
  map: tf.Tensor4D,
  parameters: Parameters,
  prefix: string,
  shape: GeneratorShape,
  styled: (index: number, x: tf.Tensor4D) => tf.Tensor4D = (_, x) => x,
): Rendered {
  let x = map
  for (const index of shape.decoder.keys()) {
    x = pixelShuffle(tf.leakyRelu(styled(index, conv(x, parameters, `${prefix}.up${index}`)), SLOPE))
    if (index >= shape.residuals) continue
    const inside = tf.leakyRelu(conv(x, parameters, `${prefix}.res${index}a`), SLOPE)
    x = tf.leakyRelu(tf.add(x, conv(inside, parameters, `${prefix}.res${index}b`)), SLOPE)
  }
  const out = tf.sigmoid(conv(x, parameters, `${prefix}.out`))
  const [rgb, mask] = tf.split(out, [3, 1], 3) as [tf.Tensor4D, tf.Tensor4D]
  return { rgb, mask }
}
