import type { PICTURE_CHANNELS, PictureKind } from '../../models/step.ts'
import type { PersonBatch } from '../augment.ts'
import { NAMED_NUMBERS } from '../landmarks.ts'

/** As models/step.ts has it, which would load TensorFlow.js into every thread. */
const CHANNELS: typeof PICTURE_CHANNELS = { Warped: 3, Faces: 3, Masks: 1, Accents: 1 }

/** How a step lies in one buffer: for each person the pictures of all its faces by kind, and their landmarks. */
export interface StepSize {
  readonly sizePx: number
  /** Faces of each person. */
  readonly batch: number
}

/** What a step holds of one person, by the names that the training step's inputs end with; shapes have the faces in front. */
interface Part {
  readonly kind: PictureKind | 'Landmarks'
  readonly shape: readonly number[]
  /** Where it begins, and numbers of one face. */
  readonly begin: number
  readonly length: number
}

/** Parts of one person, and the numbers that one takes in all. */
export function partsOf({ sizePx, batch }: StepSize): { parts: readonly Part[]; numbers: number } {
  let begin = 0
  const parts: Part[] = []
  const add = (kind: Part['kind'], shape: readonly number[]) => {
    const length = shape.reduce((product, size) => product * size, 1)
    parts.push({ kind, shape: [batch, ...shape], begin, length })
    begin += length * batch
  }
  for (const [kind, channels] of Object.entries(CHANNELS)) add(kind as Part['kind'], [sizePx, sizePx, channels])
  add('Landmarks', [NAMED_NUMBERS])
  return { parts, numbers: begin }
}

/** Bytes of a step of two people. */
export function stepBytes(size: StepSize): number {
  return 2 * 4 * partsOf(size).numbers
}

/** Where the `row`-th face of a person (0 the source, 1 the target) lies in a step's buffer. */
export function rowOf(buffer: SharedArrayBuffer, size: StepSize, person: number, row: number): PersonBatch {
  const { parts, numbers } = partsOf(size)
  const views = parts.map(({ begin, length }) => new Float32Array(buffer, 4 * (person * numbers + begin + row * length), length))
  const [warped, faces, masks, accents, landmarks] = views as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array]
  return { warped, faces, masks, accents, landmarks }
}
