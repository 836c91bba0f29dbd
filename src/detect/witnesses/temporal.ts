import { alignMatrix, descriptorDistance, type FaceAnalyser, type FoundFace, faceHull } from '../../faces/index.ts'
import { eyeOpening, mouthOpening } from '../../faces/shape.ts'
import type { Frame } from '../../media/index.ts'
import { applyAffineToPoints, warpAffine } from '../../picture/warp.ts'
import { mean } from '../../work/statistics.ts'
import { quantile } from './bands.ts'
import type { Reading } from './witness.ts'

/** Side of the aligned face in which motion is measured. */
const SIZE_PX = 96
/** Fewer threes of neighbouring frames than this, and a clip's motion says nothing. */
const LEAST_THREES = 4
/** A descriptor at each so-manieth sampled frame: drift is slow, descriptors are not. */
const DESCRIBED = 4
/** Mesh points that stay with the skull, at the edge of the face: temples, cheekbones, jaw. */
const EDGE = [10, 109, 338, 67, 297, 103, 332, 54, 284, 21, 251, 162, 389, 127, 356, 234, 454, 93, 323, 132, 361, 58, 288, 172, 397]
/** Mesh points of brows, eyes, nose and mouth. */
const INNER = [
  70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 33, 133, 159, 145, 362, 263, 386, 374, 168, 6, 197, 195, 5, 4, 98, 327, 61, 291, 0, 17, 13,
  14,
]

/** One frame's face, upright at one size. */
interface Still {
  readonly index: number
  readonly centre: readonly [number, number]
  readonly data: Uint8Array
  readonly inside: Uint8Array
  readonly mesh: Float32Array
}

/**
 * Follows one face through a clip and compares its motion with its head's and the frame's: shaking of inner landmarks against the
 * outline's, boiling or frozen detail, flicker of colour, movement of eyes and mouth, drift of identity. Faces made frame by frame
 * do not hold still together (Güera and Delp 2018; Yang et al. 2019, inconsistent head poses; Haliassos et al. 2021 for the mouth).
 */
export class Motion {
  readonly #describe: FaceAnalyser['descriptor']
  #before: Still[] = []
  #sampled = 0
  readonly #threes = {
    boil: [] as number[],
    flow: [] as number[],
    detail: [] as number[],
    flicker: [] as number[],
    shakeRatio: [] as number[],
  }
  readonly #mouth: number[] = []
  readonly #eyes: number[] = []
  readonly #descriptors: Float32Array[] = []

  constructor(describe: FaceAnalyser['descriptor']) {
    this.#describe = describe
  }

  /** The face of the last frame again, where this frame follows on from it. */
  follow({ index }: Frame, faces: readonly FoundFace[]): FoundFace | undefined {
    const last = this.#before.at(-1)
    if (last === undefined || index !== last.index + 1) return undefined
    const distance = (face: FoundFace) => Math.hypot(centreOf(face)[0] - last.centre[0], centreOf(face)[1] - last.centre[1])
    return [...faces].filter((face) => distance(face) < face.box.width / 3).sort((a, b) => distance(a) - distance(b))[0]
  }

  /** Takes in the face that is followed; `sampled`: one of the evenly spaced frames, not a neighbour. */
  async see({ index, picture }: Frame, face: FoundFace, sampled: boolean): Promise<void> {
    if (sampled) {
      this.#mouth.push(mouthOpening(face.landmarks.mesh))
      this.#eyes.push(eyeOpening(face.landmarks.mesh))
      if (this.#sampled % DESCRIBED === 0) this.#descriptors.push(await this.#describe(picture, face.landmarks))
      this.#sampled += 1
    }
    const matrix = alignMatrix(face.landmarks, SIZE_PX)
    const still: Still = {
      index,
      centre: centreOf(face),
      data: warpAffine(picture, matrix, SIZE_PX, SIZE_PX, 'replicate').data,
      inside: faceHull(face.landmarks, matrix, SIZE_PX).data,
      mesh: applyAffineToPoints(matrix, face.landmarks.mesh, 3),
    }
    const last = this.#before.at(-1)
    this.#before = last?.index === index - 1 ? [...this.#before.slice(-2), still] : [still]
    const [a, b, c] = this.#before
    if (a !== undefined && b !== undefined && c !== undefined) this.#compare(a, b, c)
  }

  #compare(a: Still, b: Still, c: Still): void {
    const { boil, flow, detail, colour } = motionOf(a, b, c)
    const log = (value: number) => Math.log(value + 1e-3)
    this.#threes.boil.push(log(boil.inside) - log(boil.around))
    this.#threes.flow.push(log(boil.inside) - log(flow.inside) - (log(boil.around) - log(flow.around)))
    this.#threes.detail.push(log(boil.inside) - log(detail.inside) - (log(boil.around) - log(detail.around)))
    // Whatever moves or is noisy changes the surroundings' colour too: flicker is what stands out of that.
    this.#threes.flicker.push(Math.log((colour + 0.02) / (boil.around + 0.2)))
    const [inner, edge] = [shakeOf(INNER, a, b, c), shakeOf(EDGE, a, b, c)]
    this.#threes.shakeRatio.push(Math.log((inner + 1e-4) / (edge + 1e-4)))
  }

  read(): Reading {
    if (this.#sampled < 2) return { silent: 'One picture of a face shows no motion.' }
    if (this.#threes.boil.length < LEAST_THREES) return { silent: 'The face is in too few frames in a row to judge its motion.' }
    const threes = Object.entries(this.#threes).map(([name, values]) => [name, quantile(values)] as const)
    return {
      measures: {
        ...Object.fromEntries(threes),
        flickerPeak: quantile(this.#threes.flicker, 0.9),
        // A listener's mouth rests and a speaker's eyes may: a real face's do not both, not for long.
        expression: Math.log(Math.hypot(deviation(this.#mouth), 2 * deviation(this.#eyes)) + 1e-3),
        drift: drift(this.#descriptors),
      },
    }
  }
}

/** Mean inside of the face and around it. */
interface Sides {
  readonly inside: number
  readonly around: number
}

interface MotionMeasures {
  /** Mean size of the second difference in time: what does not move evenly. */
  readonly boil: Sides
  /** The same of the first difference. */
  readonly flow: Sides
  /** Mean size of the second difference across the picture. */
  readonly detail: Sides
  /** Second difference in time of the face's mean colour against its surroundings'. */
  readonly colour: number
}

/** Compares three neighbouring frames of the aligned face pixel by pixel. */
function motionOf(a: Still, b: Still, c: Still): MotionMeasures {
  const sums = { boil: [0, 0], flow: [0, 0], detail: [0, 0], colour: [0, 0, 0, 0, 0, 0] }
  const counts = [0, 0]
  for (let y = 2; y < SIZE_PX - 2; y++) {
    for (let x = 2; x < SIZE_PX - 2; x++) {
      const i = y * SIZE_PX + x
      const side = b.inside[i] === 255 ? 0 : b.inside[i] === 0 ? 1 : undefined
      if (side === undefined) continue
      counts[side]! += 1
      const p = 3 * i + 1 // green: nearest to luma
      sums.boil[side]! += Math.abs(a.data[p]! - 2 * b.data[p]! + c.data[p]!)
      sums.flow[side]! += Math.abs(c.data[p]! - a.data[p]!)
      sums.detail[side]! += Math.abs(b.data[p - 3]! - 2 * b.data[p]! + b.data[p + 3]!)
      for (let k = 0; k < 3; k++) sums.colour[3 * side + k]! += a.data[3 * i + k]! - 2 * b.data[3 * i + k]! + c.data[3 * i + k]!
    }
  }
  const sides = ([inside, around]: number[]): Sides => ({
    inside: inside! / Math.max(1, counts[0]!),
    around: around! / Math.max(1, counts[1]!),
  })
  const steps = [0, 1, 2].map((k) => sums.colour[k]! / Math.max(1, counts[0]!) - sums.colour[3 + k]! / Math.max(1, counts[1]!))
  return { boil: sides(sums.boil), flow: sides(sums.flow), detail: sides(sums.detail), colour: Math.hypot(...steps) }
}

/** Mean second difference in time of some landmarks within the aligned face, as a part of its side. */
function shakeOf(points: readonly number[], a: Still, b: Still, c: Still): number {
  let sum = 0
  for (const point of points) {
    const [x, y] = [0, 1].map((axis) => a.mesh[3 * point + axis]! - 2 * b.mesh[3 * point + axis]! + c.mesh[3 * point + axis]!)
    sum += Math.hypot(x!, y!)
  }
  return sum / points.length / SIZE_PX
}

function deviation(values: readonly number[]): number {
  const middle = mean(values)!
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2))!)
}

/** Mean distance between one descriptor and the next. */
function drift(descriptors: readonly Float32Array[]): number {
  const steps = descriptors.slice(1).map((descriptor, i) => descriptorDistance(descriptors[i]!, descriptor))
  return mean(steps) ?? 0
}

function centreOf({ box: { x, y, width, height } }: FoundFace): readonly [number, number] {
  return [x + width / 2, y + height / 2]
}
