import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../src/models/random.ts'
import type { HostTensors } from '../../src/tensor/index.ts'
import { drawAccents } from '../../src/train/accents.ts'
import { fillFace, type Face as Picture } from '../../src/train/augment.ts'
import { NAMED_NUMBERS, restingFace } from '../../src/train/landmarks.ts'
import { SIDE } from './side.ts'

/** How much a descriptor varies from picture to picture of one person, in each number. */
const DESCRIPTOR_NOISE = 0.02
/** Share of a batch that is taken from clips, which show how a person moves. */
const CLIPS = 0.4
/** How often the input is relit, degraded and covered: never in the run that made version 1. */
const INPUT = { light: 0, compression: 0, occluders: 0 }

/** One picture of somebody. */
interface Face {
  readonly picture: Picture
  readonly descriptor: Float32Array
}

/** Faces of many people. */
export interface Faces {
  readonly stills: readonly Face[]
  readonly clips: readonly Face[]
  readonly poses: Float32Array
  readonly meanDescriptor: Float32Array
}

interface Line {
  readonly name: string
  readonly clip: boolean
  readonly points68: number[]
  readonly pose: { yaw: number; pitch: number; roll: number }
  readonly descriptor: number[]
}

const mean = (rows: readonly ArrayLike<number>[]): Float32Array =>
  Float32Array.from(rows[0]!, (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length)

/** Opens what scripts/base/faces.ts wrote. A person of whom there is one picture is taken to be at rest as people are on average. */
export function openFaces(folder: string): Faces {
  const lines = readFileSync(join(folder, 'faces.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  const faces = readFileSync(join(folder, 'faces.raw'))
  const masks = readFileSync(join(folder, 'masks.raw'))
  const points = lines.map(({ points68 }) => Float32Array.from(points68, (value) => value / SIDE))
  const poses = lines.map(({ pose }) => Float32Array.of(pose.yaw, pose.pitch, pose.roll))
  const flat = (rows: readonly Float32Array[]) => Float32Array.from(rows.flatMap((row) => [...row]))
  const anybody = restingFace(flat(points), flat(poses))
  const people = new Map<string, { rest: Float32Array; descriptor: Float32Array }>()
  for (const name of new Set(lines.filter(({ clip }) => clip).map((line) => line.name))) {
    const own = lines.flatMap((line, i) => (line.name === name ? [i] : []))
    people.set(name, {
      rest: restingFace(flat(own.map((i) => points[i]!)), flat(own.map((i) => poses[i]!))),
      descriptor: mean(own.map((i) => lines[i]!.descriptor)),
    })
  }
  const all = lines.map((line, i): Face & { clip: boolean } => {
    const person = line.clip ? people.get(line.name)! : { rest: anybody, descriptor: Float32Array.from(line.descriptor) }
    const pixels = SIDE * SIDE
    return {
      clip: line.clip,
      descriptor: person.descriptor,
      picture: {
        sizePx: SIDE,
        rgb: faces.subarray(i * pixels * 3, (i + 1) * pixels * 3),
        mask: masks.subarray(i * pixels, (i + 1) * pixels),
        accents: drawAccents(line.points68, SIDE, SIDE),
        landmarks: points[i]!,
        pose: poses[i]!,
        rest: person.rest,
      },
    }
  })
  return {
    stills: all.filter(({ clip }) => !clip),
    clips: all.filter(({ clip }) => clip),
    poses: flat(poses),
    meanDescriptor: mean(all.filter(({ clip }) => !clip).map(({ descriptor }) => descriptor)),
  }
}

/** Inputs of a step of program.ts, besides its scalars. */
export function drawBatch({ stills, clips, poses }: Faces, sizePx: number, batch: number, strength: number, random: Random): HostTensors {
  const plane = (channels: number) => new Float32Array(batch * sizePx * sizePx * channels)
  const all = { warped: plane(3), faces: plane(3), masks: plane(1), accents: plane(1), landmarks: new Float32Array(batch * NAMED_NUMBERS) }
  const descriptors = new Float32Array(batch * 128)
  for (let i = 0; i < batch; i += 1) {
    const from = random.uniform() < CLIPS ? clips : stills
    const face = from[random.below(from.length)]!
    const part = (data: Float32Array) => data.subarray((i * data.length) / batch, ((i + 1) * data.length) / batch)
    const into = Object.fromEntries(Object.entries(all).map(([name, data]) => [name, part(data)])) as typeof all
    fillFace(face.picture, into, sizePx, random, { flip: true, strength, towards: poses, ...INPUT })
    for (let k = 0; k < 128; k += 1) descriptors[i * 128 + k] = face.descriptor[k]! + DESCRIPTOR_NOISE * random.normal()
  }
  const shaped = (data: Float32Array, channels: number) => ({ data, shape: [batch, sizePx, sizePx, channels] })
  return {
    warped: shaped(all.warped, 3),
    faces: shaped(all.faces, 3),
    masks: shaped(all.masks, 1),
    accents: shaped(all.accents, 1),
    landmarks: { data: all.landmarks, shape: [batch, NAMED_NUMBERS] },
    descriptors: { data: descriptors, shape: [batch, 128] },
  }
}
