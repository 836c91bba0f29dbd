import { describe, expect, it } from 'vitest'
import { seedRandom } from '../../src/models/random.ts'
import { rgbToLab } from '../../src/picture/lab.ts'
import { COLOUR_TRANSFERS, ColourMatcher } from '../../src/swap/colour.ts'
import { stretchMatrix } from '../../src/swap/moments.ts'
import { applyMoments, correlated, momentsOf } from './seamSupport.ts'

const COUNT = 2000
const weights = new Float32Array(COUNT).fill(1)
const rendered = correlated(COUNT, 1, [0.5, 0.45, 0.4], [0.08, 0, 0, 0.05, 0.05, 0, 0.02, 0.01, 0.05])
/** Not normal: two lights, so that whole distributions differ from what moments say. */
const target = correlated(COUNT, 2, [0.55, 0.4, 0.35], [0.06, 0.02, 0, 0.03, 0.05, 0.01, 0, 0.02, 0.05]).map((value, i) =>
  Math.floor(i / 3) % 3 === 0 ? value + 0.12 : value,
)

function alongDirection(data: Float32Array, [x, y, z]: readonly [number, number, number]): Float32Array {
  return Float32Array.from({ length: data.length / 3 }, (_, i) => x * data[i * 3]! + y * data[i * 3 + 1]! + z * data[i * 3 + 2]!).sort()
}

/** Mean distance of the two distributions along a direction (Wasserstein-1). */
function apart(a: Float32Array, b: Float32Array, direction: readonly [number, number, number]): number {
  const [p, q] = [alongDirection(a, direction), alongDirection(b, direction)]
  return p.reduce((sum, value, i) => sum + Math.abs(value - q[i]!), 0) / p.length
}

const AXES = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
] as const
const random = seedRandom(99)
const OBLIQUE = Array.from({ length: 6 }, () => {
  const v = [random.normal(), random.normal(), random.normal()]
  return v.map((value) => value / Math.hypot(...v)) as unknown as readonly [number, number, number]
})

describe('colour transfer', () => {
  it.each(['lct', 'mkl'] as const)('%s gives the target’s mean and covariance', (kind) => {
    const [from, to] = [momentsOf(rendered, weights)!, momentsOf(target, weights)!]
    const out = momentsOf(applyMoments(rendered, stretchMatrix(kind, from, to, 10), from.mean, to.mean), weights)!
    for (let k = 0; k < 3; k += 1) expect(out.mean[k]).toBeCloseTo(to.mean[k]!, 5)
    for (let k = 0; k < 9; k += 1) expect(Math.abs(out.covariance[k]! - to.covariance[k]!)).toBeLessThan(1e-6)
  })

  it('rct gives means and spreads in L*a*b*', () => {
    const near = correlated(COUNT, 5, [0.53, 0.42, 0.36], [0.07, 0, 0, 0.045, 0.045, 0, 0.02, 0.01, 0.045])
    const out = momentsOf(rgbToLab(new ColourMatcher('rct').match(rendered, near, weights, 0)), weights)!
    const wanted = momentsOf(rgbToLab(near), weights)!
    for (let k = 0; k < 3; k += 1) {
      expect(Math.abs(out.mean[k]! - wanted.mean[k]!)).toBeLessThan(0.2)
      expect(Math.sqrt(out.covariance[k * 4]! / wanted.covariance[k * 4]!)).toBeCloseTo(1, 1)
    }
  })

  it('mkl is the symmetric map, which moves colours less than the triangular one', () => {
    const [from, to] = [momentsOf(rendered, weights)!, momentsOf(target, weights)!]
    const matrix = stretchMatrix('mkl', from, to, 10)
    for (const [i, j] of [
      [1, 3],
      [2, 6],
      [5, 7],
    ] as const)
      expect(matrix[i]).toBeCloseTo(matrix[j]!, 8)
    const cost = (kind: 'mkl' | 'lct') =>
      applyMoments(rendered, stretchMatrix(kind, from, to, 10), from.mean, to.mean).reduce((sum, v, i) => sum + (v - rendered[i]!) ** 2, 0)
    expect(cost('mkl')).toBeLessThan(cost('lct'))
  })

  it('never stretches a direction further than told', () => {
    const [from, to] = [
      momentsOf(
        rendered.map((v) => 0.5 + (v - 0.5) * 0.1),
        weights,
      )!,
      momentsOf(target, weights)!,
    ]
    const matrix = stretchMatrix('mkl', from, to, 1.5)
    for (const [x, y, z] of OBLIQUE) {
      const moved = [0, 3, 6].map((k) => matrix[k]! * x + matrix[k + 1]! * y + matrix[k + 2]! * z)
      expect(Math.hypot(...moved)).toBeLessThan(1.5001)
    }
  })

  it.each(['idt', 'sot'] as const)('%s gives the whole distribution, seen from any side, where moments do not', (kind) => {
    const out = new ColourMatcher(kind).match(rendered, target, weights, 0)
    const moments = new ColourMatcher('mkl').match(rendered, target, weights, 0)
    for (const direction of [...AXES, ...OBLIQUE]) expect(apart(out, target, direction)).toBeLessThan(0.008)
    const total = (data: Float32Array) => [...AXES, ...OBLIQUE].reduce((sum, direction) => sum + apart(data, target, direction), 0)
    expect(total(out)).toBeLessThan(0.6 * total(moments))
  })

  it('leaves colours alone where asked to', () => {
    expect(new ColourMatcher('none').match(rendered, target, weights, 0)).toBe(rendered)
  })

  it.each(COLOUR_TRANSFERS)('%s looks inside the mask only', (kind) => {
    const half = weights.map((_, i) => (i < COUNT / 2 ? 1 : 0))
    const odd = target.map((value, i) => (i < (COUNT / 2) * 3 ? value : 0))
    const [a, b] = [target, odd].map((data) => new ColourMatcher(kind).match(rendered, data, half, 0)) as [Float32Array, Float32Array]
    expect(Math.max(...a.subarray(0, COUNT).map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-6)
  })

  it.each(['idt', 'sot'] as const)('%s does not carry a bright wall behind the border to the brightest of the face', (kind) => {
    const border = weights.map((_, i) => (i % 10 === 0 ? 0.6 : 1))
    const wall = target.map((value, i) => (Math.floor(i / 3) % 10 === 0 ? 0.98 : value))
    const [plain, found] = [target, wall].map((data) => Math.max(...new ColourMatcher(kind).match(rendered, data, border, 0)))
    expect(found! - plain!).toBeLessThan(0.02)
  })

  it.each(['rct', 'lct', 'mkl', 'idt', 'sot'] as const)(
    '%s does not follow a flash at once, and has forgotten it within a second',
    (kind) => {
      const flash = target.map((value) => value + 0.15)
      const red = (data: Float32Array) => momentsOf(data, weights)!.mean[0]!
      const matcher = new ColourMatcher(kind)
      const before = red(matcher.match(rendered, target, weights, 0))
      const flashed = red(matcher.match(rendered, flash, weights, 0.04))
      expect(flashed - before).toBeGreaterThan(0)
      expect(flashed - before).toBeLessThan(0.06)
      let after = flashed
      for (let frame = 2; frame <= 27; frame += 1) after = red(matcher.match(rendered, target, weights, frame * 0.04))
      expect(Math.abs(after - before)).toBeLessThan(0.002)
    },
  )
})
