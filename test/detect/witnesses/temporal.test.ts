import { describe, expect, it } from 'vitest'
import { logitAmong } from '../../../src/detect/calibration.ts'
import { Witnesses } from '../../../src/detect/witnesses/gather.ts'
import type { FoundFace } from '../../../src/faces/index.ts'
import type { Picture } from '../../../src/picture/picture.ts'
import { CALIBRATION } from '../calibrated.ts'
import { madeUpFace, pasted, randomNumbers, texture } from './scene.ts'

interface Moment {
  readonly picture: Picture
  readonly face: FoundFace
}

const analyser = { descriptor: async () => new Float32Array(128) }

/** What the temporal witness reads in a clip of 8 neighbouring frames, each third of them a sampled one. */
async function motionIn(clip: (i: number) => Moment): Promise<Readonly<Record<string, number>>> {
  const witnesses = new Witnesses(analyser, CALIBRATION)
  for (let index = 0; index < 8; index++) {
    const { picture, face } = clip(index)
    await witnesses.see({ index, timeS: index / 25, picture }, [face], index % 3 === 0 ? [0] : [])
  }
  const { temporal } = witnesses.values()
  if ('silent' in temporal) throw new Error(`expected measures but found: ${temporal.silent}`)
  return temporal.measures
}

const open = (i: number) => 6 + 5 * Math.sin(i)
const real = (i: number): Moment => ({ picture: texture(1, 100 + i), face: madeUpFace(0, 0, open(i)) })

describe('the temporal witness', () => {
  it('sees a face that boils or flickers while its surroundings do not, and calm in one exposure', async () => {
    const calm = await motionIn(real)
    const boiling = await motionIn((i) => ({ ...real(i), picture: pasted(texture(1, 100 + i), texture(20, 200 + i, 60)) }))
    const flickering = await motionIn((i) => {
      const { picture, face } = real(i)
      return { face, picture: pasted(picture, { ...picture, data: picture.data.map((value) => value + (i % 2) * 6) }) }
    })
    expect(Math.abs(calm['boil']!)).toBeLessThan(0.2)
    expect(boiling['boil']).toBeGreaterThan(1)
    expect(flickering['flicker']).toBeGreaterThan(calm['flicker']! + 1)
  })

  it('sees a face whose grain is frozen, a mouth that is, and inner landmarks that shake', async () => {
    const calm = await motionIn(real)
    const still = texture(1, 100)
    const frozen = await motionIn((i) => ({ picture: pasted(texture(1, 100 + i), still), face: madeUpFace(0, 0, 6) }))
    expect(frozen['boil']).toBeLessThan(calm['boil']! - 0.7)
    expect(frozen['expression']).toBeLessThan(calm['expression']! - 2)
    const draw = randomNumbers(5)
    const shaken = await motionIn((i) => {
      const { picture } = real(i)
      const face = madeUpFace(0, 0, 6)
      const mesh = face.landmarks.mesh.slice()
      for (const point of [33, 133, 362, 263, 61, 291, 4, 5]) mesh[3 * point]! += 6 * (draw() - 0.5)
      return { picture, face: { ...face, landmarks: { ...face.landmarks, mesh } } }
    })
    expect(shaken['shakeRatio']).toBeGreaterThan(frozen['shakeRatio']! + 0.5)
  })

  it('cannot say of a still, of frames far apart, or without a face', async () => {
    const still = new Witnesses(analyser, CALIBRATION)
    await still.see({ index: 0, timeS: 0, picture: texture(1) }, [madeUpFace()], [1.5])
    expect(still.values()).toMatchObject({
      network: { measures: { logit: 1.5 } },
      temporal: { silent: expect.stringContaining('no motion') },
    })
    const apart = new Witnesses(analyser, CALIBRATION)
    for (const index of [0, 10, 20, 30, 40, 50]) await apart.see({ index, timeS: index / 25, picture: texture(1) }, [madeUpFace()], [0])
    expect(apart.values().temporal).toEqual({ silent: expect.stringContaining('too few frames in a row') })
    const empty = new Witnesses(analyser, CALIBRATION)
    await empty.see({ index: 0, timeS: 0, picture: texture(1) }, [], [])
    expect(Object.values(empty.values())).toEqual(Array(5).fill({ silent: expect.stringContaining('no face') }))
  })
})

describe('several faces', () => {
  it('has the one looked at that the network suspects most', async () => {
    const picture = pasted(texture(1), texture(20, 21, 60))
    const [suspect, other] = [madeUpFace(), madeUpFace(500)]
    const readingOf = async (faces: FoundFace[], logits: number[]) => {
      const witnesses = new Witnesses(analyser, CALIBRATION)
      await witnesses.see({ index: 0, timeS: 0, picture }, faces, logits)
      return witnesses.values()
    }
    const alone = await readingOf([suspect], [2])
    const two = await readingOf([other, suspect], [-1, 2])
    expect({ ...two, network: undefined }).toEqual({ ...alone, network: undefined })
    expect(two.network).toEqual({ measures: { logit: expect.closeTo(logitAmong([-1, 2], CALIBRATION), 6) } })
    expect((await readingOf([suspect, other], [-1, 2])).residual).toHaveProperty('silent')
  })
})
