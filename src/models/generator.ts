import { tf } from '../tensor/index.ts'
import { conv, convShapes, dense, denseShapes, type ParameterShapes, type Parameters, pixelNorm, pixelShuffle } from './layers.ts'

/** The two people: whose face gets rendered, and whose footage receives it. Each has a decoder; the encoder is shared. */
export type Person = 'source' | 'target'
export const PEOPLE: readonly Person[] = ['source', 'target']

/** Widths of the generator, after DeepFaceLab's df architecture (iperov/DeepFaceLab, SAEHD). */
export interface GeneratorShape {
  /** Picture size, a multiple of 16. */
  readonly sizePx: number
  /** Channels after each of the four stride-2 convolutions. */
  readonly encoder: readonly number[]
  /** Length of the code between encoder and decoders. */
  readonly code: number
  /** Coordinates of landmarks that the encoder names beside the code, as `landmarkOffsets` gives them; 0: none. */
  readonly landmarks: number
  /** Channels of the first map that the decoders get. */
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

/** Shapes of all weights: `encoder.*`, `inter.*`, `source.*`, `target.*`. */
export function generatorShapes(shape: GeneratorShape): ParameterShapes {
  const low = shape.sizePx / 16
  const shapes: Record<string, readonly number[]> = {}
  let from = 3
  for (const [index, width] of shape.encoder.entries()) {
    Object.assign(shapes, convShapes(`encoder.${index}`, 5, from, width))
    from = width
  }
  Object.assign(shapes, denseShapes('inter.in', low * low * from, shape.code))
  if (shape.landmarks > 0) Object.assign(shapes, denseShapes('inter.landmarks', low * low * from, shape.landmarks))
  Object.assign(shapes, denseShapes('inter.out', shape.code + shape.landmarks, low * low * shape.inner))
  for (const person of PEOPLE) Object.assign(shapes, decoderShapes(person, shape))
  return shapes
}

function decoderShapes(person: Person, shape: GeneratorShape): ParameterShapes {
  const shapes: Record<string, readonly number[]> = {}
  let from = shape.inner
  for (const [index, width] of shape.decoder.entries()) {
    Object.assign(shapes, convShapes(`${person}.up${index}`, 3, from, 4 * width))
    if (index < shape.residuals) {
      Object.assign(shapes, convShapes(`${person}.res${index}a`, 3, width, width), convShapes(`${person}.res${index}b`, 3, width, width))
    }
    from = width
  }
  return { ...shapes, ...convShapes(`${person}.out`, 3, from, 4) }
}

/** What the encoder makes of faces: the map that both decoders read, [n, s/16, s/16, inner], and the landmarks that it names, [n, landmarks]. */
export interface Encoded {
  readonly map: tf.Tensor4D
  readonly landmarks: tf.Tensor2D | undefined
}

/** Faces [n, s, s, 3] in 0–1 → the map that both decoders read, [n, s/16, s/16, inner]. */
export function encode(faces: tf.Tensor4D, parameters: Parameters, shape: GeneratorShape): tf.Tensor4D {
  return encodeFully(faces, parameters, shape).map
}

/**
 * As `encode`, with the landmarks. Both people's landmarks mean the same, whereas a learned code may file the same expression of two people
 * under different numbers: what the decoders get by name they follow in a face that they never learned it from.
 */
export function encodeFully(faces: tf.Tensor4D, parameters: Parameters, shape: GeneratorShape): Encoded {
  let x = faces
  for (const index of shape.encoder.keys()) x = tf.leakyRelu(conv(x, parameters, `encoder.${index}`, 2), SLOPE)
  const n = faces.shape[0]
  const low = shape.sizePx / 16
  const flat = pixelNorm(tf.reshape(x, [n, low * low * shape.encoder.at(-1)!]))
  const code = dense(flat, parameters, 'inter.in')
  const landmarks = shape.landmarks > 0 ? dense(flat, parameters, 'inter.landmarks') : undefined
  const seen = landmarks === undefined ? code : tf.concat2d([code, landmarks], 1)
  return { map: tf.reshape(dense(seen, parameters, 'inter.out'), [n, low, low, shape.inner]), landmarks }
}

/** Renders one person from the encoder's map. */
export function decode(code: tf.Tensor4D, parameters: Parameters, person: Person, shape: GeneratorShape): Rendered {
  let x = code
  for (const index of shape.decoder.keys()) {
    x = pixelShuffle(tf.leakyRelu(conv(x, parameters, `${person}.up${index}`), SLOPE))
    if (index >= shape.residuals) continue
    const inside = tf.leakyRelu(conv(x, parameters, `${person}.res${index}a`), SLOPE)
    x = tf.leakyRelu(tf.add(x, conv(inside, parameters, `${person}.res${index}b`)), SLOPE)
  }
  const out = tf.sigmoid(conv(x, parameters, `${person}.out`))
  const [rgb, mask] = tf.split(out, [3, 1], 3) as [tf.Tensor4D, tf.Tensor4D]
  return { rgb, mask }
}
