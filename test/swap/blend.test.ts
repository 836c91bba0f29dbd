import { describe, expect, it } from 'vitest'
import { clonePoisson } from '../../src/swap/poisson.ts'
import { blendPyramid } from '../../src/swap/pyramid.ts'
import { bleedOutwards, matchBorder } from '../../src/swap/seam.ts'
import { facePixels, field, noisy, paint } from './seamSupport.ts'

const SIZE = 64
const disc = field(SIZE, (x, y) => (Math.hypot(x - 0.5, y - 0.5) < 0.33 ? 1 : 0))
const all = new Float32Array(SIZE * SIZE).fill(1)
const face = noisy(facePixels(SIZE), 0.02, 4)

function worst(a: Float32Array, b: Float32Array, where: (pixel: number) => boolean): number {
  let most = 0
  for (let i = 0; i < a.length; i += 1) if (where(Math.floor(i / 3))) most = Math.max(most, Math.abs(a[i]! - b[i]!))
  return most
}

describe('Poisson blending', () => {
  it('takes out any difference that is harmonic, to the last bit of the face’s own gradients', () => {
    const tinted = face.map((value, i) => {
      const [x, y] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE)]
      return value + 0.05 + 0.001 * x - 0.002 * y + 0.00004 * (x * x - y * y)
    })
    expect(worst(clonePoisson(tinted, face, disc, all, SIZE), face, (i) => disc[i] === 1)).toBeLessThan(1e-4)
  })

  it('keeps the gradients inside and the footage outside', () => {
    const footage = paint(SIZE, (x, y) => 0.1 * Math.sin(9 * x) * Math.cos(7 * y)).map((value, i) => value + face[i]!)
    const out = clonePoisson(face, footage, disc, all, SIZE)
    expect(worst(out, footage, (i) => disc[i] === 0)).toBeLessThan(1e-6)
    const added = out.map((value, i) => value - face[i]!)
    for (let i = 0; i < disc.length; i += 1) {
      if (Math.hypot((i % SIZE) - 31.5, Math.floor(i / SIZE) - 31.5) > 19) continue
      const p = i * 3
      const laplacian = 4 * added[p]! - added[p - 3]! - added[p + 3]! - added[p - 3 * SIZE]! - added[p + 3 * SIZE]!
      expect(Math.abs(laplacian)).toBeLessThan(1e-3)
    }
  })
})

describe.each([
  ['Poisson', clonePoisson],
  ['the soft border', matchBorder],
] as const)('%s', (_, join) => {
  it('is not tinted by a hand over the border', () => {
    const visible = field(SIZE, (x) => (x < 0.3 ? 0 : 1))
    const seen = face.map((value, i) => (visible[Math.floor(i / 3)] === 0 ? 0.1 : value))
    const soft = field(SIZE, (x, y) => Math.max(0, Math.min(1, (0.36 - Math.hypot(x - 0.5, y - 0.5)) * 12)))
    const tinted = join(face, seen, soft, all, SIZE)
    const clean = join(face, seen, soft, visible, SIZE)
    const near = (i: number) => visible[i] === 1 && soft[i]! > 0.5
    expect(worst(tinted, face, near)).toBeGreaterThan(0.05)
    expect(worst(clean, face, near)).toBeLessThan(0.02)
  })
})

describe('pyramid blending', () => {
  it('changes nothing where face and footage are the same', () => {
    expect(worst(blendPyramid(face, face, disc, SIZE).rgb, face, () => true)).toBe(0)
  })

  it.each([64, 75, 192])('shows the face deep inside, the footage far outside and no edge between (%i px)', (sizePx) => {
    const [a, b] = [paint(sizePx, () => 0.8), paint(sizePx, () => 0.2)]
    const mask = field(sizePx, (x, y) => (Math.hypot(x - 0.5, y - 0.5) < 0.28 ? 1 : 0))
    const { rgb, mask: shown } = blendPyramid(a, b, mask, sizePx)
    const middle = Math.floor(sizePx / 2)
    const row = Array.from({ length: sizePx }, (_, x) => rgb[(middle * sizePx + x) * 3]!)
    expect(row[middle]).toBeGreaterThan(0.75)
    expect(row[0]).toBeLessThan(0.23)
    for (let x = 1; x < sizePx; x += 1) expect(Math.abs(row[x]! - row[x - 1]!)).toBeLessThan(10 / sizePx)
    for (let x = 0; x < sizePx; x += 1) if (Math.abs(row[x]! - 0.2) > 0.12) expect(shown.data[middle * sizePx + x]).toBeGreaterThan(0.9)
  })

  it('mixes fine detail over a narrower border than light', () => {
    const grating = paint(SIZE, (x) => 0.5 + 0.2 * (Math.floor(x * SIZE) % 2 === 0 ? 1 : -1))
    const flat = paint(SIZE, () => 0.5)
    const mask = field(SIZE, (x) => (x < 0.5 ? 1 : 0))
    const width = (data: Float32Array, full: number) => {
      let count = 0
      for (let x = 0; x < SIZE; x += 1) {
        const part = Math.abs(data[(32 * SIZE + x) * 3]! - 0.5) / full
        if (part > 0.1 && part < 0.9) count += 1
      }
      return count
    }
    const light = blendPyramid(
      paint(SIZE, () => 0.7),
      flat,
      mask,
      SIZE,
    ).rgb
    expect(width(blendPyramid(grating, flat, mask, SIZE).rgb, 0.2)).toBeLessThan(width(light, 0.2))
  })
})

describe('the face beyond its edge', () => {
  it('is its own skin and not what lay behind it', () => {
    const blue = paint(SIZE, (_x, _y, c) => [0.1, 0.2, 0.9][c]!)
    const seen = face.map((value, i) => (disc[Math.floor(i / 3)] === 1 ? value : blue[i]!))
    const out = bleedOutwards(seen, disc, SIZE)
    expect(worst(out, face, (i) => Math.hypot((i % SIZE) - 31.5, Math.floor(i / SIZE) - 31.5) < 19)).toBe(0)
    const beyond = (i: number) => disc[i] === 0 && Math.hypot((i % SIZE) - 31.5, Math.floor(i / SIZE) - 31.5) < 24
    expect(worst(out, face, beyond)).toBeLessThan(0.25)
    expect(worst(seen, face, beyond)).toBeGreaterThan(0.4)
  })
})
