import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlignedFaces, Landmarks } from '../../src/faces/index.ts'
import { displacementsOf, FIELD_CELLS, MESH_POINTS, type Retargeting } from '../../src/models/retarget.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { openDataset } from '../../src/store/dataset.ts'
import { loadFaceset } from '../../src/train/faceset.ts'
import type { Renderer } from '../../src/train/renderer.ts'
import { openRetargeter, retargeted } from '../../src/train/retargeter.ts'
import { scratchFolder } from '../support/data.ts'
import { makeFaceset } from './fixture.ts'

const SIZE = 16
let home: string
beforeAll(async () => {
  home = mkdtempSync(join(scratchFolder('retargeter'), 'home-'))
  await makeFaceset(home, 'bob', { count: 80 })
  await makeFaceset(home, 'few', { count: 40 })
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** A face whose lower half lies the lower, the brighter the picture's right half is than its left. */
function landmarksOf({ data, width }: Picture): Landmarks {
  const brightness = data.reduce((sum, value, i) => sum + (Math.floor(i / 3) % width < width / 2 ? -value : value), 0) / data.length / 255
  const mesh = Float32Array.from({ length: 3 * MESH_POINTS }, (_, i) => {
    const [column, row] = [(Math.floor(i / 3) % 22) / 21, Math.floor(Math.floor(i / 3) / 22) / 21]
    if (i % 3 === 0) return width * (0.2 + 0.6 * column)
    return i % 3 === 1 ? width * (0.2 + 0.6 * row + (row > 0.5 ? 0.2 * brightness : 0)) : width * 0.1 * Math.sin(i)
  })
  return { mesh, points68: new Float32Array(136), confidence: 1 }
}
const aligned: AlignedFaces = {
  landmarks: async (pictures) => pictures.map(landmarksOf),
  descriptors: async () => [],
  dispose: async () => {},
}
/** Faces of which both halves are alike: each pixel the mean of itself and its mirror image. */
function even(faces: Float32Array): Float32Array {
  return faces.map((value, i) => {
    const pixel = Math.floor(i / 3)
    const mirrored = pixel - (pixel % SIZE) + SIZE - 1 - (pixel % SIZE)
    return (value + faces[3 * mirrored + (i % 3)]!) / 2
  })
}
/** The target's decoder draws faces as they are; the source's as `source` says. */
function rendererOf(source: (faces: Float32Array) => Float32Array): Renderer {
  const shown = (rgb: Float32Array) => ({ rgb, mask: new Float32Array(rgb.length / 3).fill(1) })
  return {
    load: async () => {},
    render: async (faces) => ({ source: shown(source(faces)), target: shown(faces) }),
    dispose: async () => {},
  }
}
const most = (values: Float32Array) => Math.max(...values.map(Math.abs))

describe('a retargeter', () => {
  it('learns of training faces, the same each time, and nothing of a trial with few of them', async () => {
    const learn = openRetargeter(await loadFaceset(await openDataset(home, 'bob'), SIZE), SIZE, aligned)
    const renderer = rendererOf(even)
    const found = await learn(renderer)
    expect(found).toBeDefined()
    expect(await learn(renderer)).toEqual(found)
    expect(await openRetargeter(await loadFaceset(await openDataset(home, 'few'), SIZE), SIZE, aligned)(renderer)).toBeUndefined()
  })

  it("looks at what the source's decoder draws: nothing is missing where that draws faces as they are", async () => {
    const learn = openRetargeter(await loadFaceset(await openDataset(home, 'bob'), SIZE), SIZE, aligned)
    const [lacking, whole] = [(await learn(rendererOf(even)))!, (await learn(rendererOf((faces) => faces)))!]
    expect(most(lacking.moves)).toBeGreaterThan(0.01)
    expect(most(whole.moves)).toBeLessThan(most(lacking.moves) / 20)
    // Faces drawn as they are look, moved by next to nothing, as those that they follow do.
    const apart = (found: Retargeting) => most(found.moved!.map((value, i) => value - found.mean[i]!))
    expect(apart(whole)).toBeLessThan(0.002)
  })
})

describe('faces moved on', () => {
  const retargeting = {
    mean: new Float32Array(2 * MESH_POINTS),
    modes: new Float32Array(0),
    spread: new Float32Array(0),
    places: Float32Array.from({ length: 2 * MESH_POINTS }, (_, i) => ((i >> 1) % (i % 2 === 0 ? 22 : 400)) / (i % 2 === 0 ? 22 : 400)),
    moves: new Float32Array(0),
    rest: Float32Array.from({ length: 2 * MESH_POINTS }, (_, i) => (i % 2 === 0 ? 1 / 64 : 0)),
    moved: undefined,
  }
  const faces = Float32Array.from({ length: 2 * SIZE * SIZE * 3 }, (_, i) => (Math.floor(i / 3) % SIZE) / SIZE)

  it('are those whose landmarks are known', () => {
    const one = SIZE * SIZE * 3
    const rgb = retargeted(faces, displacementsOf(retargeting), [new Float32Array(2 * MESH_POINTS), undefined], SIZE)
    expect(rgb.subarray(one)).toEqual(faces.subarray(one))
    expect(rgb.subarray(0, one)).not.toEqual(faces.subarray(0, one))
    expect(displacementsOf(retargeting)(new Float32Array(2 * MESH_POINTS))).toHaveLength(2 * FIELD_CELLS * FIELD_CELLS)
  })

  it('are moved so much further where that is known', () => {
    const points = [new Float32Array(2 * MESH_POINTS), new Float32Array(2 * MESH_POINTS)]
    const back = displacementsOf(retargeting)(points[0]!).map((value) => -value)
    const [first, second] = [0, 1].map((i) => (rgb: Float32Array) => rgb.subarray(i * SIZE * SIZE * 3, (i + 1) * SIZE * SIZE * 3))
    const rgb = retargeted(faces, displacementsOf(retargeting), points, SIZE, [back, undefined])
    expect(most(first!(rgb).map((value, i) => value - first!(faces)[i]!))).toBeLessThan(1e-6)
    expect(second!(rgb)).toEqual(second!(retargeted(faces, displacementsOf(retargeting), points, SIZE)))
  })

  it('stay where nothing was learned', () => {
    expect(retargeted(faces, undefined, [], SIZE)).toEqual(faces)
  })
})
