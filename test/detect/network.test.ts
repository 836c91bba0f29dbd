import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cropBox, cropFace } from '../../src/detect/crop.ts'
import { type DetectorNetwork, openDetectorNetwork } from '../../src/detect/network.ts'
import { type FaceAnalyser, type Landmarks, openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames, readPicture } from '../../src/media/index.ts'
import { detectorProgram } from '../../src/models/detector.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { generatedBytes } from '../models/generated.ts'
import { sampleVideo, sharedData } from '../support/data.ts'
import { blendSelf } from './blended.ts'

/** PyTorch's answer to `generatedBytes` with the weights of the repository: printed by scripts/detector/export.py. */
const PYTORCH_LOGIT = -0.051088739186525345

const generated: Picture = { width: 224, height: 224, data: generatedBytes(224) }

describe('the detector network', () => {
  let network: DetectorNetwork
  let analyser: FaceAnalyser

  beforeAll(async () => {
    const device = await openDevice('cpu')
    network = await openDetectorNetwork(device)
    analyser = await openFaceAnalyser(device)
  })
  afterAll(async () => {
    await network.dispose()
    await analyser.dispose()
  })

  it('computes what PyTorch computes', async () => {
    expect((await network.look(generated)).logit).toBeCloseTo(PYTORCH_LOGIT, 3)
  })

  it('says where in the crop its logit comes from', async () => {
    const { logit, evidence } = await network.look(generated)
    expect(evidence).toHaveLength(49)
    expect(evidence.reduce((sum, cell) => sum + cell, 0) / 49).toBeCloseTo(logit, 4)
    expect(new Set(evidence).size).toBeGreaterThan(40)
  })

  it('names a weight that is missing', () => {
    expect(() => detectorProgram({})({ faces: undefined as never }, {})).toThrow()
  })

  it('cuts a square out around the face, also where it leaves the picture', async () => {
    const points68 = Float32Array.from({ length: 136 }, (_, i) => (i % 2 === 0 ? -20 + (i / 2) * 3 : 10 + (i / 2) * 2))
    const landmarks: Landmarks = { mesh: new Float32Array(468 * 3), points68, confidence: 1 }
    const box = cropBox(landmarks)
    expect(box.width).toBeCloseTo(1.3 * 201, 1)
    expect(box.width).toBe(box.height)
    const crop = cropFace(generated, landmarks)
    expect([crop.width, crop.height]).toEqual([224, 224])
  })

  async function framesOf(name: 'franck.mp4' | 'cap13_edit2.mp4', every: number, count: number): Promise<Picture[]> {
    const pictures: Picture[] = []
    for await (const { picture } of decodeFrames(sampleVideo(name), { every, maxFrames: count })) pictures.push(picture)
    return pictures
  }

  async function rise(picture: Picture): Promise<number | undefined> {
    const [face] = await analyser.find(picture, { max: 1 })
    if (face === undefined) return undefined
    const fake = blendSelf(picture, face.landmarks)
    const [after, before] = [await network.look(cropFace(fake, face.landmarks)), await network.look(cropFace(picture, face.landmarks))]
    return after.logit - before.logit
  }

  it('scores blended faces above the real ones that they were made of', async () => {
    const pictures = [...(await framesOf('franck.mp4', 40, 3)), ...(await framesOf('cap13_edit2.mp4', 40, 3))]
    for (const name of ['astronaut.png', 'grace_hopper_512x512.jpg', 'obama.jpg']) {
      const still = sharedData(`stills/${name}`)
      if (still !== undefined) pictures.push(await readPicture(still))
    }
    const rises: number[] = []
    for (const picture of pictures) rises.push((await rise(picture)) ?? 0)
    const mean = rises.reduce((sum, value) => sum + value, 0) / rises.length
    expect(mean).toBeGreaterThan(1)
    expect(rises.filter((value) => value > 0).length / rises.length).toBeGreaterThanOrEqual(0.75)
  })
})
