import { describe, expect, it } from 'vitest'
import { drawPatch } from '../../src/picture/compose.ts'
import { enlargeSquare } from '../../src/picture/enlarge.ts'
import { rgbToLab } from '../../src/picture/lab.ts'
import { createPicture } from '../../src/picture/picture.ts'
import { blurPlane, erodePlane, type Plane } from '../../src/picture/plane.ts'
import { shapeMask } from '../../src/swap/mask.ts'
import { matchBorder } from '../../src/swap/seam.ts'
import { labToRgb } from './seamSupport.ts'

/** Numbers in 0–1 that look random and are always the same. */
function noise(count: number, seed = 1): Float32Array {
  let state = seed
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  })
}

function plane(size: number, value: (x: number, y: number) => number): Plane {
  return { width: size, height: size, data: Float32Array.from({ length: size * size }, (_, i) => value(i % size, Math.floor(i / size))) }
}

describe('L*a*b*', () => {
  it('knows white, grey and a published colour', () => {
    const lab = rgbToLab(Float32Array.of(1, 1, 1, 0.5, 0.5, 0.5, 1, 0, 0))
    expect(lab[0]).toBeCloseTo(100, 1)
    expect(Math.abs(lab[1]!) + Math.abs(lab[2]!)).toBeLessThan(0.1)
    expect(lab[3]).toBeCloseTo(53.39, 1)
    expect([lab[6], lab[7], lab[8]].map((value) => Math.round(value! * 10) / 10)).toEqual([53.2, 80.1, 67.2])
  })

  it('goes there and back', () => {
    const rgb = noise(300)
    const back = labToRgb(rgbToLab(rgb))
    expect(Math.max(...rgb.map((value, i) => Math.abs(value - back[i]!)))).toBeLessThan(2e-3)
  })
})

describe('planes', () => {
  it('blur keeps a flat plane flat and the sum of a spot', () => {
    expect(
      Math.max(
        ...blurPlane(
          plane(24, () => 0.7),
          3,
        ).data.map((value) => Math.abs(value - 0.7)),
      ),
    ).toBeLessThan(1e-5)
    const spot = blurPlane(
      plane(41, (x, y) => (x === 20 && y === 20 ? 1 : 0)),
      2,
    )
    expect(spot.data.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4)
    expect(spot.data[20 * 41 + 18]).toBeCloseTo(spot.data[18 * 41 + 20]!, 6)
  })

  it('erosion draws a square in, and out again', () => {
    const square = plane(20, (x, y) => (x >= 5 && x < 15 && y >= 5 && y < 15 ? 1 : 0))
    const count = (mask: Plane) => mask.data.reduce((sum, value) => sum + value, 0)
    expect(count(erodePlane(square, 2))).toBe(36)
    expect(count(erodePlane(erodePlane(square, 2), -2))).toBe(100)
    expect(erodePlane(square, 0)).toBe(square)
  })

  it('enlarging keeps a ramp a ramp', () => {
    const ramp = plane(8, (x) => x).data
    const large = enlargeSquare(ramp, 8, 1, 3)
    for (let x = 6; x < 18; x += 1) expect(large[12 * 24 + x]).toBeCloseTo((x + 0.5) / 3 - 0.5, 4)
  })
})

describe('mask', () => {
  const full = plane(64, () => 1)

  it('never reaches the rim, so that no box can show', () => {
    const mask = shapeMask(full, full, { kind: 'both', erodePercent: 0, blurPercent: 3 })
    for (let i = 0; i < 64; i += 1) for (const at of [i, 63 * 64 + i, i * 64, i * 64 + 63]) expect(mask.data[at]).toBe(0)
    expect(mask.data[32 * 64 + 32]).toBeCloseTo(1, 5)
  })

  it.each([
    [1, 4],
    [1, 12],
    [-3, 4],
    [-3, 12],
  ])('ends at the rim without a step (drawn in by %i, blurred by %i)', (erodePercent, blurPercent) => {
    const size = 128
    const all = plane(size, () => 1)
    const { data } = shapeMask(all, all, { kind: 'both', erodePercent, blurPercent })
    let steepest = 0
    for (let y = 0; y < size; y += 1)
      for (let x = 1; x < size; x += 1) {
        steepest = Math.max(
          steepest,
          Math.abs(data[y * size + x]! - data[y * size + x - 1]!),
          Math.abs(data[x * size + y]! - data[(x - 1) * size + y]!),
        )
      }
    expect(data[64 * size + 64]).toBeCloseTo(1, 5)
    expect(data[64 * size]).toBe(0)
    // Nearly as soft as the border anywhere, where a Gaussian of sigma s rises by .4 / s a sample.
    expect(steepest).toBeLessThan((1.8 * 0.4) / ((blurPercent / 100) * size))
  })

  it('is inside both the rendered mask and the hull', () => {
    const left = plane(64, (x) => (x < 32 ? 1 : 0))
    const top = plane(64, (_, y) => (y < 32 ? 1 : 0))
    const mask = shapeMask(left, top, { kind: 'both', erodePercent: 0, blurPercent: 0 })
    expect([mask.data[16 * 64 + 16], mask.data[16 * 64 + 48], mask.data[48 * 64 + 16]]).toEqual([1, 0, 0])
  })

  it('asks the hull nothing where it is what was learned', () => {
    const left = plane(64, (x) => (x < 32 ? 1 : 0))
    const top = plane(64, (_, y) => (y < 32 ? 1 : 0))
    const mask = shapeMask(left, top, { kind: 'learned', erodePercent: 0, blurPercent: 0 })
    expect([mask.data[16 * 64 + 16], mask.data[16 * 64 + 48], mask.data[48 * 64 + 16]]).toEqual([1, 0, 1])
  })
})

describe('border', () => {
  it('takes the footage’s colour along the rim and leaves a face that fits alone', () => {
    const size = 64
    const inside = blurPlane(
      plane(size, (x, y) => (Math.hypot(x - 32, y - 32) < 22 ? 1 : 0)),
      2,
    ).data
    const visible = new Float32Array(size * size).fill(1)
    const rendered = new Float32Array(size * size * 3).fill(0.5)
    const target = new Float32Array(size * size * 3).fill(0.6)
    const out = matchBorder(rendered, target, inside, visible, size)
    expect(out[(32 * size + 11) * 3]).toBeCloseTo(0.6, 1)
    expect(matchBorder(rendered, rendered, inside, visible, size)).toEqual(rendered)
  })
})

describe('drawing over a frame', () => {
  it('touches no byte outside the mask and draws what it should inside', () => {
    const picture = createPicture(60, 50)
    picture.data.set(Uint8Array.from(noise(9000), (value) => value * 255))
    const before = picture.data.slice()
    const mask = plane(16, (x, y) => (x >= 4 && x < 12 && y >= 4 && y < 12 ? 1 : 0))
    const rgb = new Float32Array(16 * 16 * 3).fill(0.5)
    drawPatch(picture, { sizePx: 16, rgb, mask }, { a: 0.5, b: 0, tx: -5, c: 0, d: 0.5, ty: -5 })
    let changed = 0
    for (let i = 0; i < picture.data.length; i += 3) {
      const [x, y] = [(i / 3) % 60, Math.floor(i / 3 / 60)]
      if (x >= 17 && x < 35 && y >= 17 && y < 35) continue
      if (picture.data[i] !== before[i]) changed += 1
    }
    expect(changed).toBe(0)
    expect([...picture.data.subarray((25 * 60 + 25) * 3, (25 * 60 + 25) * 3 + 3)]).toEqual([128, 128, 128])
  })

  it('draws a face that hangs over the edge', () => {
    const picture = createPicture(20, 20)
    const rgb = new Float32Array(16 * 16 * 3).fill(1)
    drawPatch(picture, { sizePx: 16, rgb, mask: plane(16, () => 1) }, { a: 1, b: 0, tx: 8, c: 0, d: 1, ty: 8 })
    expect(picture.data[0]).toBe(255)
    expect(picture.data[(10 * 20 + 10) * 3]).toBe(0)
  })
})
