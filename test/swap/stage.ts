import type { FaceAnalyser, FoundFace, Landmarks } from '../../src/faces/index.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import type { CastMember } from '../../src/swap/cast.ts'
import { viewOf } from '../../src/swap/view.ts'
import { syntheticFace } from '../faces/support.ts'
import { recordFor } from './support.ts'

/** Somebody on the stage at a frame; `hidden`: no network sees them. */
export interface Actor {
  readonly x: number
  readonly descriptor: readonly number[]
  readonly yaw?: number
  readonly hidden?: boolean
  readonly size?: number
}

export const bob: readonly number[] = new Array(128).fill(0)
export const carol: readonly number[] = new Array(128).fill(0.1)
export const stranger: readonly number[] = new Array(128).fill(-0.1)

export function memberOf(person: string, descriptor: readonly number[], run = 'run'): CastMember {
  return { person, run, record: recordFor(person, descriptor), looks: [], threshold: 0.5 }
}

const HEIGHT = 160

function landmarksOf({ x, yaw = 0, size = 50 }: Actor): Landmarks {
  return syntheticFace({ x, y: HEIGHT / 2, scale: size, yaw })
}

/** A textured wall with the actors' textured faces before it; each person's texture is their own and moves with them. */
function paint(actors: readonly Actor[], scene: number): Picture {
  const picture = createPicture(400, HEIGHT)
  const shade = new Uint8Array(400 * HEIGHT)
  for (let x = 0; x < 400; x += 1) {
    const actor = actors.find((one) => Math.abs(one.x - x) < 40)
    const id = actor?.descriptor[0] ?? 0
    const across = actor === undefined ? Math.sin(x / (9 + scene * 4) + scene) : Math.sin((x - actor.x) / 6 + id * 30)
    for (let y = 0; y < HEIGHT; y += 1)
      shade[y * 400 + x] = 128 + 60 * across * (actor === undefined ? Math.cos(y / 11) : Math.cos(y / 7 + id * 40))
  }
  for (let i = 0; i < picture.data.length; i += 1) picture.data[i] = shade[Math.floor(i / 3)]!
  return picture
}

/** Frames of a play, and an analyser that sees exactly who is on them; `calls` counts what it was asked. */
export function play(frames: readonly (readonly Actor[])[], scenes: readonly number[] = []) {
  const calls = { find: 0, track: 0, descriptor: 0 }
  const cast = new Map<Picture, readonly Actor[]>()
  const shown = frames.map((actors, index) => {
    const picture = paint(actors, scenes[index] ?? 0)
    cast.set(picture, actors)
    return { index, timeS: index / 25, view: viewOf(picture) }
  })
  const seen = (actor: Actor): FoundFace => {
    const size = actor.size ?? 50
    const box = { x: actor.x - size / 2, y: (HEIGHT - size) / 2, width: size, height: size }
    return { box, score: 1, landmarks: landmarksOf(actor), pose: { yaw: actor.yaw ?? 0, pitch: 0, roll: 0 } }
  }
  const pictureOf = (source: Picture | { part(box: FoundFace['box']): { picture: Picture } }) =>
    'part' in source ? source.part({ x: 0, y: 0, width: 1, height: 1 }).picture : source
  const near = (picture: Picture, landmarks: Landmarks) => {
    const actors = cast.get(picture)!.filter(({ hidden }) => hidden !== true)
    return actors.find((actor) => Math.abs(landmarksOf(actor).mesh[6 * 3]! - landmarks.mesh[6 * 3]!) < 15)
  }
  const analyser = {
    async find(picture: Picture) {
      calls.find += 1
      // A part of a frame shows nobody to this detector.
      return (cast.get(picture) ?? []).filter(({ hidden }) => hidden !== true).map(seen)
    },
    async track(source: Picture, previous: Landmarks) {
      calls.track += 1
      const actor = near(pictureOf(source), previous)
      return actor && seen(actor)
    },
    async descriptor(picture: Picture, landmarks: Landmarks) {
      calls.descriptor += 1
      return Float32Array.from(near(picture, landmarks)!.descriptor)
    },
  } as unknown as FaceAnalyser
  return { analyser, calls, frames: shown }
}
