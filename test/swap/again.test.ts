import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AlignedFaces,
  alignedPoints,
  type FaceAnalyser,
  type FoundFace,
  openAlignedFaces,
  openFaceAnalyser,
} from '../../src/faces/index.ts'
import { decodeFrames } from '../../src/media/index.ts'
import { FIELD_CELLS, leftoverOf, MESH_POINTS } from '../../src/models/retarget.ts'
import { displace } from '../../src/picture/displace.ts'
import type { Picture } from '../../src/picture/picture.ts'
import { picturesOf } from '../../src/picture/putIn.ts'
import { LeftoverMemory, lookAgain } from '../../src/swap/again.ts'
import { type Cut, cutFace } from '../../src/swap/cut.ts'
import { viewOf } from '../../src/swap/view.ts'
import { openDevice } from '../../src/tensor/index.ts'
import { sampleVideo } from '../support/data.ts'

const SIZE = 64
const CELLS = FIELD_CELLS * FIELD_CELLS

describe('a second look at a drawn face', () => {
  let analyser: FaceAnalyser
  let aligned: AlignedFaces
  let cut: Cut
  let face: FoundFace
  /** Landmarks as the second look finds them where all is drawn as it is. */
  let usual: Float32Array
  beforeAll(async () => {
    const device = await openDevice('cpu')
    analyser = await openFaceAnalyser(device)
    aligned = openAlignedFaces(device)
    let picture: Picture | undefined
    for await (const frame of decodeFrames(sampleVideo('cap13_edit2.mp4'), { maxFrames: 1 })) picture = frame.picture
    face = (await analyser.find(picture!, { max: 1 }))[0]!
    cut = cutFace(viewOf(picture!), face.landmarks, SIZE, false)
    const seen: Float32Array[] = []
    await look(cut.rgb, (_, found) => {
      seen.push(found)
      return new Float32Array(2 * CELLS)
    })
    usual = seen[0]!
  })
  afterAll(async () => {
    await aligned.dispose()
    await analyser.dispose()
  })

  const look = (rgb: Float32Array, leftover: ReturnType<typeof leftoverOf>, move?: Float32Array) => {
    const rendered = { rgb, mask: new Float32Array(SIZE * SIZE).fill(1) }
    return lookAgain(aligned, { sizePx: SIZE, leftover }, [{ cut: { ...cut, move }, rendered, face }])
  }
  /** What is left of a face whose drawing is usual where it is the footage's own. */
  const known = () => {
    const followed = alignedPoints(face.landmarks, cut.matrix, SIZE)
    const none = new Float32Array(0)
    return leftoverOf({
      mean: followed,
      places: followed,
      modes: none,
      spread: none,
      moves: none,
      rest: new Float32Array(2 * MESH_POINTS),
      moved: usual,
    })
  }
  /** Everything below the nose moved down by `by` of the side. */
  const lower = (by: number) =>
    Float32Array.from({ length: 2 * CELLS }, (_, i) => (i % 2 === 1 && Math.floor(i / 2 / FIELD_CELLS) / FIELD_CELLS > 0.6 ? by : 0))
  /** The mean move, down, of the cells about a place. */
  const at = (field: Float32Array, x: number, y: number) => {
    let [sum, count] = [0, 0]
    for (let cell = 0; cell < CELLS; cell += 1) {
      const [dx, dy] = [((cell % FIELD_CELLS) + 0.5) / FIELD_CELLS - x, (Math.floor(cell / FIELD_CELLS) + 0.5) / FIELD_CELLS - y]
      if (Math.hypot(dx, dy) > 0.08) continue
      sum += field[2 * cell + 1]!
      count += 1
    }
    return sum / count
  }

  it('finds nothing to move where the face is drawn as it is', async () => {
    const [field] = await look(cut.rgb, known())
    expect(Math.max(...field!.map(Math.abs))).toBeLessThan(1e-6)
  })

  it('moves a mouth up again that was drawn too low, and not the brows', async () => {
    const low = displace(cut.rgb, SIZE, 3, lower(0.025), FIELD_CELLS)
    const [field] = await look(low, known())
    expect(at(field!, 0.5, 0.72)).toBeLessThan(-0.004)
    expect(Math.abs(at(field!, 0.5, 0.33))).toBeLessThan(0.003)
  })

  it('looks at the face as it is moved already', async () => {
    const low = displace(cut.rgb, SIZE, 3, lower(0.025), FIELD_CELLS)
    const [before] = await look(low, known())
    const [after] = await look(low, known(), lower(-0.025))
    expect(Math.abs(at(after!, 0.5, 0.72))).toBeLessThan(Math.abs(at(before!, 0.5, 0.72)) / 3)
  })

  it('leaves a face alone in which it sees none, and all where the checkpoint does not know what is usual', async () => {
    const noise = cut.rgb.map((_, i) => (Math.sin(i * 12.9898) * 43758.5453) % 1 ** 2).map(Math.abs)
    expect(await look(noise, known())).toEqual([undefined])
    expect(await look(cut.rgb, undefined)).toEqual([undefined])
  })

  it('sees the same four at a time as eight at a time', async () => {
    const pictures = picturesOf(cut.rgb, SIZE)
    const four = openAlignedFaces(await openDevice('cpu'), 4)
    const [[by4], [by8]] = [await four.landmarks(pictures), await aligned.landmarks(pictures)]
    await four.dispose()
    expect(Math.max(...by4!.mesh.map((value, i) => Math.abs(value - by8!.mesh[i]!)))).toBeLessThan(1e-3)
  })

  it('is given landmarks of the picture that it looks at', () => {
    expect(usual).toHaveLength(2 * MESH_POINTS)
    const followed = alignedPoints(face.landmarks, cut.matrix, SIZE)
    const off = Math.max(...usual.map((value, i) => Math.abs(value - followed[i]!)))
    expect(off).toBeLessThan(0.03)
  })
})

describe('what is left, over time', () => {
  const of = (value: number) => Float32Array.of(value)

  it('counts in full at first, then settles within some frames, whatever the frame rate', () => {
    for (const rate of [25, 50]) {
      const memory = new LeftoverMemory()
      expect(memory.next(of(1), 0)![0]).toBe(1)
      for (let i = 1; i <= rate * 0.08; i += 1) memory.next(of(0), i / rate)
      expect(memory.next(undefined, 0.08)![0]).toBeCloseTo(Math.exp(-1), 6)
    }
  })

  it('is unknown until something was seen, and stays for a second while nothing is', () => {
    const memory = new LeftoverMemory()
    expect(memory.next(undefined, 0)).toBeUndefined()
    memory.next(of(0.5), 0.04)
    expect(memory.next(undefined, 0.08)![0]).toBe(0.5)
    expect(memory.next(undefined, 1.2)).toBeUndefined()
  })

  it('is looked for at once, and then at every other frame', () => {
    const memory = new LeftoverMemory()
    expect([6, 7].map((index) => memory.isDue(index, 0))).toEqual([true, true])
    memory.next(of(1), 0)
    expect([6, 7].map((index) => memory.isDue(index, 0.04))).toEqual([true, false])
    expect(memory.isDue(7, 1.2)).toBe(true)
  })

  it('begins anew after a gap', () => {
    const memory = new LeftoverMemory()
    memory.next(of(1), 0)
    expect(memory.next(of(0), 2)![0]).toBe(0)
  })
})
