import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaceAnalyser, openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, readPicture } from '../../src/media/index.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { cropPicture, resizePicture } from '../../src/picture/resize.ts'
import { trackFrames } from '../../src/swap/ahead.ts'
import type { TrackedFace } from '../../src/swap/bridge.ts'
import type { CastMember } from '../../src/swap/cast.ts'
import { FaceTracker } from '../../src/swap/track.ts'
import { type View, viewOf } from '../../src/swap/view.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { sampleVideo, sharedData } from '../support/data.ts'
import { memberOf } from './stage.ts'

let analyser: FaceAnalyser
beforeAll(async () => {
  analyser = await openFaceAnalyser(await openDevice('cpu'))
})
afterAll(() => analyser.dispose())

interface Shown {
  readonly index: number
  readonly timeS: number
  readonly view: View
}

async function track(frames: readonly Shown[], members: readonly CastMember[]): Promise<readonly (readonly TrackedFace[])[]> {
  const tracker = new FaceTracker({ analyser, cast: { choice: 'target', members } })
  const all: (readonly TrackedFace[])[] = []
  for await (const { faces } of trackFrames(frames, tracker)) all.push(faces)
  return all
}

function shown(pictures: readonly Picture[], first = 0): Shown[] {
  return pictures.map((picture, i) => ({ index: first + i, timeS: (first + i) / 25, view: viewOf(picture) }))
}

/** A view that really makes parts, as a planar frame's does. */
function inParts(view: View): View {
  return {
    ...view,
    part(box) {
      const [x, y] = [Math.max(0, Math.floor(box.x)), Math.max(0, Math.floor(box.y))]
      const width = Math.min(view.width, Math.ceil(box.x + box.width)) - x
      const height = Math.min(view.height, Math.ceil(box.y + box.height)) - y
      return { picture: cropPicture(view.whole(), { x, y, width, height }), x, y, step: 1 }
    },
  }
}

function farthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => (i % 3 === 2 ? most : Math.max(most, Math.abs(value - b[i]!))), 0)
}

describe('a part of a clip, tracked from a second earlier', () => {
  it('has the landmarks and strength that the whole clip has there, and from parts of frames too', { timeout: 60_000 }, async () => {
    const pictures: Picture[] = []
    // He nods fastest here.
    for await (const { index, picture } of decodeFrames(sampleVideo('cap13_edit2.mp4'), { maxFrames: 600 }))
      if (index >= 520) pictures.push(picture)
    const frames = shown(pictures, 520)
    const [face] = await analyser.find(pictures[0]!, { max: 1 })
    const he = memberOf('he', [...(await analyser.descriptor(pictures[0]!, face!.landmarks))])
    // The networks see bytes: what was rounded otherwise shows as a few hundredths of a pixel however long ago a tracker began.
    const whole = await track(frames, [he])
    const late = await track(
      frames.slice(30).map((frame) => ({ ...frame, view: inParts(frame.view) })),
      [he],
    )
    expect(whole.every(([one, ...others]) => one?.strength === 1 && others.length === 0)).toBe(true)
    for (let i = 25; i < late.length; i += 1) {
      expect(late[i]![0]!.strength).toBe(1)
      expect(farthest(late[i]![0]!.landmarks.mesh, whole[30 + i]![0]!.landmarks.mesh)).toBeLessThan(0.06)
    }
  })
})

const WIDTH = 480
const HEIGHT = 200

describe.skipIf(sharedData('stills/two_people.jpg') === undefined)('two people', () => {
  let cutouts: { picture: Picture; nose: readonly [number, number]; member: CastMember }[]

  beforeAll(async () => {
    const still = await readPicture(sharedData('stills/two_people.jpg')!)
    const picture = resizePicture(still, 640, Math.round((still.height * 640) / still.width))
    const faces = await analyser.find(picture)
    cutouts = await Promise.all(
      faces.map(async ({ box, landmarks }, i) => {
        const grow = 0.35 * box.width
        const [x, y] = [Math.max(0, Math.round(box.x - grow)), Math.max(0, Math.round(box.y - grow))]
        const part = { x, y, width: Math.round(box.width + 2 * grow), height: Math.round(box.height + 2 * grow) }
        return {
          picture: cropPicture(picture, part),
          nose: [landmarks.mesh[18]! - x, landmarks.mesh[19]! - y] as const,
          member: memberOf(`p${i}`, [...(await analyser.descriptor(picture, landmarks))]),
        }
      }),
    )
  })

  /** Both before a wall, at these places from left; the first is in front. */
  function scene(places: readonly (number | undefined)[]): Picture {
    const picture = createPicture(WIDTH, HEIGHT)
    for (let i = 0; i < picture.data.length; i += 1)
      picture.data[i] = 100 + 40 * Math.sin((Math.floor(i / 3) % WIDTH) / 40) * Math.cos(i / WIDTH / 150)
    for (let k = places.length - 1; k >= 0; k -= 1) {
      const { picture: from } = cutouts[k]!
      for (let y = 0; y < from.height; y += 1) {
        for (let x = 0; x < from.width; x += 1) {
          const to = places[k]! + x
          if (places[k] === undefined || to < 0 || to >= WIDTH) continue
          const at = (y * from.width + x) * 3
          picture.data.set(from.data.subarray(at, at + 3), ((y + 20) * WIDTH + to) * 3)
        }
      }
    }
    return picture
  }

  it('cross: neither ever gets the swap of the other, and who is in front keeps theirs', { timeout: 120_000 }, async () => {
    const places = Array.from({ length: 42 }, (_, i) => [20 + i * 7, 320 - i * 7] as const)
    const all = await track(
      shown(places.map(scene)),
      cutouts.map(({ member }) => member),
    )
    for (const [i, faces] of all.entries()) {
      expect(new Set(faces.map(({ member }) => member.person)).size).toBe(faces.length)
      for (const { member, landmarks } of faces) {
        const k = cutouts.findIndex((cutout) => cutout.member === member)
        expect(Math.abs(landmarks.mesh[18]! - (places[i]![k]! + cutouts[k]!.nose[0]))).toBeLessThan(14)
      }
      expect(faces.find(({ member }) => member.person === 'p0')?.strength).toBe(1)
    }
    expect(all.at(-1)!.length).toBe(2)
    expect(all[8]!.length).toBe(2)
  })

  it('one passes before the target: nothing is drawn on them, and the target comes back', { timeout: 120_000 }, async () => {
    const target = cutouts[1]!
    const places = Array.from({ length: 50 }, (_, i) => [380 - i * 10, 180] as const)
    const all = await track(shown(places.map(scene)), [target.member])
    for (const faces of all)
      for (const { landmarks } of faces) expect(Math.abs(landmarks.mesh[18]! - (180 + target.nose[0]))).toBeLessThan(14)
    const strengths = all.map(([face]) => face?.strength ?? 0)
    expect([strengths[5], strengths.at(-1)]).toEqual([1, 1])
    expect(strengths).toContain(0)
    for (let i = 1; i < strengths.length; i += 1) expect(Math.abs(strengths[i]! - strengths[i - 1]!)).toBeLessThanOrEqual(0.2501)
  })
})
