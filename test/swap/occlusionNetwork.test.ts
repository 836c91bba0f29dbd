import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COLOURS, cover, overlapOf, SHAPES, skinOf } from '../../bench/covered.ts'
import { openFaceAnalyser } from '../../src/faces/index.ts'
import { decodeFrames } from '../../src/media/index.ts'
import { OCCLUSION_PX } from '../../src/models/occlusion.ts'
import { planeOf, sampledPlane } from '../../src/picture/plane.ts'
import { cutFace } from '../../src/swap/cut.ts'
import { inFrontOf } from '../../src/swap/face.ts'
import { type OcclusionNetwork, openOcclusionNetwork, type SeenFace } from '../../src/swap/occlusionNetwork.ts'
import { renderAlone } from '../../src/swap/render.ts'
import { newTracker } from '../../src/swap/session.ts'
import { viewOf } from '../../src/swap/view.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { mean } from '../../src/work/statistics.ts'
import { sampleVideo, scratchFolder } from '../support/data.ts'
import { framesOf, makeClip, openMan, PLAIN_LOOK, WALL } from './man.ts'

const SIZE = OCCLUSION_PX
/** Frames of each clip, so far apart. */
const [FRAMES, APART] = [3, 30]
/** Where brows are at the lowest, as a share of the side: hair may hang in front of what is above. */
const BROWS = 0.4
let network: OcclusionNetwork
/** Faces of two men of whom no picture was trained on, as a generator of 64 px and one of 128 px take them. */
const faces: SeenFace[] = []
const larger: SeenFace[] = []

beforeAll(async () => {
  const device = await openDevice('cpu')
  network = await openOcclusionNetwork(device, 4)
  const analyser = await openFaceAnalyser(device)
  for (const clip of ['franck.mp4', 'cap13_edit2.mp4'] as const) {
    for await (const { index, picture } of decodeFrames(sampleVideo(clip), { maxFrames: FRAMES * APART })) {
      if (index % APART !== 0) continue
      const [face] = await analyser.find(picture, { max: 1 })
      faces.push(cutFace(viewOf(picture), face!.landmarks, SIZE, false))
      larger.push(cutFace(viewOf(picture), face!.landmarks, 2 * SIZE, false))
    }
  }
  await analyser.dispose()
})
afterAll(() => network.dispose())

/** What `dfk swap` takes for covered where the target's own decoder draws the face `own`, by default as it is seen, so that only the network can tell. */
async function found(all: readonly SeenFace[], own = all): Promise<Float32Array[]> {
  const covered = await network.find(all)
  return all.map((face, i) => inFrontOf(face, { own: own[i]!.rgb, covered: covered[i]! })!)
}

describe('the network that sees what is in front of a face', () => {
  it('finds nothing on faces that nothing covers, below a fringe, whatever size they are drawn at', async () => {
    for (const all of [faces, larger]) {
      expect(all).toHaveLength(2 * FRAMES)
      for (const [i, covered] of (await found(all)).entries()) {
        const { hull, sizePx } = all[i]!
        expect(covered).toHaveLength(sizePx * sizePx)
        const below = sampledPlane(hull, sizePx).map((value, k) => (k < BROWS * sizePx * sizePx ? 0 : value))
        const falsely = covered.filter((value, k) => below[k]! > 0.5 && value > 0.5).length
        expect(falsely / below.filter((value) => value > 0.5).length).toBeLessThan(0.02)
      }
    }
  })

  it.each([
    ['the same skin', 0.4],
    ['paler skin', 0.5],
    ['black', 0.5],
  ] as const)('finds hands in front of the mouth, of %s', async (colour, least) => {
    const overlaps = await Promise.all(
      faces.map(async (face) => {
        const inside = sampledPlane(face.hull, SIZE)
        const { seen, where } = cover(face.rgb, SIZE, SHAPES['hand over the mouth']!, COLOURS[colour]!(skinOf(face.rgb, inside)))
        const [covered] = await found([{ ...face, rgb: seen }], [face])
        return overlapOf(covered!, where, inside)!
      }),
    )
    expect(mean(overlaps)).toBeGreaterThan(least)
  })

  it('sees each face by itself, however many there are', async () => {
    const [together, [alone]] = [await network.find(faces), await network.find([faces[4]!])]
    expect(together).toHaveLength(faces.length)
    expect(Math.max(...alone!.map((value, i) => Math.abs(value - together[4]![i]!)))).toBeLessThan(1e-5)
  })

  it('needs to know where the face is', async () => {
    const [face] = faces as [SeenFace]
    const nowhere = { ...face, hull: planeOf({ width: SIZE, height: SIZE, data: new Uint8Array(SIZE * SIZE) }) }
    const [a, b] = await network.find([face, nowhere])
    expect(a).not.toEqual(b)
  })
})

describe('a frame by itself', () => {
  it.each([0, 1])('is looked at for what is in front, whatever its number: %i after another', async (later) => {
    const home = scratchFolder('occlusion')
    const clip = join(home, 'clip.mp4')
    await makeClip(home, clip, WALL + 3)
    const session = await openMan(home, clip, { look: { ...PLAIN_LOOK, occlusion: 1 } })
    const looked: number[] = []
    const { find } = session.occlusion!
    session.occlusion!.find = (faces) => {
      looked.push(faces.length)
      return find(faces)
    }
    for await (const frame of framesOf(clip)) {
      if (frame.index !== WALL + later) continue
      const { faces } = await renderAlone(session, newTracker(session), frame)
      expect(faces).toHaveLength(1)
    }
    expect(looked).toEqual([1])
    await session.dispose()
    rmSync(home, { recursive: true, force: true })
  })
})
