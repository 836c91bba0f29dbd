import { describe, expect, it } from 'vitest'
import type { FaceAnalyser, FoundFace, Landmarks } from '../../src/faces/index.ts'
import { createPicture } from '../../src/picture/picture.ts'
import { Recogniser } from '../../src/swap/identity.ts'
import { Steadier } from '../../src/swap/steady.ts'
import { FaceTracker } from '../../src/swap/track.ts'
import { recordFor } from './support.ts'

const bob = new Array<number>(128).fill(0)
const far = new Array<number>(128).fill(0.1)
const picture = createPicture(200, 100)

function landmarksAt(x: number, y = 50, jitter = 0): Landmarks {
  const mesh = new Float32Array(468 * 3)
  for (let i = 0; i < 468; i += 1) {
    mesh[i * 3] = x + (i % 20) + jitter
    mesh[i * 3 + 1] = y + Math.floor(i / 20) + jitter
  }
  return { mesh, points68: new Float32Array(136), confidence: 1 }
}

interface Actor {
  readonly x: number
  readonly descriptor: readonly number[]
}

/** A stage with people on it, seen by an analyser that never errs; `calls` counts what was asked of it. */
function stage(actors: Actor[]) {
  const calls = { find: 0, track: 0, descriptor: 0 }
  const faceOf = ({ x }: Actor): FoundFace => ({
    box: { x, y: 50, width: 20, height: 24 },
    score: 1,
    landmarks: landmarksAt(x),
    pose: { yaw: 0, pitch: 0, roll: 0 },
  })
  const actorAt = (landmarks: Landmarks) => actors.find(({ x }) => Math.abs(x - landmarks.mesh[0]!) < 12)
  const analyser = {
    async find() {
      calls.find += 1
      return actors.map(faceOf)
    },
    async track(_: unknown, previous: Landmarks) {
      calls.track += 1
      const actor = actorAt(previous)
      return actor && faceOf(actor)
    },
    async descriptor(_: unknown, landmarks: Landmarks) {
      calls.descriptor += 1
      return Float32Array.from(actorAt(landmarks)!.descriptor)
    },
  } as unknown as FaceAnalyser
  return { analyser, calls, actors }
}

function trackerOf(analyser: FaceAnalyser, choice: 'target' | 'largest' | 'all', others: ReturnType<typeof recordFor>[] = []): FaceTracker {
  const recogniser = new Recogniser([recordFor('bob', bob), ...others], bob, 0.5)
  return new FaceTracker({ analyser, recogniser, choice, colour: 'rct' })
}

describe('tracker', () => {
  it('follows the target without the detector, and never a stranger', async () => {
    const { analyser, calls } = stage([
      { x: 20, descriptor: far },
      { x: 100, descriptor: bob },
    ])
    const tracker = trackerOf(analyser, 'target')
    for (let index = 0; index < 60; index += 1) {
      const tracks = await tracker.next(picture, index, index / 25)
      expect(tracks.map(({ box }) => box.x)).toEqual([100])
    }
    expect(calls.find).toBe(1)
    expect(calls.descriptor).toBeLessThan(6)
  })

  it('lets go when somebody else takes the place', async () => {
    const set = stage([{ x: 100, descriptor: bob }])
    const tracker = trackerOf(set.analyser, 'target')
    expect((await tracker.next(picture, 0, 0)).length).toBe(1)
    set.actors[0] = { x: 100, descriptor: far }
    let last = 1
    for (let index = 1; index < 30; index += 1) last = (await tracker.next(picture, index, index / 25)).length
    expect(last).toBe(0)
  })

  it('starts anew after a cut', async () => {
    const set = stage([{ x: 100, descriptor: bob }])
    const tracker = trackerOf(set.analyser, 'target')
    await tracker.next(picture, 0, 0)
    set.actors[0] = { x: 100, descriptor: far }
    const light = createPicture(200, 100)
    light.data.fill(220)
    expect(await tracker.next(light, 1, 0.04)).toEqual([])
  })

  it('refuses a face without a record where all or the largest is asked for', async () => {
    const people = [
      { x: 20, descriptor: far },
      { x: 100, descriptor: bob },
    ]
    await expect(trackerOf(stage(people).analyser, 'all').next(picture, 0, 0)).rejects.toMatchObject({ exitCode: 3, clause: 'biometric' })
    await expect(trackerOf(stage(people.slice(0, 1)).analyser, 'largest').next(picture, 0, 0)).rejects.toMatchObject({ exitCode: 3 })
    const allowed = await trackerOf(stage(people).analyser, 'all', [recordFor('carol', far)]).next(picture, 0, 0)
    expect(allowed.length).toBe(2)
  })

  it('replaces nobody in an empty frame and counts what it met', async () => {
    const tracker = trackerOf(stage([]).analyser, 'target')
    expect(await tracker.next(picture, 0, 0)).toEqual([])
    expect(tracker.facesSeen).toBe(0)
  })
})

describe('recogniser', () => {
  it('needs a record, whatever the threshold', () => {
    const generous = new Recogniser([recordFor('bob', bob)], bob, 2)
    const descriptor = Float32Array.from(far)
    expect(generous.recognise(descriptor, false)).toMatchObject({ consents: false, isTarget: false })
    const strict = new Recogniser([recordFor('bob', bob)], bob, 0.1)
    expect(
      strict.recognise(
        Float32Array.from(bob, () => 0.02),
        false,
      ),
    ).toMatchObject({ consents: true, isTarget: false })
  })
})

describe('steadying', () => {
  it('calms jitter at rest', () => {
    const steadier = new Steadier()
    let [raw, steady] = [0, 0]
    let last = steadier.next(landmarksAt(100), 0).mesh[0]!
    for (let index = 1; index < 100; index += 1) {
      const jitter = 0.05 * Math.sin(index * 2.5)
      const value = steadier.next(landmarksAt(100, 50, jitter), index / 25).mesh[0]!
      raw += Math.abs(0.05 * (Math.sin(index * 2.5) - Math.sin((index - 1) * 2.5)))
      steady += Math.abs(value - last)
      last = value
    }
    expect(steady).toBeLessThan(raw * 0.6)
  })

  it('does not lag behind a moving face', () => {
    const steadier = new Steadier()
    let lag = 0
    for (let index = 0; index < 50; index += 1) lag = 100 + index * 2 - steadier.next(landmarksAt(100 + index * 2), index / 25).mesh[0]!
    expect(Math.abs(lag)).toBeLessThan(0.4)
  })
})
