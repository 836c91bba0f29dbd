import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlignedFaces, Landmarks } from '../../src/faces/index.ts'
import { displacementsOf, FIELD_CELLS, MESH_POINTS } from '../../src/models/retarget.ts'
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

/** A face whose lower half lies by the picture's mean brightness lower. */
function landmarksOf({ data, width }: Picture): Landmarks {
  const brightness = data.reduce((sum, value) => sum + value, 0) / data.length / 255
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
/** Draws the target's face with half of what makes it brighter or darker than grey. */
const renderer: Renderer = {
  load: async () => {},
  render: async (faces) => {
    const dull = { rgb: faces.map((value) => 0.5 + (value - 0.5) / 2), mask: new Float32Array(faces.length / 3).fill(1) }
    return { source: dull, target: dull }
  },
  dispose: async () => {},
}

describe('a retargeter', () => {
  it('learns of training faces, the same each time, and nothing of a trial with few of them', async () => {
    const learn = openRetargeter(await loadFaceset(await openDataset(home, 'bob'), SIZE), SIZE, aligned)
    const found = await learn(renderer)
    expect(found).toBeDefined()
    expect(await learn(renderer)).toEqual(found)
    expect(await openRetargeter(await loadFaceset(await openDataset(home, 'few'), SIZE), SIZE, aligned)(renderer)).toBeUndefined()
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
  }
  const faces = Float32Array.from({ length: 2 * SIZE * SIZE * 3 }, (_, i) => (Math.floor(i / 3) % SIZE) / SIZE)

  it('are those whose landmarks are known', () => {
    const one = SIZE * SIZE * 3
    const rgb = retargeted(faces, retargeting, [new Float32Array(2 * MESH_POINTS), undefined], SIZE)
    expect(rgb.subarray(one)).toEqual(faces.subarray(one))
    expect(rgb.subarray(0, one)).not.toEqual(faces.subarray(0, one))
    expect(displacementsOf(retargeting)(new Float32Array(2 * MESH_POINTS), 1)).toHaveLength(2 * FIELD_CELLS * FIELD_CELLS)
  })

  it('stay where nothing was learned', () => {
    expect(retargeted(faces, undefined, [], SIZE)).toEqual(faces)
  })
})
